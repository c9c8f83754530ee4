export { LoginForm } from "./LoginForm";
export { RegisterForm } from "./RegisterForm";
export { meQuery, onSessionEnd, useLogin, useLogout, useMe, useRegister } from "./session";
