import { useState, type ReactNode, type Ref } from "react";
import {
  FieldError,
  Input,
  Label,
  Text,
  TextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from "react-aria-components";
import { Button } from "./Button";
import { classes } from "./classes";
import { CheckIcon } from "./icons";
import styles from "./Field.module.css";

export interface TextFieldProps extends Omit<
  AriaTextFieldProps,
  "className" | "children" | "style"
> {
  label: ReactNode;
  hint?: ReactNode;
  /** Said beside the label, e.g. "optional"; required fields carry no mark. */
  note?: ReactNode;
  error?: string | null | undefined;
  /** A quiet confirmation, e.g. of a check digit. */
  good?: ReactNode;
  inputRef?: Ref<HTMLInputElement>;
  inputClassName?: string;
  placeholder?: string;
  autoCapitalize?: "none" | "words" | "characters";
}

export function TextField({
  label,
  hint,
  note,
  error,
  good,
  inputRef,
  inputClassName,
  placeholder,
  autoCapitalize,
  ...rest
}: TextFieldProps) {
  return (
    <AriaTextField
      {...rest}
      className={styles.field}
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
      <Input
        ref={inputRef}
        className={classes(styles.input, inputClassName)}
        placeholder={placeholder}
        autoCapitalize={autoCapitalize}
      />
      {error ? <FieldError className={styles.error}>{error}</FieldError> : null}
      {!error && good ? (
        <span className={styles.good} role="status">
          <CheckIcon size={18} />
          {good}
        </span>
      ) : null}
    </AriaTextField>
  );
}

/** A short text of several lines. */
export function TextAreaField({
  label,
  hint,
  rows = 3,
  areaRef,
  ...rest
}: Pick<TextFieldProps, "label" | "hint" | "value" | "onChange" | "maxLength"> & {
  rows?: number;
  areaRef?: Ref<HTMLTextAreaElement>;
}) {
  return (
    <AriaTextField {...rest} className={styles.field}>
      <Label className={styles.label}>{label}</Label>
      {hint ? (
        <Text slot="description" className={styles.hint}>
          {hint}
        </Text>
      ) : null}
      <TextArea ref={areaRef} className={classes(styles.input, styles.area)} rows={rows} />
    </AriaTextField>
  );
}

export interface PasswordFieldProps extends Omit<TextFieldProps, "type" | "good" | "note"> {
  showLabel: string;
  hideLabel: string;
}

/** A password with a button that shows it: people type better what they can see. */
export function PasswordField({
  label,
  hint,
  error,
  inputRef,
  showLabel,
  hideLabel,
  ...rest
}: PasswordFieldProps) {
  const [shown, setShown] = useState(false);
  return (
    <AriaTextField
      {...rest}
      type={shown ? "text" : "password"}
      className={styles.field}
      isInvalid={Boolean(error)}
      validationBehavior="aria"
    >
      <Label className={styles.label}>{label}</Label>
      {hint ? (
        <Text slot="description" className={styles.hint}>
          {hint}
        </Text>
      ) : null}
      <div className={styles.box}>
        <Input ref={inputRef} className={classes(styles.input, styles.withAction)} />
        <Button
          variant="plain"
          size="small"
          className={styles.action}
          aria-pressed={shown}
          onPress={() => setShown(!shown)}
        >
          {shown ? hideLabel : showLabel}
        </Button>
      </div>
      {error ? <FieldError className={styles.error}>{error}</FieldError> : null}
    </AriaTextField>
  );
}
