import { useTranslation } from "react-i18next";
import { setLanguage } from "@/lib/language";
import { useLanguage } from "@/lib/useLanguage";
import { Button, type ButtonProps } from "./Button";

/** One press to the other language, named in that language. */
export function LanguageSwitch({
  remember = true,
  ...rest
}: Omit<ButtonProps, "children" | "onPress"> & { remember?: boolean }) {
  const { t } = useTranslation();
  const other = useLanguage() === "pt" ? "en" : "pt";
  return (
    <Button
      variant="plain"
      {...rest}
      lang={other === "pt" ? "pt-PT" : "en"}
      onPress={() => setLanguage(other, { remember })}
    >
      {t("language.switch_to")}
    </Button>
  );
}
