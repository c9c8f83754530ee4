import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button as AriaButton } from "react-aria-components";
import type { SandboxMessage } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatTime } from "@/lib/format";
import { useWords } from "@/lib/useWords";
import { PaperclipIcon } from "@/ui";
import { messagesQuery } from "./data";
import { Linked } from "./Linked";
import styles from "./Mailbox.module.css";

/** Every e-mail that was sent, with what was attached. */
export function Mailbox() {
  const { t } = useTranslation("sandbox");
  const messages = useQuery(messagesQuery);
  const [openId, setOpenId] = useState<string | null>(null);
  const mails = (messages.data ?? []).filter((message) => message.channel === "email");
  const open = mails.find((mail) => mail.id === openId) ?? mails[0];
  return (
    <section className={styles.box} aria-labelledby="mail">
      <h2 id="mail" className={styles.title}>
        {t("mail.title")}
      </h2>
      {mails.length === 0 ? <p className={styles.quiet}>{t("mail.empty")}</p> : null}
      {open ? (
        <div className={styles.columns}>
          <ul className={styles.list} aria-label={t("mail.list")} aria-live="polite">
            {mails.map((mail) => (
              <li key={mail.id}>
                <Envelope
                  mail={mail}
                  isOpen={mail.id === open.id}
                  onOpen={() => setOpenId(mail.id)}
                />
              </li>
            ))}
          </ul>
          <Letter mail={open} />
        </div>
      ) : null}
    </section>
  );
}

function Envelope({
  mail,
  isOpen,
  onOpen,
}: {
  mail: SandboxMessage;
  isOpen: boolean;
  onOpen: () => void;
}) {
  const words = useWords();
  return (
    <AriaButton className={styles.envelope} aria-pressed={isOpen} onPress={onOpen}>
      <span className={styles.subject}>{mail.subject}</span>
      <span className={styles.meta}>
        {mail.to} · {words.day(civilDate(mail.created_at))} {formatTime(mail.created_at)}
      </span>
      {mail.attachments.length ? (
        <span className={styles.clip}>
          <PaperclipIcon size={16} />
        </span>
      ) : null}
    </AriaButton>
  );
}

function Letter({ mail }: { mail: SandboxMessage }) {
  const { t } = useTranslation("sandbox");
  return (
    <article className={styles.letter}>
      <h3 className={styles.letterSubject}>{mail.subject}</h3>
      <p className={styles.meta}>
        {t("mail.to")}: {mail.to}
      </p>
      {mail.attachments.length ? (
        <ul className={styles.attachments} aria-label={t("mail.attachments")}>
          {mail.attachments.map((attachment) => (
            <li key={attachment.url}>
              <a
                className={styles.attachment}
                href={attachment.url}
                target="_blank"
                rel="noreferrer"
                aria-label={t("mail.open", { name: attachment.name })}
              >
                <PaperclipIcon size={18} />
                {attachment.name}
              </a>
            </li>
          ))}
        </ul>
      ) : null}
      <div className={styles.body}>
        <Linked text={mail.body} />
      </div>
    </article>
  );
}
