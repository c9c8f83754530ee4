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
    /** The whole answer, for what a code tells beside its sentence. */
    readonly body: unknown = null,
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
  const answer: unknown = await response.json().catch(() => null);
  const body = asBody(answer);
  const seconds = Number(response.headers.get("Retry-After"));
  return new Problem(
    response.status,
    body.code ?? `http_${response.status}`,
    body.detail ?? "",
    body.errors ?? [],
    Number.isFinite(seconds) && seconds > 0 ? seconds : null,
    body.request_id ?? null,
    answer,
  );
}

export const networkProblem = () => new Problem(0, "network", "");
