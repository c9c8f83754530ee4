import { Controller, type FieldPath, type FieldValues } from "react-hook-form";
import { DateField, type DateFieldProps } from "./DateField";
import type { Kept } from "./Form";

/** By itself: it is large, and the form that everybody meets, the login, has no date. */
export function FormDateField<Values extends FieldValues, Name extends FieldPath<Values>>({
  control,
  name,
  rules,
  ...rest
}: Kept<Values, Name> & Omit<DateFieldProps, "name" | "value" | "onChange" | "onBlur">) {
  return (
    <Controller
      control={control}
      name={name}
      rules={rules}
      render={({ field: { value, onChange, onBlur } }) => (
        <DateField {...rest} value={value} onChange={onChange} onBlur={onBlur} />
      )}
    />
  );
}
