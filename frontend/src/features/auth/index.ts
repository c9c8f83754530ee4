export { LoginForm } from "./LoginForm";
export { meQuery, onSessionEnd, useLogin, useLogout, useMe, useRegister } from "./session";
