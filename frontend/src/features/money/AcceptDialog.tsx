import { useState } from "react";
import { useTranslation } from "react-i18next";
import { formatMoney } from "@/lib/format";
import { useLanguage } from "@/lib/useLanguage";
import { Button, Dialog, ProblemBanner, TextField, toast } from "@/ui";
import { useAcceptLoss } from "./data";
import styles from "./Money.module.css";

/** Bears the loss of a chargeback, after saying what that does: it can't be undone. */
export function AcceptDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation(["money", "common"]);
  const language = useLanguage();
  const [reason, setReason] = useState(t("accept.usual_reason"));
  const accept = useAcceptLoss();

  function submit() {
    accept.mutate(
      { id, reason },
      {
        onSuccess: ({ amount }) => {
          toast({ text: t("accept.done", { amount: formatMoney(amount, language) }) });
          onClose();
        },
      },
    );
  }

  return (
    <Dialog
      title={t("accept.title")}
      isOpen
      onClose={onClose}
      isDismissable={false}
      role="alertdialog"
      actions={
        <>
          <Button variant="quiet" onPress={onClose}>
            {t("common:action.cancel")}
          </Button>
          <Button
            variant="terra"
            onPress={submit}
            isPending={accept.isPending}
            isDisabled={!reason.trim()}
          >
            {t("issues.accept")}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <TextField
          label={t("refund.reason")}
          hint={t("refund.reason_hint")}
          value={reason}
          onChange={setReason}
          maxLength={200}
          autoComplete="off"
          error={reason.trim() ? null : t("refund.reason_missing")}
        />
        <div className={styles.outcome}>
          <p>{t("accept.text")}</p>
          <p>
            {t("accept.note")} {t("refund.final")}
          </p>
        </div>
        <ProblemBanner error={accept.error} />
      </div>
    </Dialog>
  );
}
