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
  undo?: { label: string; run: () => void; shortcut?: string };
}

const queue = new ToastQueue<ToastMessage>({ maxVisibleToasts: 3 });

/**
 * Says something in passing. What must not be missed belongs on the page instead. The result takes
 * it away before its time.
 */
export function toast(message: ToastMessage): () => void {
  const key = queue.add(message, { timeout: message.undo ? 10_000 : 6_000 });
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
          {shown.content.undo ? (
            <Button
              variant="plain"
              className={styles.undo}
              aria-keyshortcuts={shown.content.undo.shortcut}
              onPress={() => {
                shown.content.undo?.run();
                queue.close(shown.key);
              }}
            >
              {shown.content.undo.label}
              {shown.content.undo.shortcut ? (
                <kbd className={styles.key} aria-hidden="true">
                  {shown.content.undo.shortcut}
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
