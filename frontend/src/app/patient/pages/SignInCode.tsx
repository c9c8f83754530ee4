import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Navigate, useSearchParams } from "react-router";
import { CodeField, useMe, useSignInCode, useSignInWithCode, WhoForm } from "@/features/auth";
import { isProblem } from "@/lib/api/problem";
import { problemText } from "@/lib/i18n";
import { Banner, Button, Page } from "@/ui";
import { nextPath } from "../choice";
import { KeptChoice } from "./Login";
import styles from "./Pages.module.css";

/** In without the password, by six digits that go to the phone. */
export function SignInCode() {
  const { t } = useTranslation(["patient", "common"]);
  const [params] = useSearchParams();
  const ask = useSignInCode();
  const enter = useSignInWithCode();
  const [code, setCode] = useState("");
  const login = ask.variables ?? "";
  const isWrong = isProblem(enter.error, "code_wrong");

  if (useMe().data) return <Navigate to={nextPath(params)} replace />;
  return (
    <Page
      narrow
      title={t("sign_in_code.title")}
      lead={ask.data ? undefined : t("sign_in_code.lead")}
      back={{ href: `/entrar?${params}`, label: t("login.title") }}
    >
      <div className={styles.stack}>
        <KeptChoice params={params} />
        {ask.data ? (
          <>
            <p role="status">{t("sign_in_code.sent", { minutes: ask.data.minutes })}</p>
            {enter.error && !isWrong ? (
              <Banner tone="terra" live>
                <p>{problemText(enter.error)}</p>
              </Banner>
            ) : null}
            <CodeField
              value={code}
              onChange={(next) => {
                setCode(next);
                if (enter.isError) enter.reset();
              }}
              onComplete={(complete) => enter.mutate({ login, code: complete })}
              isReadOnly={enter.isPending}
              error={isWrong ? t("sign_in_code.wrong") : null}
            />
            <Button
              variant="quiet"
              onPress={() => {
                setCode("");
                enter.reset();
                ask.reset();
              }}
            >
              {t("recover.again")}
            </Button>
          </>
        ) : (
          <WhoForm
            onSubmit={(who) => ask.mutate(who)}
            isPending={ask.isPending}
            error={ask.error}
            action={t("sign_in_code.ask")}
          />
        )}
      </div>
    </Page>
  );
}
