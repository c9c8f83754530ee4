import { useForm, useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useRefusal } from "@/lib/useRefusal";
import { Button, Form, FormPasswordField, toast } from "@/ui";
import styles from "./Form.module.css";
import { usePasswordChange } from "./recovery";

const EMPTY = { current: "", new: "" };

/** Another password for whoever is logged in; their other sessions end. */
export function PasswordForm() {
  const { t } = useTranslation();
  const change = usePasswordChange();
  const { control, formState, handleSubmit, reset } = useForm({ defaultValues: EMPTY });
  const refusal = useRefusal(change.error, useWatch({ control }));

  const submit = handleSubmit((passwords) => {
    change.mutate(passwords, {
      onSuccess: () => {
        reset(EMPTY);
        toast({ text: t("password.changed") });
      },
    });
  });

  const said = (field: keyof typeof EMPTY) =>
    formState.errors[field] ? t("field.required") : refusal.at(field);
  const words = {
    showLabel: t("auth.show_password"),
    hideLabel: t("auth.hide_password"),
    rules: { required: true },
    control,
  };

  return (
    <Form className={styles.form} refusal={refusal} onSubmit={() => void submit()}>
      <FormPasswordField
        {...words}
        name="current"
        label={t("password.current")}
        autoComplete="current-password"
        error={said("current")}
      />
      <FormPasswordField
        {...words}
        name="new"
        label={t("password.new")}
        hint={t("password.hint")}
        autoComplete="new-password"
        error={said("new")}
      />
      <Button type="submit" size="large" isPending={change.isPending}>
        {t("password.change")}
      </Button>
    </Form>
  );
}
