import { zodResolver } from "@hookform/resolvers/zod";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Controller, useForm } from "react-hook-form";
import { useTranslation } from "react-i18next";
import { z } from "zod";
import { isProblem, Problem } from "@/lib/api/problem";
import type { KeptDetails } from "@/lib/api/types";
import { fieldProblemText, problemText } from "@/lib/i18n";
import { cleanNif, isNif } from "@/lib/nif";
import { Banner, Button, ConfirmDialog, Page, SkeletonList, TextField, toast } from "@/ui";
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
      {kept.isPending ? <SkeletonList label={t("common:state.loading")} height="88px" /> : null}
      {kept.isError ? (
        <Banner tone="terra" title={t("page.load_failed")} live>
          <p>{problemText(kept.error)}</p>
          <Button variant="quiet" onPress={() => void kept.refetch()}>
            {t("common:action.retry")}
          </Button>
        </Banner>
      ) : null}
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
type Field = keyof Values;

function isField(name: string): name is Field {
  return name in schema.shape;
}

function Details({ kept }: { kept: KeptDetails }) {
  const { t } = useTranslation("patient");
  const keep = useKeepDetails();
  const form = useForm<Values>({
    resolver: zodResolver(schema),
    values: { tax_id: kept.tax_id, name: kept.name, address: kept.address },
  });

  const submit = form.handleSubmit((values) => {
    keep.mutate(
      { ...values, tax_id: cleanNif(values.tax_id) },
      {
        onSuccess: () => toast({ text: t("kept.saved") }),
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
    return error.type === "server" ? (error.message ?? null) : t("pay.invoice.tax_id_error");
  };

  return (
    <form className={styles.form} onSubmit={(event) => void submit(event)} noValidate>
      {keep.isError ? (
        <Banner tone="terra" live>
          <p>{problemText(keep.error)}</p>
        </Banner>
      ) : null}
      <Controller
        control={form.control}
        name="tax_id"
        render={({ field: { ref, ...field } }) => (
          <TextField
            {...field}
            inputRef={ref}
            label={t("pay.invoice.tax_id")}
            hint={t("pay.invoice.tax_id_hint")}
            inputMode="numeric"
            autoComplete="off"
            error={message("tax_id")}
          />
        )}
      />
      <Controller
        control={form.control}
        name="name"
        render={({ field: { ref, ...field } }) => (
          <TextField
            {...field}
            inputRef={ref}
            label={t("pay.invoice.name")}
            note={t("register.optional")}
            autoComplete="name"
            error={message("name")}
          />
        )}
      />
      <Controller
        control={form.control}
        name="address"
        render={({ field: { ref, ...field } }) => (
          <TextField
            {...field}
            inputRef={ref}
            label={t("pay.invoice.address")}
            note={t("register.optional")}
            autoComplete="street-address"
            error={message("address")}
          />
        )}
      />
      <Button type="submit" size="large" isPending={keep.isPending}>
        {t("me.save")}
      </Button>
      <Forget isPossible={kept.kept_at !== null} />
    </form>
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
        {forget.isError ? (
          <Banner tone="terra" live>
            <p>{problemText(forget.error)}</p>
          </Banner>
        ) : null}
      </ConfirmDialog>
    </>
  );
}
