import { zodResolver } from "@hookform/resolvers/zod";
import { useForm, useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod";
import { ageOn, civilDate } from "@/lib/civil";
import { serverClock } from "@/lib/clock";
import { contact } from "@/lib/contact";
import { toE164 } from "@/lib/phone";
import { useLanguage } from "@/lib/useLanguage";
import { useRefusal } from "@/lib/useRefusal";
import { Button, Form, FormDateField, FormPasswordField, FormTextField } from "@/ui";
import styles from "./Form.module.css";
import { useRegister } from "./session";

const OLDEST = 120;

function isBirthDate(date: string): boolean {
  const age = ageOn(date, civilDate(serverClock.now()));
  return age !== null && age >= 0 && age <= OLDEST;
}

const schema = contact.extend({
  birth_date: z.string().refine((date) => date === "" || isBirthDate(date)),
  username: z
    .string()
    .trim()
    .regex(/^[\p{L}\p{N}.@+_-]{3,60}$/u),
  password: z.string().min(10),
});

type Values = z.infer<typeof schema>;

/** A patient's own account. What the server refuses appears at the field it points to. */
export function RegisterForm() {
  const { t } = useTranslation(["patient", "common"]);
  const language = useLanguage();
  const register = useRegister();
  // A field that complained when it is left would push the button away from under the finger.
  const { control, formState, handleSubmit } = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: {
      full_name: "",
      phone: "",
      email: "",
      birth_date: "",
      username: "",
      password: "",
    },
  });
  const refusal = useRefusal(register.error, useWatch({ control }));

  const submit = handleSubmit(({ birth_date, ...values }) => {
    register.mutate({
      ...values,
      phone: toE164(values.phone),
      language,
      ...(birth_date ? { birth_date } : {}),
    });
  });

  const said = (field: keyof Values) =>
    formState.errors[field] ? t(`register.errors.${field}`) : refusal.at(field);

  return (
    <Form className={styles.form} refusal={refusal} onSubmit={() => void submit()}>
      <FormTextField
        control={control}
        name="full_name"
        label={t("register.full_name")}
        autoComplete="name"
        autoCapitalize="words"
        error={said("full_name")}
      />
      <FormTextField
        control={control}
        name="phone"
        type="tel"
        label={t("register.phone")}
        hint={t("register.phone_hint")}
        autoComplete="tel"
        error={said("phone")}
      />
      <FormTextField
        control={control}
        name="email"
        type="email"
        label={t("register.email")}
        hint={t("register.email_hint")}
        autoComplete="email"
        error={said("email")}
      />
      <FormDateField
        control={control}
        name="birth_date"
        label={t("register.birth_date")}
        note={t("register.optional")}
        hint={t("register.birth_hint")}
        error={said("birth_date")}
      />
      <FormTextField
        control={control}
        name="username"
        label={t("common:auth.username")}
        hint={t("register.username_hint")}
        autoComplete="username"
        autoCapitalize="none"
        spellCheck="false"
        error={said("username")}
      />
      <FormPasswordField
        control={control}
        name="password"
        label={t("common:auth.password")}
        hint={t("register.password_hint")}
        autoComplete="new-password"
        showLabel={t("common:auth.show_password")}
        hideLabel={t("common:auth.hide_password")}
        error={said("password")}
      />
      <Button type="submit" variant="terra" size="large" wide isPending={register.isPending}>
        {t("register.submit")}
      </Button>
    </Form>
  );
}
