import type { ReactNode } from "react";
import { Label, RadioButton, RadioField, RadioGroup } from "react-aria-components";
import { classes } from "./classes";
import styles from "./RadioCards.module.css";

export interface RadioCard {
  value: string;
  title: ReactNode;
  detail?: ReactNode;
  aside?: ReactNode;
  isDisabled?: boolean;
}

/** One choice out of a few, each a card of its own; the whole card is the target. */
export function RadioCards({
  label,
  cards,
  value,
  onChange,
  className,
  hideLabel,
}: {
  label: ReactNode;
  cards: readonly RadioCard[];
  value: string | null;
  onChange: (value: string) => void;
  className?: string;
  hideLabel?: boolean;
}) {
  return (
    <RadioGroup className={styles.group} value={value} onChange={onChange}>
      <Label className={hideLabel ? "visually-hidden" : styles.label}>{label}</Label>
      <div className={classes(styles.cards, className)}>
        {cards.map((card) => (
          <RadioField key={card.value} value={card.value} isDisabled={card.isDisabled}>
            <RadioButton className={styles.card}>
              <span>
                <span className={styles.title}>{card.title}</span>
                {card.detail ? <span className={styles.detail}>{card.detail}</span> : null}
              </span>
              {card.aside ? <span className={styles.aside}>{card.aside}</span> : null}
            </RadioButton>
          </RadioField>
        ))}
      </div>
    </RadioGroup>
  );
}
