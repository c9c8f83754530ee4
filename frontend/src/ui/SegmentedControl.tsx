import type { ReactNode } from "react";
import { Label, RadioButton, RadioField, RadioGroup } from "react-aria-components";
import styles from "./SegmentedControl.module.css";

export interface Segment<V extends string> {
  value: V;
  label: ReactNode;
  isDisabled?: boolean;
}

interface ChoiceProps<V extends string> {
  label: ReactNode;
  segments: readonly Segment<V>[];
  value: V;
  onChange: (value: V) => void;
  hideLabel?: boolean;
  isDisabled?: boolean;
}

function choice(track: string | undefined, item: string | undefined) {
  return function Choice<V extends string>({
    label,
    segments,
    value,
    onChange,
    hideLabel,
    isDisabled,
  }: ChoiceProps<V>) {
    return (
      <RadioGroup
        className={styles.group}
        value={value}
        onChange={(next) => onChange(next as V)}
        isDisabled={isDisabled}
        orientation="horizontal"
      >
        <Label className={hideLabel ? "visually-hidden" : styles.label}>{label}</Label>
        <div className={track}>
          {segments.map((segment) => (
            <RadioField key={segment.value} value={segment.value} isDisabled={segment.isDisabled}>
              <RadioButton className={item}>{segment.label}</RadioButton>
            </RadioField>
          ))}
        </div>
      </RadioGroup>
    );
  };
}

/** Two or three ways of the same thing, side by side in one track. */
export const SegmentedControl = choice(styles.track, styles.segment);

/** A choice among words that may wrap over several lines. */
export const PillChoice = choice(styles.pills, styles.pill);
