import { useTranslation } from "react-i18next";
import styles from "./Spinner.module.css";

export function Spinner() {
  return <span className={styles.spinner} aria-hidden="true" />;
}

/** The shape of what is about to come; only for the first load of something. */
export function Skeleton({
  height = "1em",
  width = "100%",
  radius,
}: {
  height?: string;
  width?: string;
  radius?: string;
}) {
  return (
    <span
      className={styles.skeleton}
      style={{ height, width, borderRadius: radius }}
      aria-hidden="true"
    />
  );
}

/** Several skeletons with one spoken word for all of them. */
export function SkeletonList({ count = 3, height = "72px" }: { count?: number; height?: string }) {
  const { t } = useTranslation("common");
  return (
    <div role="status" style={{ display: "grid", gap: "12px" }}>
      <span className="visually-hidden">{t("state.loading")}</span>
      {Array.from({ length: count }, (_, index) => (
        <Skeleton key={index} height={height} radius="var(--radius)" />
      ))}
    </div>
  );
}
