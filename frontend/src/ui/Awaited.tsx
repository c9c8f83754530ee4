import type { ReactNode } from "react";
import { ProblemBanner } from "./ProblemBanner";
import { SkeletonList } from "./Spinner";

interface Asked {
  isPending: boolean;
  error: unknown;
  refetch: () => unknown;
}

/**
 * Stands in the place of what was asked for: its shape while it is on its way, and why it doesn't come,
 * with another try. Nothing once all of it is there.
 */
export function Awaited({
  of,
  title,
  children,
}: {
  of: Asked | readonly Asked[];
  /** What couldn't be had. */
  title?: ReactNode;
  /** The shape of what is about to come. */
  children?: ReactNode;
}) {
  const asked = [of].flat();
  const failed = asked.filter(({ error }) => error !== null);
  if (failed.length > 0) {
    return (
      <ProblemBanner
        error={failed[0]?.error}
        title={title}
        onRetry={() => failed.forEach((one) => void one.refetch())}
      />
    );
  }
  return asked.some(({ isPending }) => isPending) ? (children ?? <SkeletonList />) : null;
}
