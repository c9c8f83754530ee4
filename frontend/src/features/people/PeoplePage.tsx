import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { patientsQuery } from "@/lib/api/patients";
import type { StaffPatient } from "@/lib/api/types";
import { formatDate } from "@/lib/format";
import { formatPhone } from "@/lib/phone";
import { useLanguage } from "@/lib/useLanguage";
import { Button, Checkbox, Dialog, ProblemBanner, TextField, toast } from "@/ui";
import dialogs from "@/ui/DialogForm.module.css";
import styles from "@/ui/ListPage.module.css";
import { useErasePatient } from "./data";

/** Patients by name or phone, and the erasure of one who asks for it at the desk. */
export function PeoplePage() {
  const { t } = useTranslation(["staff", "common"]);
  const language = useLanguage();
  const [search, setSearch] = useState("");
  const [leaving, setLeaving] = useState<StaffPatient | null>(null);
  const words = search.trim();
  const found = useQuery(patientsQuery(words));
  return (
    <main className={styles.page} id="content">
      <div className={styles.head}>
        <div>
          <h1 className={styles.title}>{t("people.title")}</h1>
          <p className={styles.quiet}>{t("people.lead")}</p>
        </div>
      </div>
      <div className={styles.search}>
        <TextField
          label={t("book.search")}
          hint={t("book.search_hint")}
          value={search}
          onChange={setSearch}
          autoComplete="off"
        />
      </div>
      <ProblemBanner error={found.error} onRetry={() => void found.refetch()} />
      <p role="status" className={found.data?.length === 0 ? styles.quiet : "visually-hidden"}>
        {found.data ? t("people.found", { count: found.data.length }) : ""}
      </p>
      {found.data && found.data.length > 0 && (
        <ul className={styles.panel}>
          {found.data.map((patient) => (
            <li key={patient.id} className={styles.person}>
              <div>
                <strong>{patient.full_name}</strong>
                <span className={styles.quiet}>
                  {[
                    patient.phone && formatPhone(patient.phone),
                    patient.birth_date && formatDate(patient.birth_date, language),
                  ]
                    .filter(Boolean)
                    .join(" · ")}
                </span>
              </div>
              <Button
                variant="danger"
                aria-label={t("people.erase_name", { name: patient.full_name })}
                onPress={() => setLeaving(patient)}
              >
                {t("people.erase")}
              </Button>
            </li>
          ))}
        </ul>
      )}
      {leaving && <EraseDialog patient={leaving} onClose={() => setLeaving(null)} />}
    </main>
  );
}

function EraseDialog({ patient, onClose }: { patient: StaffPatient; onClose: () => void }) {
  const { t } = useTranslation(["staff", "common"]);
  const [isSeen, setSeen] = useState(false);
  const erase = useErasePatient();
  return (
    <Dialog
      title={t("people.erase_title", { name: patient.full_name })}
      isOpen
      onClose={onClose}
      isDismissable={false}
      role="alertdialog"
      actions={
        <>
          <Button variant="quiet" onPress={onClose}>
            {t("common:action.keep")}
          </Button>
          <Button
            variant="terra"
            isDisabled={!isSeen}
            isPending={erase.isPending}
            onPress={() =>
              erase.mutate(patient.id, {
                onSuccess: () => {
                  toast({ text: t("people.erased") });
                  onClose();
                },
              })
            }
          >
            {t("people.erase_now")}
          </Button>
        </>
      }
    >
      <div className={dialogs.form}>
        <p>{t("people.erase_goes")}</p>
        <p>{t("people.erase_stays")}</p>
        <p>{t("people.erase_open")}</p>
        <Checkbox isSelected={isSeen} onChange={setSeen}>
          {t("people.erase_seen")}
        </Checkbox>
        <ProblemBanner error={erase.error} />
      </div>
    </Dialog>
  );
}
