import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod";
import { isProblem, Problem } from "@/lib/api/problem";
import { ageOn, civilDate } from "@/lib/civil";
import { serverClock } from "@/lib/clock";
import { fieldProblemText, problemText } from "@/lib/i18n";
import { isPhone, toE164 } from "@/lib/phone";
import { useLanguage } from "@/lib/useLanguage";
import { Banner, Button, DateField, PasswordField, TextField } from "@/ui";
import styles from "./Form.module.css";
import { useRegister } from "./session";

const OLDEST = 120;

function isBirthDate(date: string): boolean {
  const age = ageOn(date, civilDate(serverClock.now()));
  return age !== null && age >= 0 && age <= OLDEST;
}

const schema = z.object({
  full_name: z
    .string()
    .trim()
    .regex(/\S+\s+\S+/),
  phone: z.string().refine(isPhone),
  email: z.email(),
  birth_date: z.string().refine((date) => date === "" || isBirthDate(date)),
  username: z
    .string()
    .trim()
    .regex(/^[\p{L}\p{N}.@+_-]{3,60}$/u),
  password: z.string().min(10),
});

type Values = z.infer<typeof schema>;
type Field = keyof Values;

const FIELDS: readonly Field[] = [
  "full_name",
  "phone",
  "email",
  "birth_date",
  "username",
  "password",
];

function isField(name: string): name is Field {
  return (FIELDS as readonly string[]).includes(name);
}

/** A patient's own account. What the server refuses appears at the field it points to. */
export function RegisterForm() {
  const { t } = useTranslation(["patient", "common"]);
  const language = useLanguage();
  const register = useRegister();
  // A field that complained when it is left would push the button away from under the finger.
  const form = useForm<Values>({
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

  function place(error: unknown) {
    if (!isProblem(error)) return;
    for (const problem of error.errors) {
      const field = Problem.field(problem.pointer);
      if (isField(field)) {
        form.setError(field, { type: "server", message: fieldProblemText(problem) });
      }
    }
    const first = error.errors.map((one) => Problem.field(one.pointer)).find(isField);
    if (first) form.setFocus(first);
  }

  const submit = form.handleSubmit(({ birth_date, ...values }) => {
    register.mutate(
      {
        ...values,
        phone: toE164(values.phone),
        language,
        ...(birth_date ? { birth_date } : {}),
      },
      { onError: place },
    );
  });

  const message = (field: Field): string | null => {
    const error = form.formState.errors[field];
    if (!error) return null;
    return error.type === "server" ? (error.message ?? null) : t(`register.errors.${field}`);
  };

  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
      {register.isError ? (
        <Banner tone="terra" live>
          <p>{problemText(register.error)}</p>
        </Banner>
      ) : null}
      <Controller
        control={form.control}
        name="full_name"
        render={({ field: { ref, ...field } }) => (
          <TextField
            {...field}
            inputRef={ref}
            label={t("register.full_name")}
            autoComplete="name"
            autoCapitalize="words"
            error={message("full_name")}
          />
        )}
      />
      <Controller
        control={form.control}
        name="phone"
        render={({ field: { ref, ...field } }) => (
          <TextField
            {...field}
            inputRef={ref}
            type="tel"
            label={t("register.phone")}
            hint={t("register.phone_hint")}
            autoComplete="tel"
            error={message("phone")}
          />
        )}
      />
      <Controller
        control={form.control}
        name="email"
        render={({ field: { ref, ...field } }) => (
          <TextField
            {...field}
            inputRef={ref}
            type="email"
            label={t("register.email")}
            hint={t("register.email_hint")}
            autoComplete="email"
            error={message("email")}
          />
        )}
      />
      <Controller
        control={form.control}
        name="birth_date"
        render={({ field }) => (
          <DateField
            value={field.value}
            onChange={field.onChange}
            onBlur={field.onBlur}
            label={t("register.birth_date")}
            note={t("register.optional")}
            hint={t("register.birth_hint")}
            error={message("birth_date")}
          />
        )}
      />
      <Controller
        control={form.control}
        name="username"
        render={({ field: { ref, ...field } }) => (
          <TextField
            {...field}
            inputRef={ref}
            label={t("common:auth.username")}
            hint={t("register.username_hint")}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck="false"
            error={message("username")}
          />
        )}
      />
      <Controller
        control={form.control}
        name="password"
        render={({ field: { ref, ...field } }) => (
          <PasswordField
            {...field}
            inputRef={ref}
            label={t("common:auth.password")}
            hint={t("register.password_hint")}
            autoComplete="new-password"
            showLabel={t("common:auth.show_password")}
            hideLabel={t("common:auth.hide_password")}
            error={message("password")}
          />
        )}
      />
      <Button type="submit" variant="terra" size="large" wide isPending={register.isPending}>
        {t("register.submit")}
      </Button>
    </form>
  );
}
