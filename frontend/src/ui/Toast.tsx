import {
  Text,
  UNSTABLE_Toast as AriaToast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as AriaToastRegion,
} from "react-aria-components";
import { Button } from "./Button";
import { classes } from "./classes";
import { CloseIcon } from "./icons";
import styles from "./Toast.module.css";

export interface ToastMessage {
  text: string;
  tone?: "plain" | "bad";
  /** What can be done about it. */
  act?: { label: string; run: () => void; shortcut?: string };
}

const queue = new ToastQueue<ToastMessage>({ maxVisibleToasts: 3 });

/**
 * Says something in passing. What must not be missed belongs on the page instead; what went wrong
 * and waits for an answer stays until it has one. The result takes it away before its time.
 */
export function toast(message: ToastMessage): () => void {
  const isAsking = message.tone === "bad" && message.act;
  const timeout = message.act ? 10_000 : 6_000;
  const key = queue.add(message, isAsking ? {} : { timeout });
  return () => queue.close(key);
}

export function clearToasts(): void {
  queue.clear();
}

export function ToastRegion({ label, closeLabel }: { label: string; closeLabel: string }) {
  return (
    <AriaToastRegion queue={queue} className={styles.region} aria-label={label}>
      {({ toast: shown }) => (
        <AriaToast
          toast={shown}
          className={classes(styles.toast, shown.content.tone === "bad" && styles.bad)}
        >
          <ToastContent className={styles.text}>
            <Text slot="title">{shown.content.text}</Text>
          </ToastContent>
          {shown.content.act ? (
            <Button
              variant="plain"
              className={styles.undo}
              aria-keyshortcuts={shown.content.act.shortcut}
              onPress={() => {
                shown.content.act?.run();
                queue.close(shown.key);
              }}
            >
              {shown.content.act.label}
              {shown.content.act.shortcut ? (
                <kbd className={styles.key} aria-hidden="true">
                  {shown.content.act.shortcut}
                </kbd>
              ) : null}
            </Button>
          ) : null}
          <Button variant="plain" slot="close" className={styles.close} aria-label={closeLabel}>
            <CloseIcon />
          </Button>
        </AriaToast>
      )}
    </AriaToastRegion>
  );
}
