import type { ReactNode } from "react";
import {
  Button,
  FieldError,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select as AriaSelect,
  SelectValue,
} from "react-aria-components";
import { classes } from "./classes";
import { ChevronDownIcon } from "./icons";
import styles from "./Field.module.css";

export interface SelectOption {
  value: string;
  label: string;
}

export function Select({
  label,
  options,
  value,
  onChange,
  placeholder,
  error,
  isDisabled,
}: {
  label: ReactNode;
  options: readonly SelectOption[];
  value: string | null;
  onChange: (value: string) => void;
  placeholder?: string;
  error?: string | null | undefined;
  isDisabled?: boolean;
}) {
  return (
    <AriaSelect
      className={styles.field}
      value={value}
      onChange={(key) => {
        if (key !== null) onChange(String(key));
      }}
      placeholder={placeholder}
      isInvalid={Boolean(error)}
      isDisabled={isDisabled}
      validationBehavior="aria"
    >
      <Label className={styles.label}>{label}</Label>
      <Button className={classes(styles.input, styles.select)}>
        <SelectValue />
        <ChevronDownIcon />
      </Button>
      {error ? <FieldError className={styles.error}>{error}</FieldError> : null}
      <Popover className={styles.popover}>
        <ListBox>
          {options.map((option) => (
            <ListBoxItem key={option.value} id={option.value} className={styles.option}>
              {option.label}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </AriaSelect>
  );
}
