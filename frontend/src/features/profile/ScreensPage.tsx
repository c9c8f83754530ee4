import { useTranslation } from "react-i18next";
import type { LabelChoice, User } from "@/lib/api/types";
import { screenLabel } from "@/lib/label";
import { Page, ProblemBanner, RadioCards, ScreenPreview } from "@/ui";
import { useProfileChange } from "./data";
import styles from "./Profile.module.css";

const EXAMPLE_TICKET = "A012";
const CHOICES: readonly LabelChoice[] = ["short", "ticket", "full"];

/** How I am named on shared screens, shown as the screen would show it. Saved at the press. */
export function ScreensPage({ user }: { user: User }) {
  const { t } = useTranslation(["patient", "common"]);
  const change = useProfileChange();
  const chosen = change.isPending
    ? (change.variables.label_choice ?? user.label_choice)
    : user.label_choice;
  return (
    <Page title={t("me.screens")} back={{ href: "/eu", label: t("me.title") }} narrow>
      <RadioCards
        label={t("label.legend")}
        value={chosen}
        onChange={(choice) => change.mutate({ label_choice: choice as LabelChoice })}
        cards={CHOICES.map((choice) => ({
          value: choice,
          title: t(`label.${choice}`),
          detail: t(`label.${choice}_detail`),
        }))}
      />
      <ProblemBanner error={change.error} />
      <div className={styles.preview}>
        <ScreenPreview
          title={t("label.preview")}
          label={screenLabel(user.full_name, chosen, EXAMPLE_TICKET)}
          roomWord={t("visit.room")}
          room="3"
        />
      </div>
      <p role="status" className="visually-hidden">
        {change.isSuccess ? t("label.saved") : ""}
      </p>
    </Page>
  );
}
