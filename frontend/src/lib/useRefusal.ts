import { useState } from "react";
import { isProblem, Problem } from "./api/problem";
import { fieldProblemText } from "./i18n";

/** What the server refused of a form. */
export interface Refusal<Field extends string = never> {
  /** The sentence for a field, as long as that holds what was refused. */
  at: (field: Field) => string | null;
  /** The error, where no field of the form says why; else null. */
  rest: unknown;
  error: unknown;
}

/**
 * Brings a refused request into its form. `fields` holds what is in the fields that are shown, by the
 * server's names for them, such as `invoice.tax_id`.
 */
export function useRefusal<Field extends string>(
  error: unknown,
  fields: Readonly<Partial<Record<Field, unknown>>>,
): Refusal<Field> {
  const [refused, setRefused] = useState({ error, fields });
  if (refused.error !== error) setRefused({ error, fields });

  const errors = isProblem(error) ? error.errors : [];
  const isSaidAtFields =
    errors.length > 0 && errors.every(({ pointer }) => Problem.field(pointer) in fields);
  return {
    at(field) {
      const problem = errors.find(({ pointer }) => Problem.field(pointer) === field);
      return problem && refused.fields[field] === fields[field] ? fieldProblemText(problem) : null;
    },
    rest: isSaidAtFields ? null : error,
    error,
  };
}
