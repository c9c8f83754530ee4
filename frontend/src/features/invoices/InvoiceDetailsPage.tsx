import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useForm, useWatch } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod";
import type { KeptDetails } from "@/lib/api/types";
import { cleanNif, isNif } from "@/lib/nif";
import { useRefusal } from "@/lib/useRefusal";
import {
  Awaited,
  Button,
  ConfirmDialog,
  Form,
  FormTextField,
  Page,
  ProblemBanner,
  SkeletonList,
  toast,
} from "@/ui";
import { keptDetailsQuery, useForgetDetails, useKeepDetails } from "./details";
import styles from "./Invoices.module.css";

/** The invoice details that are kept for the next payment: to read, to change, to forget. */
export function InvoiceDetailsPage() {
  const { t } = useTranslation(["patient", "common"]);
  const kept = useQuery(keptDetailsQuery);
  return (
    <Page
      title={t("kept.title")}
      back={{ href: "/eu", label: t("me.title") }}
      lead={t("kept.lead")}
      narrow
    >
      <Awaited of={kept} title={t("page.load_failed")}>
        <SkeletonList height="88px" />
      </Awaited>
      {kept.data ? <Details kept={kept.data} /> : null}
    </Page>
  );
}

const schema = z.object({
  tax_id: z.string().refine(isNif),
  name: z.string().trim(),
  address: z.string().trim(),
});

type Values = z.infer<typeof schema>;
function Details({ kept }: { kept: KeptDetails }) {
  const { t } = useTranslation("patient");
  const keep = useKeepDetails();
  const { control, formState, handleSubmit } = useForm<Values>({
    resolver: zodResolver(schema),
    values: { tax_id: kept.tax_id, name: kept.name, address: kept.address },
  });
  const refusal = useRefusal(keep.error, useWatch({ control }));

  const submit = handleSubmit((values) => {
    keep.mutate(
      { ...values, tax_id: cleanNif(values.tax_id) },
      { onSuccess: () => toast({ text: t("kept.saved") }) },
    );
  });

  return (
    <Form className={styles.form} refusal={refusal} onSubmit={() => void submit()}>
      <FormTextField
        control={control}
        name="tax_id"
        label={t("pay.invoice.tax_id")}
        hint={t("pay.invoice.tax_id_hint")}
        inputMode="numeric"
        autoComplete="off"
        error={formState.errors.tax_id ? t("pay.invoice.tax_id_error") : refusal.at("tax_id")}
      />
      <FormTextField
        control={control}
        name="name"
        label={t("pay.invoice.name")}
        note={t("register.optional")}
        autoComplete="name"
        error={refusal.at("name")}
      />
      <FormTextField
        control={control}
        name="address"
        label={t("pay.invoice.address")}
        note={t("register.optional")}
        autoComplete="street-address"
        error={refusal.at("address")}
      />
      <Button type="submit" size="large" isPending={keep.isPending}>
        {t("me.save")}
      </Button>
      <Forget isPossible={kept.kept_at !== null} />
    </Form>
  );
}

function Forget({ isPossible }: { isPossible: boolean }) {
  const { t } = useTranslation("patient");
  const [isAsking, setAsking] = useState(false);
  const forget = useForgetDetails();
  return (
    <>
      {isPossible ? (
        <Button variant="danger" className={styles.forget} onPress={() => setAsking(true)}>
          {t("kept.forget")}
        </Button>
      ) : null}
      <ConfirmDialog
        title={t("kept.forget_title")}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() =>
          forget.mutate(undefined, {
            onSuccess: () => {
              setAsking(false);
              toast({ text: t("kept.forgotten") });
            },
          })
        }
        isPending={forget.isPending}
        confirmLabel={t("kept.forget")}
        keepLabel={t("visit.cancel_keep")}
      >
        <p>{t("kept.forget_text")}</p>
        <ProblemBanner error={forget.error} />
      </ConfirmDialog>
    </>
  );
}
