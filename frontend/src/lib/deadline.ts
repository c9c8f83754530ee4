/**
 * Waiting that ends. What a browser promises may stay open for ever: a camera behind a question that
 * nobody answers, a picture that is never decoded, a request on a wire that is cut.
 */

/** Of whatever somebody stands and waits for. */
export const ANSWER_MS = 8000;

export class TooLate extends Error {
  override readonly name = "TooLate";
}

/** The promise, rejected with TooLate after `ms`. What comes later goes to `onLate`, to be let go. */
export function within<T>(ms: number, promise: Promise<T>, onLate?: (late: T) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      reject(new TooLate());
    }, ms);
    promise.then(
      (value) => {
        clearTimeout(timer);
        if (isLate) onLate?.(value);
        else resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
  });
}

/**
 * What `ask` gets by its requests, bodies included. After `ms` they are given up, and this rejects.
 * There is no signal on televisions from before 2018.
 */
export function asking<T>(
  ms: number,
  ask: (signal: AbortSignal | undefined) => Promise<T>,
): Promise<T> {
  const abort = typeof AbortController === "function" ? new AbortController() : null;
  const answer = within(ms, ask(abort?.signal));
  answer.catch(() => abort?.abort());
  return answer;
}
