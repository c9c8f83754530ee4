import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate, useParams } from "react-router";
import { linkQuery, ResetForm } from "@/features/auth";
import { isProblem } from "@/lib/api/problem";
import { Awaited, ButtonLink, Page, SkeletonList } from "@/ui";

/** What the link of a message opens: another password, and in with it. */
export function Reset() {
  const { t } = useTranslation(["patient", "common"]);
  const navigate = useNavigate();
  const token = useParams().token ?? "";
  const owner = useQuery(linkQuery(token));

  if (isProblem(owner.error, "link_used")) {
    return (
      <Page narrow title={t("recover.over_title")} lead={t("recover.over_text")}>
        <ButtonLink href="/recuperar">{t("recover.again")}</ButtonLink>
      </Page>
    );
  }
  return (
    <Page
      narrow
      title={t("recover.choose_title")}
      lead={owner.data ? t("recover.choose_lead", { username: owner.data.username }) : undefined}
    >
      {owner.data ? (
        <ResetForm
          token={token}
          username={owner.data.username}
          onIn={({ role }) => {
            if (role === "patient") void navigate("/", { replace: true });
            else window.location.replace("/staff/");
          }}
        />
      ) : (
        <Awaited of={owner}>
          <SkeletonList />
        </Awaited>
      )}
    </Page>
  );
}
