export interface FieldProblem {
  pointer: string;
  code: string;
  detail: string;
}

/** A refusal by the server (problem+json), or `network` when no answer came. */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: readonly FieldProblem[] = [],
    readonly retryAfter: number | null = null,
    readonly requestId: string | null = null,
  ) {
    super(`${status} ${code}`);
  }

  /** The field a pointer speaks of: `/invoice/tax_id` → `invoice.tax_id`. */
  static field(pointer: string): string {
    return pointer.replace(/^\//, "").replaceAll("/", ".");
  }
}

export function isProblem(error: unknown, ...codes: string[]): error is Problem {
  return error instanceof Problem && (codes.length === 0 || codes.includes(error.code));
}

interface Body {
  code?: string;
  detail?: string;
  errors?: FieldProblem[];
  request_id?: string;
}

function asBody(value: unknown): Body {
  return typeof value === "object" && value !== null ? value : {};
}

export async function problemFrom(response: Response): Promise<Problem> {
  const body = asBody(await response.json().catch(() => null));
  const seconds = Number(response.headers.get("Retry-After"));
  return new Problem(
    response.status,
    body.code ?? `http_${response.status}`,
    body.detail ?? "",
    body.errors ?? [],
    Number.isFinite(seconds) && seconds > 0 ? seconds : null,
    body.request_id ?? null,
  );
}

export const networkProblem = () => new Problem(0, "network", "");
