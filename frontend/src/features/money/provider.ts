import { useTranslation } from "react-i18next";

const PROVIDERS = ["sandbox", "eupago", "ifthenpay"] as const;

/** Names the provider of a key as people know it. */
export function useProviderName() {
  const { t } = useTranslation("money");
  return (key: string) => {
    const known = PROVIDERS.find((each) => each === key);
    return known ? t(`provider.${known}`) : key;
  };
}
