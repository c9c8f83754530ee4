import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { isProblem } from "@/lib/api/problem";
import type { User } from "@/lib/api/types";
import { problemText } from "@/lib/i18n";
import { formatPhone } from "@/lib/phone";
import { Banner, Button, ButtonLink, Dialog } from "@/ui";
import { CodeField } from "./CodeField";
import { useSendCode, useVerify, type Contact } from "./contacts";
import styles from "./ContactProof.module.css";

interface ProofProps {
  user: User;
  contact: Contact;
  /** Where the contact is changed, if it turns out to be wrong. */
  changeHref?: string | undefined;
  onProved: () => void;
}

/** Six digits go to the person's phone or address, and come back by their hand. */
export function ContactProof({ user, contact, changeHref, onProved }: ProofProps) {
  const { t } = useTranslation();
  const send = useSendCode(contact);
  const verify = useVerify(contact);
  const [code, setCode] = useState("");
  const hasSent = useRef(false);
  const to = contact === "phone" ? formatPhone(user.phone) : user.email;

  useEffect(() => {
    if (hasSent.current) return;
    hasSent.current = true;
    send.mutate();
  }, [send]);

  const isWrong = isProblem(verify.error, "code_wrong");

  return (
    <div className={styles.proof}>
      <p>{t(`proof.sent_${contact}`, { to })}</p>
      {send.error ? (
        <Banner tone="terra" live>
          <p>{problemText(send.error)}</p>
        </Banner>
      ) : null}
      {verify.error && !isWrong ? (
        <Banner tone="terra" live>
          <p>{problemText(verify.error)}</p>
        </Banner>
      ) : null}
      <CodeField
        value={code}
        onChange={(next) => {
          setCode(next);
          if (verify.isError) verify.reset();
        }}
        onComplete={(complete) => verify.mutate(complete, { onSuccess: onProved })}
        isReadOnly={verify.isPending}
        error={isWrong ? problemText(verify.error) : null}
      />
      <div className={styles.ways}>
        <Button
          variant="quiet"
          isPending={send.isPending}
          onPress={() => {
            setCode("");
            verify.reset();
            send.mutate();
          }}
        >
          {t("proof.again")}
        </Button>
        {changeHref ? (
          <ButtonLink variant="plain" href={changeHref}>
            {t(`proof.change_${contact}`)}
          </ButtonLink>
        ) : null}
      </div>
    </div>
  );
}

export function ContactProofDialog({
  isOpen,
  onClose,
  ...proof
}: ProofProps & { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog title={t(`proof.title_${proof.contact}`)} isOpen={isOpen} onClose={onClose}>
      <ContactProof {...proof} />
    </Dialog>
  );
}
