import { useTranslation } from "react-i18next";
import { Button, Dialog } from "@/ui";
import styles from "@/ui/DialogForm.module.css";

const KEYS = [
  ["1 – 9", "columns"],
  ["← →", "arrows"],
  ["A", "arrive"],
  ["C", "call"],
  ["I", "start"],
  ["F", "finish"],
  ["R", "again"],
  ["N", "walk_in"],
  ["D", "details"],
  ["/", "search"],
  ["Z", "undo"],
  ["?", "help"],
] as const;

export function KeysDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation(["staff", "common"]);
  return (
    <Dialog
      title={t("keys.title")}
      isOpen={isOpen}
      onClose={onClose}
      actions={<Button onPress={onClose}>{t("common:action.close")}</Button>}
    >
      <dl className={styles.keys}>
        {KEYS.map(([key, meaning]) => (
          <div key={meaning}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{t(`keys.${meaning}`)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
