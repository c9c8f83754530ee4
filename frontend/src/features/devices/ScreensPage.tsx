import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Device } from "@/lib/api/types";
import { formatTime } from "@/lib/format";
import { problemText } from "@/lib/i18n";
import { useServerNow } from "@/lib/useNow";
import {
  Awaited,
  Button,
  classes,
  ConfirmDialog,
  Dialog,
  EmptyState,
  Pill,
  ProblemBanner,
  SegmentedControl,
  TextField,
  toast,
  WarningIcon,
} from "@/ui";
import dialogs from "@/ui/DialogForm.module.css";
import styles from "@/ui/ListPage.module.css";
import { devicesQuery, displayVersionQuery, useCreateDevice, useRevokeDevice } from "./data";
import { ago, lastSeen, troubles } from "./health";
import { ScreenDialog } from "./ScreenDialog";

/** The screens of the building: connect one, see how it is, set it up, disconnect it. */
export function ScreensPage() {
  const { t } = useTranslation(["staff", "common"]);
  const devices = useQuery(devicesQuery);
  const [adding, setAdding] = useState(false);
  const version = useQuery(displayVersionQuery).data ?? null;
  const [changing, setChanging] = useState<Device | null>(null);
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
      <Awaited of={devices} />
      {devices.data && live.length === 0 && (
        <EmptyState title={t("screens.empty")}>
          <p>{t("screens.empty_text")}</p>
        </EmptyState>
      )}
      {live.length > 0 && (
        <ul className={styles.panel}>
          {live.map((device) => (
            <DeviceRow
              key={device.id}
              device={device}
              version={version}
              onChange={() => setChanging(device)}
              onRevoke={() => setLeaving(device)}
            />
          ))}
        </ul>
      )}
      {adding && <NewScreen devices={live} onClose={() => setAdding(false)} />}
      {changing && <ScreenDialog device={changing} onClose={() => setChanging(null)} />}
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

interface DeviceRowProps {
  device: Device;
  version: string | null;
  onChange: () => void;
  onRevoke: () => void;
}

function DeviceRow({ device, version, onChange, onRevoke }: DeviceRowProps) {
  const { t } = useTranslation(["staff", "common"]);
  const now = useServerNow(5_000);
  const found = troubles(device, now, version);
  return (
    <li className={classes(styles.row, styles.device)}>
      <Pill tone={device.paired_at && !found.length ? "sage" : "amber"}>
        {t(device.kind === "display" ? "screens.display" : "screens.kiosk")}
      </Pill>
      <div>
        <strong>{device.name}</strong>
        <p className={styles.quiet}>
          <Seen device={device} now={now} />
        </p>
        {device.paired_at && !found.includes("unseen") && !found.includes("silent") && (
          <Shows device={device} />
        )}
        {found.map((trouble) => (
          <p key={trouble} className={styles.trouble}>
            <WarningIcon size={18} />
            {t(`screens.trouble.${trouble}`)}
          </p>
        ))}
      </div>
      <div className={styles.actions}>
        <Button variant="quiet" size="small" onPress={onChange}>
          {t("screens.settings")}
        </Button>
        <Button variant="danger" size="small" onPress={onRevoke}>
          {t("screens.revoke")}
        </Button>
      </div>
    </li>
  );
}

function Seen({ device, now }: { device: Device; now: number }) {
  const { t } = useTranslation("staff");
  if (!device.paired_at) {
    const expired = device.code_expires_at !== null && Date.parse(device.code_expires_at) < now;
    return t(expired ? "screens.expired" : "screens.waiting");
  }
  const seen = lastSeen(device);
  if (seen === null) return t("screens.never");
  const { unit, count } = ago(now - seen);
  return count === 0 ? t("screens.seen.now") : t(`screens.seen.${unit}`, { count });
}

/** What a display shows now, in words and tickets. */
function Shows({ device }: { device: Device }) {
  const { t } = useTranslation("staff");
  const { status, settings } = device;
  if (!status || !settings) return null;
  const facts = [
    settings.rooms.length
      ? t("screens.only", { count: settings.rooms.length, rooms: settings.rooms.join(", ") })
      : t("screens.all_rooms"),
    t(`screens.sound.${status.sound}`, { volume: settings.volume }),
    t(`screens.board.${status.board}`),
    `${status.width} × ${status.height}`,
    ...(status.version ? [t("screens.version", { version: status.version.slice(0, 7) })] : []),
  ];
  return (
    <>
      <p>
        {t(`screens.picture.${status.picture}`)}
        {status.tickets.length > 0 && (
          <span className={styles.tickets}>{status.tickets.join(" · ")}</span>
        )}
      </p>
      <p className={styles.quiet}>{facts.join(" · ")}</p>
    </>
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
        <ProblemBanner error={create.error} />
      </div>
    </Dialog>
  );
}
