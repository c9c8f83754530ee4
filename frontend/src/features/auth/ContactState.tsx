import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { User } from "@/lib/api/types";
import { Button, Pill, toast } from "@/ui";
import { ContactProofDialog } from "./ContactProof";
import styles from "./ContactProof.module.css";
import type { Contact } from "./contacts";

/** Whether a contact is known to be the person's own, and the way to show it. */
export function ContactState({ user, contact }: { user: User; contact: Contact }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const isVerified = contact === "phone" ? user.phone_verified : user.email_verified;
  if (!user[contact]) return null;
  return (
    <div className={styles.state}>
      <Pill tone={isVerified ? "sage" : "amber"}>
        {t(isVerified ? "proof.verified" : "proof.unverified")}
      </Pill>
      {isVerified ? null : (
        <Button variant="quiet" size="small" onPress={() => setOpen(true)}>
          {t(`proof.confirm_${contact}`)}
        </Button>
      )}
      {isOpen ? (
        <ContactProofDialog
          isOpen
          user={user}
          contact={contact}
          onClose={() => setOpen(false)}
          onProved={() => {
            setOpen(false);
            toast({ text: t(`proof.done_${contact}`) });
          }}
        />
      ) : null}
    </div>
  );
}
