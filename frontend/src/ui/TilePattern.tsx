import { useId } from "react";
import styles from "./TilePattern.module.css";

/**
 * Our tile: a flower of four petals in a ring, with a quarter of the next ring in each corner, so
 * that four tiles close a circle, as on a wall of azulejos. Pine on pine; fills its positioned parent.
 */
export function TilePattern({ tile = 56 }: { tile?: number }) {
  const id = useId();
  return (
    <svg className={styles.pattern} aria-hidden="true" focusable="false">
      <defs>
        <pattern
          id={id}
          width={tile}
          height={tile}
          patternUnits="userSpaceOnUse"
          viewBox="0 0 56 56"
        >
          <g className={styles.line}>
            <circle cx="28" cy="28" r="19" />
            <circle cx="28" cy="28" r="4" />
            <path d="M28 24c-5-4-5-10 0-15 5 5 5 11 0 15zM28 32c-5 4-5 10 0 15 5-5 5-11 0-15zM24 28c-4-5-10-5-15 0 5 5 11 5 15 0zM32 28c4-5 10-5 15 0-5 5-11 5-15 0z" />
            <path d="M14 0A14 14 0 0 1 0 14M42 0a14 14 0 0 0 14 14M14 56A14 14 0 0 0 0 42M42 56a14 14 0 0 1 14-14" />
            <path d="M5 0a5 5 0 0 1-5 5M51 0a5 5 0 0 0 5 5M5 56a5 5 0 0 0-5-5M51 56a5 5 0 0 1 5-5" />
          </g>
        </pattern>
      </defs>
      <rect width="100%" height="100%" fill={`url(#${id})`} />
    </svg>
  );
}
