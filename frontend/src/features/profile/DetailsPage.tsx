import { zodResolver } from "@hookform/resolvers/zod";
import type { ReactNode } from "react";
import { useForm, useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { z } from "zod";
import type { User } from "@/lib/api/types";
import { contact } from "@/lib/contact";
import { formatPhone, toE164 } from "@/lib/phone";
import { useRefusal } from "@/lib/useRefusal";
import { Button, Form, FormDateField, FormTextField, Page, toast } from "@/ui";
import { useProfileChange } from "./data";
import styles from "./Profile.module.css";

const schema = contact.extend({ birth_date: z.string() });

type Values = z.infer<typeof schema>;

export function DetailsPage({
  user,
  next,
  proof,
}: {
  user: User;
  /** Where the person came from, to go on once the details are right. */
  next: string | null;
  /** Whether a contact is known to be theirs, and the way to show it. */
  proof: (contact: "phone" | "email") => ReactNode;
}) {
  const { t } = useTranslation(["patient", "common"]);
  const navigate = useNavigate();
  const change = useProfileChange();
  const { control, formState, handleSubmit } = useForm<Values>({
    resolver: zodResolver(schema),
    defaultValues: {
      full_name: user.full_name,
      phone: formatPhone(user.phone),
      email: user.email,
      birth_date: user.birth_date ?? "",
    },
  });
  const refusal = useRefusal(change.error, useWatch({ control }));

  const submit = handleSubmit((values) => {
    change.mutate(
      { ...values, phone: toE164(values.phone), birth_date: values.birth_date || null },
      {
        onSuccess: () => {
          toast({ text: t("me.saved") });
          if (next) void navigate(next);
        },
      },
    );
  });

  const said = (field: keyof Values) =>
    formState.errors[field] ? t(`register.errors.${field}`) : refusal.at(field);

  return (
    <Page title={t("me.details")} back={{ href: "/eu", label: t("me.title") }} narrow>
      <Form className={styles.form} refusal={refusal} onSubmit={() => void submit()}>
        <FormTextField
          control={control}
          name="full_name"
          label={t("register.full_name")}
          autoComplete="name"
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
        {proof("phone")}
        <FormTextField
          control={control}
          name="email"
          type="email"
          label={t("register.email")}
          hint={t("register.email_hint")}
          autoComplete="email"
          error={said("email")}
        />
        {proof("email")}
        <FormDateField
          control={control}
          name="birth_date"
          label={t("register.birth_date")}
          hint={t("me.birth_hint")}
          error={said("birth_date")}
        />
        <Button type="submit" size="large" isPending={change.isPending}>
          {t("me.save")}
        </Button>
      </Form>
    </Page>
  );
}
