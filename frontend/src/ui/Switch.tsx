import type { ReactNode } from "react";
import { SwitchButton, SwitchField, type SwitchFieldProps } from "react-aria-components";
import styles from "./Switch.module.css";

export function Switch({
  children,
  ...rest
}: Omit<SwitchFieldProps, "children" | "className" | "style"> & { children: ReactNode }) {
  return (
    <SwitchField {...rest}>
      <SwitchButton className={styles.switch}>
        <span className={styles.track} aria-hidden="true">
          <span className={styles.knob} />
        </span>
        <span>{children}</span>
      </SwitchButton>
    </SwitchField>
  );
}
