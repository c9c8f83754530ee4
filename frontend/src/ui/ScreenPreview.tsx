import { useId } from "react";
import styles from "./ScreenPreview.module.css";

/** How the waiting room's screen would show somebody, in small. */
export function ScreenPreview({
  title,
  label,
  roomWord,
  room,
}: {
  title: string;
  label: string;
  roomWord: string;
  room: string;
}) {
  const heading = useId();
  return (
    <section aria-labelledby={heading}>
      <h2 id={heading} className={styles.title}>
        {title}
      </h2>
      <div className={styles.screen}>
        <div className={styles.call}>
          <span className={styles.label}>{label}</span>
          <span className={styles.room}>
            {roomWord}
            <strong>{room}</strong>
          </span>
        </div>
      </div>
    </section>
  );
}
