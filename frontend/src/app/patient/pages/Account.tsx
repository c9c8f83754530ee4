import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { useLogout } from "@/features/auth";
import { faceQuery } from "@/features/face";
import { keptDetailsQuery } from "@/features/invoices";
import { AccountPage } from "@/features/profile";
import type { User } from "@/lib/api/types";
import { problemText } from "@/lib/i18n";
import { toast } from "@/ui";

export function Account({ user }: { user: User }) {
  const { t } = useTranslation("patient");
  const navigate = useNavigate();
  const face = useQuery({ ...faceQuery, enabled: user.role === "patient" });
  const kept = useQuery(keptDetailsQuery).data;
  const logout = useLogout(() => navigate("/", { replace: true }));
  return (
    <AccountPage
      user={user}
      faceState={face.data ? t(`me.face_${face.data.status}`) : ""}
      invoiceState={
        kept?.kept_at ? t("invoices.tax_id", { nif: kept.tax_id }) : kept ? t("kept.none") : ""
      }
      isLoggingOut={logout.isPending}
      onLogout={() =>
        logout.mutate(undefined, {
          onError: (error) => toast({ text: problemText(error), tone: "bad" }),
        })
      }
    />
  );
}
