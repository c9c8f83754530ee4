import { useState } from "react";
import { useTranslation } from "react-i18next";
import { reloadIfServed } from "@/lib/version";
import { Button } from "./Button";

/** Loads a page anew; where the server doesn't hand it out, it says so and stays. */
export function ReloadButton({ address, children }: { address?: string; children: string }) {
  const { t } = useTranslation();
  const [state, setState] = useState<"idle" | "asking" | "refused">("idle");

  async function reload() {
    setState("asking");
    if (!(await reloadIfServed(address))) setState("refused");
  }

  return (
    <>
      <Button isPending={state === "asking"} onPress={() => void reload()}>
        {children}
      </Button>
      {state === "refused" ? <p role="alert">{t("problem.network")}</p> : null}
    </>
  );
}
