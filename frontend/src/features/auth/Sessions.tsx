import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useWords } from "@/lib/useWords";
import { Awaited, Button, ConfirmDialog, Pill, ProblemBanner, SkeletonList, toast } from "@/ui";
import { sessionsQuery, useEndSession } from "./sessions";
import styles from "./Sessions.module.css";

/** Where the person is logged in, with the way to end each. */
export function Sessions() {
  const { t } = useTranslation();
  const { dayAndTime } = useWords();
  const sessions = useQuery(sessionsQuery);
  const end = useEndSession();
  const [isAsking, setAsking] = useState(false);

  if (!sessions.data) {
    return (
      <Awaited of={sessions}>
        <SkeletonList />
      </Awaited>
    );
  }
  const others = sessions.data.filter((session) => !session.is_this);
  return (
    <div className={styles.sessions}>
      <ProblemBanner error={end.error} />
      <ul className={styles.list}>
        {sessions.data.map((session) => {
          const device = session.device || t("sessions.unknown");
          return (
            <li key={session.id} className={styles.session}>
              <p className={styles.device}>
                {device} {session.is_this ? <Pill>{t("sessions.this")}</Pill> : null}
              </p>
              <p className={styles.used}>
                {t("sessions.used", {
                  when: dayAndTime(session.last_used_at),
                  address: session.address,
                })}
              </p>
              {session.is_this ? null : (
                <Button
                  variant="quiet"
                  size="small"
                  className={styles.end}
                  aria-label={t("sessions.end_one", { device })}
                  isPending={end.isPending && end.variables === session.id}
                  onPress={() =>
                    end.mutate(session.id, {
                      onSuccess: () => toast({ text: t("sessions.ended") }),
                    })
                  }
                >
                  {t("sessions.end")}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {others.length > 1 ? (
        <Button variant="danger" onPress={() => setAsking(true)}>
          {t("sessions.end_others")}
        </Button>
      ) : null}
      <ConfirmDialog
        title={t("sessions.end_others_title")}
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        confirmLabel={t("sessions.end_others")}
        keepLabel={t("action.cancel")}
        isPending={end.isPending}
        onConfirm={() =>
          end.mutate(null, {
            onSuccess: () => {
              setAsking(false);
              toast({ text: t("sessions.ended_others") });
            },
          })
        }
      >
        <p>{t("sessions.end_others_text")}</p>
      </ConfirmDialog>
    </div>
  );
}
