import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { devicesQuery, useCreateDevice, useRevokeDevice } from "@/features/devices/data";
import type { Device } from "@/lib/api/types";
import { formatTime } from "@/lib/format";
import { problemText } from "@/lib/i18n";
import { useServerNow } from "@/lib/useNow";
import {
  Banner,
  Button,
  classes,
  ConfirmDialog,
  Dialog,
  EmptyState,
  Pill,
  SegmentedControl,
  SkeletonList,
  TextField,
  toast,
} from "@/ui";
import dialogs from "./Dialogs.module.css";
import styles from "./ListPage.module.css";

/** The screens of the building: connect one, see when it was last there, disconnect it. */
export function ScreensPage() {
  const { t } = useTranslation(["staff", "common"]);
  const devices = useQuery(devicesQuery);
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Device | null>(null);
  const revoke = useRevokeDevice();
  const live = devices.data?.filter((device) => !device.revoked_at) ?? [];

  return (
    <main className={styles.page} id="content">
      <div className={styles.head}>
        <div>
          <h1 className={styles.title}>{t("screens.title")}</h1>
          <p className={styles.quiet}>{t("screens.lead")}</p>
        </div>
        <div className={styles.tools}>
          <Button onPress={() => setAdding(true)}>{t("screens.new")}</Button>
        </div>
      </div>
      {devices.isError && (
        <Banner tone="terra" live>
          <p>{problemText(devices.error)}</p>
        </Banner>
      )}
      {devices.isPending && <SkeletonList count={3} label={t("common:state.loading")} />}
      {devices.data && live.length === 0 && (
        <EmptyState title={t("screens.empty")}>
          <p>{t("screens.empty_text")}</p>
        </EmptyState>
      )}
      {live.length > 0 && (
        <ul className={styles.panel}>
          {live.map((device) => (
            <DeviceRow key={device.id} device={device} onRevoke={() => setLeaving(device)} />
          ))}
        </ul>
      )}
      {adding && <NewScreen devices={live} onClose={() => setAdding(false)} />}
      {leaving && (
        <ConfirmDialog
          title={t("screens.revoke_title", { name: leaving.name })}
          isOpen
          onClose={() => setLeaving(null)}
          onConfirm={() =>
            revoke.mutate(leaving.id, {
              onError: (error) => toast({ text: problemText(error), tone: "bad" }),
              onSettled: () => setLeaving(null),
            })
          }
          confirmLabel={t("screens.revoke")}
          keepLabel={t("common:action.keep")}
          isPending={revoke.isPending}
        >
          <p>{t("screens.revoke_text")}</p>
        </ConfirmDialog>
      )}
    </main>
  );
}

function DeviceRow({ device, onRevoke }: { device: Device; onRevoke: () => void }) {
  const { t } = useTranslation(["staff", "common"]);
  const now = useServerNow(10_000);
  const expired = device.code_expires_at !== null && Date.parse(device.code_expires_at) < now;
  return (
    <li className={classes(styles.row, styles.device)}>
      <Pill tone={device.paired_at ? "sage" : "amber"}>
        {t(device.kind === "display" ? "screens.display" : "screens.kiosk")}
      </Pill>
      <span>
        <strong>{device.name}</strong>
        <span className={styles.quiet}>
          {device.paired_at
            ? device.last_seen_at
              ? t("screens.seen", { time: formatTime(device.last_seen_at) })
              : t("screens.never")
            : t(expired ? "screens.expired" : "screens.waiting")}
        </span>
      </span>
      <Button variant="danger" size="small" onPress={onRevoke}>
        {t("screens.revoke")}
      </Button>
    </li>
  );
}

function NewScreen({ devices, onClose }: { devices: readonly Device[]; onClose: () => void }) {
  const { t } = useTranslation(["staff", "common"]);
  const [kind, setKind] = useState<Device["kind"]>("display");
  const [name, setName] = useState("");
  const create = useCreateDevice();
  const now = useServerNow(1000);
  const made = create.data;
  const paired = made && devices.some(({ id, paired_at }) => id === made.id && paired_at);

  if (made) {
    const over = Date.parse(made.code_expires_at) < now;
    return (
      <Dialog
        title={paired ? t("screens.paired_now", { name: made.name }) : t("screens.code_title")}
        isOpen
        onClose={onClose}
        actions={<Button onPress={onClose}>{t("common:action.close")}</Button>}
      >
        {!paired && (
          <>
            <p>{t("screens.code_text", { address: `${location.host}/${made.kind}` })}</p>
            <p className={dialogs.code} data-testid="pairing-code">
              {made.code}
            </p>
            <p className={dialogs.quiet} role="status">
              {over
                ? t("screens.code_over")
                : t("screens.code_expires", { time: formatTime(made.code_expires_at) })}
            </p>
          </>
        )}
      </Dialog>
    );
  }
  return (
    <Dialog
      title={t("screens.new")}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button
            isPending={create.isPending}
            isDisabled={!name.trim()}
            onPress={() => create.mutate({ kind, name: name.trim() })}
          >
            {t("screens.create")}
          </Button>
          <Button variant="plain" onPress={onClose}>
            {t("common:action.cancel")}
          </Button>
        </>
      }
    >
      <div className={dialogs.form}>
        <SegmentedControl
          label={t("screens.kind")}
          segments={[
            { value: "display", label: t("screens.display") },
            { value: "kiosk", label: t("screens.kiosk") },
          ]}
          value={kind}
          onChange={setKind}
        />
        <TextField
          label={t("screens.name")}
          hint={t("screens.name_hint")}
          value={name}
          onChange={setName}
          autoComplete="off"
          maxLength={80}
        />
        {create.isError && (
          <Banner tone="terra" live>
            <p>{problemText(create.error)}</p>
          </Banner>
        )}
      </div>
    </Dialog>
  );
}
