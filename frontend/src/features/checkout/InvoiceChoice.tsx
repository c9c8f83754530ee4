import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { InvoiceDetails } from "@/lib/api/types";
import { cleanNif, isNif } from "@/lib/nif";
import { Button, SegmentedControl, TextField } from "@/ui";
import styles from "./Checkout.module.css";

const EMAIL = /^\S+@\S+\.\S+$/;

export const FINAL_CONSUMER: InvoiceDetails = { kind: "final_consumer" };

/** In whose name the invoice is. Closed it is one line; the server's refusals open it again. */
export function InvoiceChoice({
  value,
  onChange,
  refused,
}: {
  value: InvoiceDetails;
  onChange: (details: InvoiceDetails) => void;
  /** Server sentences by field name. */
  refused: Readonly<Record<string, string>>;
}) {
  const { t } = useTranslation("patient");
  const [isEditing, setEditing] = useState(false);
  const heading = useId();
  const isOpen = isEditing || Object.keys(refused).length > 0;
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
          refused={refused}
          onDone={(details) => {
            onChange(details);
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
        </p>
      )}
    </section>
  );
}

function InvoiceForm({
  value,
  refused,
  onDone,
}: {
  value: InvoiceDetails;
  refused: Readonly<Record<string, string>>;
  onDone: (details: InvoiceDetails) => void;
}) {
  const { t } = useTranslation("patient");
  const [kind, setKind] = useState(value.kind);
  const [taxId, setTaxId] = useState(value.tax_id ?? "");
  const [name, setName] = useState(value.name ?? "");
  const [address, setAddress] = useState(value.address ?? "");
  const [email, setEmail] = useState(value.email ?? "");
  const [tried, setTried] = useState(false);
  const [seen, setSeen] = useState(refused);

  const digits = cleanNif(taxId);
  const isTaxpayer = kind === "taxpayer";
  const taxIdWrong = isTaxpayer && !isNif(taxId) && (tried || digits.length >= 9);
  const emailWrong = email !== "" && !EMAIL.test(email.trim());
  const fieldError = (field: string, now: string, original: string) =>
    seen === refused && now === original ? refused[field] : undefined;

  function done() {
    setTried(true);
    if (emailWrong || (isTaxpayer && !isNif(taxId))) return;
    setSeen({});
    onDone({
      kind,
      ...(isTaxpayer ? { tax_id: digits } : {}),
      ...(isTaxpayer && name.trim() ? { name: name.trim() } : {}),
      ...(isTaxpayer && address.trim() ? { address: address.trim() } : {}),
      ...(email.trim() ? { email: email.trim() } : {}),
    });
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
            error={
              taxIdWrong
                ? t("pay.invoice.tax_id_error")
                : fieldError("tax_id", taxId, value.tax_id ?? "")
            }
            good={isNif(taxId) ? t("pay.invoice.tax_id_good") : null}
          />
          <TextField
            label={t("pay.invoice.name")}
            note={t("register.optional")}
            value={name}
            onChange={setName}
            autoComplete="name"
            error={fieldError("name", name, value.name ?? "")}
          />
          <TextField
            label={t("pay.invoice.address")}
            note={t("register.optional")}
            value={address}
            onChange={setAddress}
            autoComplete="street-address"
            error={fieldError("address", address, value.address ?? "")}
          />
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
          tried && emailWrong
            ? t("pay.invoice.email_error")
            : fieldError("email", email, value.email ?? "")
        }
      />
      <Button variant="quiet" onPress={done}>
        {t("pay.invoice.done")}
      </Button>
    </div>
  );
}
