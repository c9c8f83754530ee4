import { useEffect, useRef, type ReactNode } from "react";
import {
  Controller,
  type Control,
  type ControllerProps,
  type FieldPath,
  type FieldValues,
} from "react-hook-form";
import type { Refusal } from "@/lib/useRefusal";
import { ProblemBanner } from "./ProblemBanner";
import {
  PasswordField,
  TextField,
  type PasswordFieldProps,
  type TextFieldProps,
} from "./TextField";

/** A form. A refusal is said above it, or at its fields, the first of which then has the focus. */
export function Form({
  refusal,
  onSubmit,
  className,
  children,
}: {
  refusal: Pick<Refusal, "rest" | "error">;
  onSubmit: () => void;
  className?: string | undefined;
  children: ReactNode;
}) {
  const form = useRef<HTMLFormElement>(null);
  const { error } = refusal;
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [error]);
  return (
    <form
      ref={form}
      className={className}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      <ProblemBanner error={refusal.rest} />
      {children}
    </form>
  );
}

/** Whose value a form of react-hook-form keeps. */
export interface Kept<Values extends FieldValues, Name extends FieldPath<Values>> {
  control: Control<Values>;
  name: Name;
  rules?: ControllerProps<Values, Name>["rules"];
}

export function FormTextField<Values extends FieldValues, Name extends FieldPath<Values>>({
  control,
  name,
  rules,
  ...rest
}: Kept<Values, Name> & Omit<TextFieldProps, "name">) {
  return (
    <Controller
      control={control}
      name={name}
      rules={rules}
      render={({ field: { ref, ...field } }) => <TextField {...rest} {...field} inputRef={ref} />}
    />
  );
}

export function FormPasswordField<Values extends FieldValues, Name extends FieldPath<Values>>({
  control,
  name,
  rules,
  ...rest
}: Kept<Values, Name> & Omit<PasswordFieldProps, "name">) {
  return (
    <Controller
      control={control}
      name={name}
      rules={rules}
      render={({ field: { ref, ...field } }) => (
        <PasswordField {...rest} {...field} inputRef={ref} />
      )}
    />
  );
}
