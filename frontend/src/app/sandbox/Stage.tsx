import { useState } from "react";
import { useTranslation } from "react-i18next";
import { CashMachine, Mailbox, NOTICES, Phone } from "@/features/sandbox";
import type { BankNotice } from "@/lib/api/types";
import { ButtonLink, LanguageSwitch, SegmentedControl, Select, usePageTitle } from "@/ui";
import styles from "./Stage.module.css";

type Place = "phone" | "atm" | "mail";

/** The demonstration's props: a phone, a cash machine and a mailbox, side by side on a wide screen. */
export function Stage() {
  const { t } = useTranslation("sandbox");
  const heading = usePageTitle(t("title"));
  const [place, setPlace] = useState<Place>("phone");
  const [notice, setNotice] = useState<BankNotice>("prompt");
  const hidden = (one: Place) => (one === place ? undefined : styles.away);
  return (
    <div className={styles.stage}>
      <header>
        <p className={styles.ribbon}>{t("simulated")}</p>
        <div className={styles.top}>
          <div>
            <h1 ref={heading} tabIndex={-1} className={styles.title}>
              {t("title")}
            </h1>
            <p className={styles.intro}>{t("intro")}</p>
            <div className={styles.notice}>
              <Select
                label={t("notice.label")}
                value={notice}
                onChange={(next) => setNotice(next as BankNotice)}
                options={NOTICES.map((one) => ({ value: one, label: t(`notice.${one}`) }))}
              />
            </div>
          </div>
          <div className={styles.links}>
            <LanguageSwitch />
            <ButtonLink href="/" target="_blank" rel="noreferrer">
              {t("to_app")}
            </ButtonLink>
          </div>
        </div>
      </header>
      <main>
        <div className={styles.switch}>
          <SegmentedControl
            label={t("title")}
            hideLabel
            value={place}
            onChange={setPlace}
            segments={[
              { value: "phone", label: t("places.phone") },
              { value: "atm", label: t("places.atm") },
              { value: "mail", label: t("places.mail") },
            ]}
          />
        </div>
        <div className={styles.floor}>
          <div className={hidden("phone")}>
            <Phone notice={notice} />
          </div>
          <div className={hidden("atm")}>
            <CashMachine notice={notice} />
          </div>
          <div className={hidden("mail")}>
            <Mailbox />
          </div>
        </div>
      </main>
    </div>
  );
}
