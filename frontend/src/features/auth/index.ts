export { LoginForm } from "./LoginForm";
export { RegisterForm } from "./RegisterForm";
export {
  forgetAtSessionEnd,
  meQuery,
  useErase,
  useLogin,
  useLogout,
  useMe,
  usePersonKey,
  useRegister,
} from "./session";
