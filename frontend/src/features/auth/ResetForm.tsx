import { useForm, useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import type { User } from "@/lib/api/types";
import { useRefusal } from "@/lib/useRefusal";
import { Button, Form, FormPasswordField } from "@/ui";
import styles from "./Form.module.css";
import { useReset } from "./recovery";
import { useLogin } from "./session";

/** Another password by a link, and in with it. */
export function ResetForm({
  token,
  username,
  onIn,
}: {
  token: string;
  username: string;
  onIn: (user: User) => void;
}) {
  const { t } = useTranslation();
  const reset = useReset(token);
  const login = useLogin();
  const { control, handleSubmit } = useForm({ defaultValues: { password: "" } });
  const error = reset.error ?? login.error;
  const refusal = useRefusal(error, useWatch({ control }));

  const submit = handleSubmit(async ({ password }) => {
    if (reset.isPending || login.isPending) return;
    await reset
      .mutateAsync(password)
      .then(() => login.mutateAsync({ username, password }))
      .then(onIn, () => undefined); // the form shows what was refused
  });

  return (
    <Form className={styles.form} refusal={refusal} onSubmit={() => void submit()}>
      <input
        type="text"
        name="username"
        autoComplete="username"
        value={username}
        readOnly
        hidden
        aria-hidden="true"
      />
      <FormPasswordField
        control={control}
        name="password"
        rules={{ required: true }}
        label={t("password.new")}
        hint={t("password.hint")}
        autoComplete="new-password"
        showLabel={t("auth.show_password")}
        hideLabel={t("auth.hide_password")}
        error={refusal.at("password")}
      />
      <Button type="submit" size="large" wide isPending={reset.isPending || login.isPending}>
        {t("password.save_and_enter")}
      </Button>
    </Form>
  );
}
