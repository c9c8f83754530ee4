import { Controller, useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { problemText } from "@/lib/i18n";
import { Banner, Button, PasswordField, TextField } from "@/ui";
import styles from "./Form.module.css";
import { useLogin } from "./session";

/** Name and password. Says one thing for either being wrong; whoever is in then is `useMe`'s. */
export function LoginForm() {
  const { t } = useTranslation();
  const login = useLogin();
  const form = useForm({ defaultValues: { username: "", password: "" } });

  const submit = form.handleSubmit(({ username, password }) => {
    if (!login.isPending) login.mutate({ username: username.trim(), password });
  });

  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
      {login.isError ? (
        <Banner tone="terra" live>
          <p>{problemText(login.error)}</p>
        </Banner>
      ) : null}
      <Controller
        control={form.control}
        name="username"
        rules={{ validate: (name) => name.trim() !== "" }}
        render={({ field: { ref, ...field }, fieldState }) => (
          <TextField
            {...field}
            inputRef={ref}
            label={t("auth.username")}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck="false"
            error={fieldState.error ? t("field.required") : null}
          />
        )}
      />
      <Controller
        control={form.control}
        name="password"
        rules={{ required: true }}
        render={({ field: { ref, ...field }, fieldState }) => (
          <PasswordField
            {...field}
            inputRef={ref}
            label={t("auth.password")}
            autoComplete="current-password"
            showLabel={t("auth.show_password")}
            hideLabel={t("auth.hide_password")}
            error={fieldState.error ? t("field.required") : null}
          />
        )}
      />
      <Button type="submit" size="large" wide isPending={login.isPending}>
        {t("action.login")}
      </Button>
    </form>
  );
}
