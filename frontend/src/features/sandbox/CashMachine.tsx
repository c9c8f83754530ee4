import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { BankNotice } from "@/lib/api/types";
import { formatMoney, groupDigits } from "@/lib/format";
import { problemText } from "@/lib/i18n";
import { useLanguage } from "@/lib/useLanguage";
import { Button, TextField } from "@/ui";
import styles from "./CashMachine.module.css";
import { decimalAmount, usePayReference, type Reference } from "./data";

const BLANK: Reference = { entity: "", reference: "", amount: "" };

/** A cash machine that pays Multibanco references with nobody's money. */
export function CashMachine({ notice }: { notice: BankNotice }) {
  const { t } = useTranslation("sandbox");
  const [typed, setTyped] = useState(BLANK);
  const [isIncomplete, setIncomplete] = useState(false);
  const pay = usePayReference();

  function confirm() {
    const reference = {
      entity: typed.entity.replace(/\D/g, ""),
      reference: typed.reference.replace(/\D/g, ""),
      amount: decimalAmount(typed.amount),
    };
    const isWhole = Object.values(reference).every(Boolean);
    setIncomplete(!isWhole);
    if (isWhole) pay.mutate({ ...reference, notice });
  }

  function clear() {
    setTyped(BLANK);
    setIncomplete(false);
    pay.reset();
  }

  return (
    <section className={styles.place} aria-labelledby="atm">
      <div className={styles.machine}>
        <div className={styles.screen}>
          <h2 id="atm" className={styles.title}>
            {t("atm.title")}
          </h2>
          {pay.isSuccess ? (
            <div className={styles.done} role="status">
              <p className={styles.doneTitle}>{t("atm.paid")}</p>
              <p>{t("atm.take")}</p>
              <Button variant="quiet" onPress={clear}>
                {t("atm.again")}
              </Button>
            </div>
          ) : (
            <form
              className={styles.form}
              noValidate
              onSubmit={(event) => {
                event.preventDefault();
                confirm();
              }}
            >
              <p>{t("atm.welcome")}</p>
              <Typed
                label={t("atm.entity")}
                value={typed.entity}
                onChange={(entity) => setTyped({ ...typed, entity })}
              />
              <Typed
                label={t("atm.reference")}
                value={typed.reference}
                onChange={(reference) => setTyped({ ...typed, reference })}
              />
              <Typed
                label={t("atm.amount")}
                note={t("atm.amount_hint")}
                value={typed.amount}
                onChange={(amount) => setTyped({ ...typed, amount })}
              />
              {isIncomplete || pay.isError ? (
                <p className={styles.refusal} role="alert">
                  {isIncomplete ? t("atm.incomplete") : problemText(pay.error)}
                </p>
              ) : null}
              <div className={styles.keys}>
                <Button variant="quiet" onPress={clear}>
                  {t("atm.clear")}
                </Button>
                <Button type="submit" isPending={pay.isPending}>
                  {t("atm.pay")}
                </Button>
              </div>
            </form>
          )}
        </div>
        <div className={styles.slot} aria-hidden="true" />
        {pay.isSuccess ? <Slip reference={pay.variables} /> : null}
      </div>
    </section>
  );
}

function Typed({
  label,
  note,
  value,
  onChange,
}: {
  label: string;
  note?: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <TextField
      label={label}
      note={note}
      value={value}
      onChange={onChange}
      inputMode="decimal"
      autoComplete="off"
      inputClassName={styles.digits}
    />
  );
}

function Slip({ reference }: { reference: Reference }) {
  const { t } = useTranslation("sandbox");
  const language = useLanguage();
  return (
    <div className={styles.slip}>
      <p className={styles.slipTitle}>
        {t("atm.slip")} · {t("simulated")}
      </p>
      <dl>
        <div>
          <dt>{t("atm.entity")}</dt>
          <dd>{reference.entity}</dd>
        </div>
        <div>
          <dt>{t("atm.reference")}</dt>
          <dd>{groupDigits(reference.reference)}</dd>
        </div>
        <div>
          <dt>{t("atm.amount")}</dt>
          <dd>{formatMoney(reference.amount, language)}</dd>
        </div>
      </dl>
    </div>
  );
}
