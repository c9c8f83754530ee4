import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { InvoiceDetails, InvoiceMemory } from "@/lib/api/types";
import { cleanNif, isNif } from "@/lib/nif";
import type { Refusal } from "@/lib/useRefusal";
import { Button, Checkbox, SegmentedControl, TextField } from "@/ui";
import styles from "./Checkout.module.css";

const EMAIL = /^\S+@\S+\.\S+$/;

const INVOICE_FIELDS = [
  "invoice.tax_id",
  "invoice.name",
  "invoice.address",
  "invoice.email",
] as const;
type InvoiceField = (typeof INVOICE_FIELDS)[number];

/** What is in the fields of the form, by the server's names for them. */
export function shownOf(invoice: InvoiceDetails): Record<InvoiceField, string> {
  return {
    "invoice.tax_id": invoice.tax_id ?? "",
    "invoice.name": invoice.name ?? "",
    "invoice.address": invoice.address ?? "",
    "invoice.email": invoice.email ?? "",
  };
}

export const FINAL_CONSUMER: InvoiceDetails = { kind: "final_consumer" };

/** What the form begins with: what was kept at an earlier payment, else no name at all. */
export function rememberedIn(memory: InvoiceMemory | null): InvoiceDetails {
  if (!memory?.kept.kept_at) return FINAL_CONSUMER;
  const { tax_id, name, address } = memory.kept;
  return { kind: "taxpayer", tax_id, ...(name ? { name } : {}), ...(address ? { address } : {}) };
}

/** In whose name the invoice is. Closed it is one line; the server's refusals open it again. */
export function InvoiceChoice({
  value,
  keep,
  memory,
  onChange,
  refusal,
}: {
  value: InvoiceDetails;
  keep: boolean;
  /** Without it nothing can be kept, as for whoever only holds the link. */
  memory: InvoiceMemory | null;
  onChange: (details: InvoiceDetails, keep: boolean) => void;
  refusal: Pick<Refusal<InvoiceField>, "at">;
}) {
  const { t } = useTranslation("patient");
  const [isEditing, setEditing] = useState(false);
  const heading = useId();
  const isOpen = isEditing || INVOICE_FIELDS.some((field) => refusal.at(field) !== null);
  return (
    <section className={styles.invoice} aria-labelledby={heading}>
      <div className={styles.invoiceHead}>
        <h2 id={heading} className={styles.invoiceTitle}>
          {t("pay.invoice.title")}
        </h2>
        {isOpen ? null : (
          <Button variant="plain" onPress={() => setEditing(true)}>
            {t("pay.invoice.change")}
          </Button>
        )}
      </div>
      {isOpen ? (
        <InvoiceForm
          value={value}
          keep={keep}
          canKeep={memory !== null}
          refusal={refusal}
          onDone={(details, keep) => {
            onChange(details, keep);
            setEditing(false);
          }}
        />
      ) : (
        <p className={styles.invoiceLine}>
          <span>
            {value.kind === "taxpayer"
              ? t("invoices.tax_id", { nif: value.tax_id })
              : t("pay.invoice.final_consumer")}
            {value.name ? ` · ${value.name}` : ""}
          </span>
          <span>{value.email ?? t("pay.invoice.by_email")}</span>
          {keep ? <span>{t("pay.invoice.keeping")}</span> : null}
        </p>
      )}
    </section>
  );
}

function InvoiceForm({
  value,
  keep,
  canKeep,
  refusal,
  onDone,
}: {
  value: InvoiceDetails;
  keep: boolean;
  canKeep: boolean;
  refusal: Pick<Refusal<InvoiceField>, "at">;
  onDone: (details: InvoiceDetails, keep: boolean) => void;
}) {
  const { t } = useTranslation("patient");
  const [kind, setKind] = useState(value.kind);
  const [taxId, setTaxId] = useState(value.tax_id ?? "");
  const [name, setName] = useState(value.name ?? "");
  const [address, setAddress] = useState(value.address ?? "");
  const [email, setEmail] = useState(value.email ?? "");
  const [isKept, setKept] = useState(keep);
  const [tried, setTried] = useState(false);

  const note = useId();
  const digits = cleanNif(taxId);
  const isTaxpayer = kind === "taxpayer";
  const taxIdWrong = isTaxpayer && !isNif(taxId) && (tried || digits.length >= 9);
  const emailWrong = email !== "" && !EMAIL.test(email.trim());
  const fieldError = (field: InvoiceField, now: string) =>
    now === shownOf(value)[field] ? refusal.at(field) : null;

  function done() {
    setTried(true);
    if (emailWrong || (isTaxpayer && !isNif(taxId))) return;
    onDone(
      {
        kind,
        ...(isTaxpayer ? { tax_id: digits } : {}),
        ...(isTaxpayer && name.trim() ? { name: name.trim() } : {}),
        ...(isTaxpayer && address.trim() ? { address: address.trim() } : {}),
        ...(email.trim() ? { email: email.trim() } : {}),
      },
      isTaxpayer && isKept,
    );
  }

  return (
    <div className={styles.invoiceForm}>
      <SegmentedControl
        label={t("pay.invoice.kind")}
        hideLabel
        value={kind}
        onChange={setKind}
        segments={[
          { value: "final_consumer", label: t("pay.invoice.final_consumer") },
          { value: "taxpayer", label: t("pay.invoice.taxpayer") },
        ]}
      />
      {isTaxpayer ? (
        <>
          <TextField
            label={t("pay.invoice.tax_id")}
            hint={t("pay.invoice.tax_id_hint")}
            value={taxId}
            onChange={setTaxId}
            inputMode="numeric"
            autoComplete="off"
            error={taxIdWrong ? t("pay.invoice.tax_id_error") : fieldError("invoice.tax_id", taxId)}
            good={isNif(taxId) ? t("pay.invoice.tax_id_good") : null}
          />
          <TextField
            label={t("pay.invoice.name")}
            note={t("register.optional")}
            value={name}
            onChange={setName}
            autoComplete="name"
            error={fieldError("invoice.name", name)}
          />
          <TextField
            label={t("pay.invoice.address")}
            note={t("register.optional")}
            value={address}
            onChange={setAddress}
            autoComplete="street-address"
            error={fieldError("invoice.address", address)}
          />
          {canKeep ? (
            <div>
              <Checkbox isSelected={isKept} onChange={setKept} aria-describedby={note}>
                {t("pay.invoice.keep")}
              </Checkbox>
              <p id={note} className={styles.note}>
                {t("pay.invoice.keep_note")}
              </p>
            </div>
          ) : null}
        </>
      ) : null}
      <TextField
        label={t("pay.invoice.email")}
        note={t("register.optional")}
        type="email"
        value={email}
        onChange={setEmail}
        autoComplete="email"
        error={
          tried && emailWrong ? t("pay.invoice.email_error") : fieldError("invoice.email", email)
        }
      />
      <Button variant="quiet" onPress={done}>
        {t("pay.invoice.done")}
      </Button>
    </div>
  );
}
