import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useRefusal } from "@/lib/useRefusal";
import { Button, Form, FormPasswordField, FormTextField } from "@/ui";
import styles from "./Form.module.css";
import { useLogin } from "./session";

/** Name and password. Says one thing for either being wrong; whoever is in then is `useMe`'s. */
export function LoginForm() {
  const { t } = useTranslation();
  const login = useLogin();
  const { control, formState, handleSubmit } = useForm({
    defaultValues: { username: "", password: "" },
  });
  const refusal = useRefusal(login.error, {});

  const submit = handleSubmit(({ username, password }) => {
    if (!login.isPending) login.mutate({ username: username.trim(), password });
  });

  const said = (field: "username" | "password") =>
    formState.errors[field] ? t("field.required") : null;

  return (
    <Form className={styles.form} refusal={refusal} onSubmit={() => void submit()}>
      <FormTextField
        control={control}
        name="username"
        rules={{ validate: (name) => name.trim() !== "" }}
        label={t("auth.login")}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck="false"
        error={said("username")}
      />
      <FormPasswordField
        control={control}
        name="password"
        rules={{ required: true }}
        label={t("auth.password")}
        autoComplete="current-password"
        showLabel={t("auth.show_password")}
        hideLabel={t("auth.hide_password")}
        error={said("password")}
      />
      <Button type="submit" size="large" wide isPending={login.isPending}>
        {t("action.login")}
      </Button>
    </Form>
  );
}
