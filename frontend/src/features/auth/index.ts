export { CodeField } from "./CodeField";
export { ContactProofDialog } from "./ContactProof";
export { ContactState } from "./ContactState";
export { LoginForm } from "./LoginForm";
export { PasswordForm } from "./PasswordForm";
export { linkQuery, useForgottenPassword, useSignInCode, useSignInWithCode } from "./recovery";
export { RegisterForm } from "./RegisterForm";
export { ResetForm } from "./ResetForm";
export { Sessions } from "./Sessions";
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
export { WhoForm } from "./WhoForm";
