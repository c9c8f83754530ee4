import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { problemText } from "@/lib/i18n";
import { Button } from "./Button";
import { Banner } from "./Surface";

/** Why something failed, and another try where there can be one; nothing while there is no error. */
export function ProblemBanner({
  error,
  title,
  onRetry,
}: {
  error: unknown;
  title?: ReactNode;
  onRetry?: () => void;
}) {
  const { t } = useTranslation("common");
  if (error === null || error === undefined) return null;
  return (
    <Banner tone="terra" title={title} live>
      <p>{problemText(error)}</p>
      {onRetry ? (
        <Button variant="quiet" onPress={onRetry}>
          {t("action.retry")}
        </Button>
      ) : null}
    </Banner>
  );
}
