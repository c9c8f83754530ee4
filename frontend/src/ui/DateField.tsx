import { parseDate, type CalendarDate } from "@internationalized/date";
import type { ReactNode } from "react";
import {
  DateField as AriaDateField,
  DateInput,
  DateSegment,
  FieldError,
  Label,
  Text,
} from "react-aria-components";
import { classes } from "./classes";
import styles from "./Field.module.css";

export interface DateFieldProps {
  label: ReactNode;
  hint?: ReactNode;
  note?: ReactNode;
  error?: string | null | undefined;
  /** A civil date, `YYYY-MM-DD`, or an empty string. */
  value: string;
  onChange: (value: string) => void;
  onBlur?: () => void;
  name?: string;
  isDisabled?: boolean;
}

function parsed(value: string): CalendarDate | null {
  try {
    return value ? parseDate(value) : null;
  } catch {
    return null;
  }
}

/** A date typed in parts, in the order of the reader's language. No calendar: made for birth dates. */
export function DateField({
  label,
  hint,
  note,
  error,
  value,
  onChange,
  onBlur,
  name,
  isDisabled,
}: DateFieldProps) {
  return (
    <AriaDateField
      className={styles.field}
      value={parsed(value)}
      onChange={(date) => onChange(date ? date.toString() : "")}
      onBlur={onBlur}
      name={name}
      isDisabled={isDisabled}
      isInvalid={Boolean(error)}
      validationBehavior="aria"
    >
      <Label className={styles.label}>
        {label}
        {note ? <span className={styles.optional}>{note}</span> : null}
      </Label>
      {hint ? (
        <Text slot="description" className={styles.hint}>
          {hint}
        </Text>
      ) : null}
      <DateInput className={classes(styles.input, styles.segments)}>
        {(segment) => <DateSegment segment={segment} className={styles.segment} />}
      </DateInput>
      {error ? <FieldError className={styles.error}>{error}</FieldError> : null}
    </AriaDateField>
  );
}
