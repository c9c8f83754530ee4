export { LoginForm } from "./LoginForm";
export { RegisterForm } from "./RegisterForm";
export {
  meQuery,
  onSessionEnd,
  useErase,
  useLogin,
  useLogout,
  useMe,
  useRegister,
} from "./session";
