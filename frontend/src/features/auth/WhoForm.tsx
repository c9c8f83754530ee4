import { useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useRefusal } from "@/lib/useRefusal";
import { Button, Form, FormTextField } from "@/ui";
import styles from "./Form.module.css";

/** By what the clinic knows somebody: a username, a phone or an e-mail address. */
export function WhoForm({
  onSubmit,
  isPending,
  error,
  action,
}: {
  onSubmit: (login: string) => void;
  isPending: boolean;
  error: unknown;
  action: string;
}) {
  const { t } = useTranslation();
  const { control, formState, handleSubmit } = useForm({ defaultValues: { login: "" } });
  const refusal = useRefusal(error, {});
  const submit = handleSubmit(({ login }) => {
    if (!isPending) onSubmit(login.trim());
  });
  return (
    <Form className={styles.form} refusal={refusal} onSubmit={() => void submit()}>
      <FormTextField
        control={control}
        name="login"
        rules={{ validate: (login) => login.trim() !== "" }}
        label={t("auth.login")}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck="false"
        error={formState.errors.login ? t("field.required") : null}
      />
      <Button type="submit" size="large" wide isPending={isPending}>
        {action}
      </Button>
    </Form>
  );
}
