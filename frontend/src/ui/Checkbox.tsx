import type { ReactNode } from "react";
import { CheckboxButton, CheckboxField, type CheckboxFieldProps } from "react-aria-components";
import { CheckIcon } from "./icons";
import styles from "./Field.module.css";

export function Checkbox({
  children,
  ...rest
}: Omit<CheckboxFieldProps, "children" | "className" | "style"> & { children: ReactNode }) {
  return (
    <CheckboxField {...rest}>
      <CheckboxButton className={styles.checkbox}>
        <span className={styles.tick} aria-hidden="true">
          <CheckIcon size={18} />
        </span>
        <span>{children}</span>
      </CheckboxButton>
    </CheckboxField>
  );
}
