import styles from "./Figures.module.css";

export interface Figure {
  name: string;
  value: string | number;
}

/** A row of large numbers, each with what it counts below it. */
export function Figures({ figures }: { figures: Figure[] }) {
  return (
    <dl className={styles.figures}>
      {figures.map(({ name, value }) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
