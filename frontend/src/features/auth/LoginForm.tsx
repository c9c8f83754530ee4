import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod";
import type { User } from "@/lib/api/types";
import { problemText } from "@/lib/i18n";
import { Banner, Button, PasswordField, TextField } from "@/ui";
import styles from "./Form.module.css";
import { useLogin } from "./session";

const schema = z.object({
  username: z.string().trim().min(1, "required"),
  password: z.string().min(1, "required"),
});

/** Name and password. Says one thing for either being wrong. */
export function LoginForm({ onDone }: { onDone: (user: User) => void }) {
  const { t } = useTranslation();
  const login = useLogin();
  const form = useForm({
    resolver: zodResolver(schema),
    defaultValues: { username: "", password: "" },
  });

  const submit = form.handleSubmit((values) => {
    if (!login.isPending) login.mutate(values, { onSuccess: onDone });
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
