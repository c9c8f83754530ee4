import { formatCountdown } from "@/lib/format";
import { classes } from "./classes";
import styles from "./Countdown.module.css";

/** What is left of a span of time, as a ring and in figures. Screen readers hear the page's text instead. */
export function CountdownRing({
  secondsLeft,
  totalSeconds,
  size = 72,
}: {
  secondsLeft: number;
  totalSeconds: number;
  size?: number;
}) {
  const stroke = size / 11;
  const radius = (size - stroke) / 2;
  const around = 2 * Math.PI * radius;
  const share = Math.max(0, Math.min(1, secondsLeft / totalSeconds));
  return (
    <span
      className={classes(styles.ring, secondsLeft < 60 && styles.late)}
      style={{ width: size, height: size }}
      aria-hidden="true"
    >
      <svg width={size} height={size} fill="none" strokeWidth={stroke}>
        <circle className={styles.track} cx={size / 2} cy={size / 2} r={radius} />
        <circle
          className={styles.rest}
          cx={size / 2}
          cy={size / 2}
          r={radius}
          strokeDasharray={around}
          strokeDashoffset={around * (1 - share)}
        />
      </svg>
      <span className={styles.time} style={{ fontSize: size / 4.4 }}>
        {formatCountdown(secondsLeft)}
      </span>
    </span>
  );
}
