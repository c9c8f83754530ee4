import { zodResolver } from "@hookform/resolvers/zod";
import { Controller, useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod";
import { isProblem, Problem } from "@/lib/api/problem";
import type { User } from "@/lib/api/types";
import { fieldProblemText, problemText } from "@/lib/i18n";
import { formatPhone, isPhone, toE164 } from "@/lib/phone";
import { Banner, Button, DateField, Page, TextField, toast } from "@/ui";
import { useProfileChange } from "./data";
import styles from "./Profile.module.css";

const schema = z.object({
  full_name: z
    .string()
    .trim()
    .regex(/\S+\s+\S+/),
  phone: z.string().refine(isPhone),
  email: z.email(),
  birth_date: z.string(),
});

type Values = z.infer<typeof schema>;
type Field = keyof Values;

function isField(name: string): name is Field {
  return name in schema.shape;
}

export function DetailsPage({ user }: { user: User }) {
  const { t } = useTranslation(["patient", "common"]);
  const change = useProfileChange();
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: {
      full_name: user.full_name,
      phone: formatPhone(user.phone),
      email: user.email,
      birth_date: user.birth_date ?? "",
    },
  });

  const submit = form.handleSubmit((values) => {
    change.mutate(
      { ...values, phone: toE164(values.phone), birth_date: values.birth_date || null },
      {
        onSuccess: () => toast({ text: t("me.saved") }),
        onError: (error) => {
          if (!isProblem(error)) return;
          for (const problem of error.errors) {
            const field = Problem.field(problem.pointer);
            if (isField(field)) {
              form.setError(field, { type: "server", message: fieldProblemText(problem) });
            }
          }
        },
      },
    );
  });

  const message = (field: Field): string | null => {
    const error = form.formState.errors[field];
    if (!error) return null;
    return error.type === "server" ? (error.message ?? null) : t(`register.errors.${field}`);
  };

  return (
    <Page title={t("me.details")} back={{ href: "/eu", label: t("me.title") }} narrow>
      <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
        {change.isError ? (
          <Banner tone="terra" live>
            <p>{problemText(change.error)}</p>
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
              hint={t("me.birth_hint")}
              error={message("birth_date")}
            />
          )}
        />
        <Button type="submit" size="large" isPending={change.isPending}>
          {t("me.save")}
        </Button>
      </form>
    </Page>
  );
}
