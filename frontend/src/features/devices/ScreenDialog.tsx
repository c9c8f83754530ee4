import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { roomsQuery } from "@/lib/api/catalogue";
import type { Device, DisplaySettings } from "@/lib/api/types";
import { useRefusal } from "@/lib/useRefusal";
import { Button, Checkbox, Dialog, ProblemBanner, Select, Switch, TextField, toast } from "@/ui";
import styles from "@/ui/DialogForm.module.css";
import { useChangeDevice } from "./data";

const VOLUMES = [0, 20, 40, 60, 80, 100];
const USUAL_QUIET = { starts: "20:00", ends: "08:00" };
const USUAL_NIGHT = { starts: "21:00", ends: "06:00" };

type Hours = NonNullable<DisplaySettings["quiet"]>;

interface ScreenDialogProps {
  device: Device;
  onClose: () => void;
}

/** A device's name, and what a display shows, how large and how loud. */
export function ScreenDialog({ device, onClose }: ScreenDialogProps) {
  const { t } = useTranslation(["staff", "common"]);
  const [name, setName] = useState(device.name);
  const [settings, setSettings] = useState(device.settings);
  const [inches, setInches] = useState(String(device.settings?.panel?.inches ?? ""));
  const [metres, setMetres] = useState(device.settings?.panel?.farthest_seat_metres ?? "");
  const change = useChangeDevice();

  const refusal = useRefusal(change.error, {
    name,
    ...(settings && {
      "settings.panel.inches": inches,
      "settings.panel.farthest_seat_metres": metres,
      "settings.volume": settings.volume,
    }),
    ...(settings?.quiet && {
      "settings.quiet.starts": settings.quiet.starts,
      "settings.quiet.ends": settings.quiet.ends,
    }),
    ...(settings?.night && {
      "settings.night.starts": settings.night.starts,
      "settings.night.ends": settings.night.ends,
    }),
  });

  function set(part: Partial<DisplaySettings>) {
    setSettings((old) => old && { ...old, ...part });
  }

  function save() {
    const panel =
      inches.trim() || metres.trim()
        ? { inches: Number(inches), farthest_seat_metres: metres.trim().replace(",", ".") }
        : null;
    change.mutate(
      {
        id: device.id,
        change: { name: name.trim(), ...(settings ? { settings: { ...settings, panel } } : {}) },
      },
      {
        onSuccess: () => {
          toast({ text: t("screens.saved", { name: name.trim() }) });
          onClose();
        },
      },
    );
  }

  return (
    <Dialog
      title={t("screens.settings_of", { name: device.name })}
      isOpen
      onClose={onClose}
      actions={
        <>
          <Button isPending={change.isPending} isDisabled={!name.trim()} onPress={save}>
            {t("common:action.save")}
          </Button>
          <Button variant="plain" onPress={onClose}>
            {t("common:action.cancel")}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <TextField
          label={t("screens.name")}
          value={name}
          onChange={setName}
          autoComplete="off"
          maxLength={60}
          error={refusal.at("name")}
        />
        {settings && (
          <>
            <Rooms chosen={settings.rooms} onChange={(rooms) => set({ rooms })} />
            <fieldset className={styles.group}>
              <legend>{t("screens.size")}</legend>
              <p className={styles.quiet}>{t("screens.size_hint")}</p>
              <div className={styles.pair}>
                <TextField
                  label={t("screens.inches")}
                  value={inches}
                  onChange={setInches}
                  inputMode="numeric"
                  maxLength={3}
                  error={refusal.at("settings.panel.inches")}
                />
                <TextField
                  label={t("screens.metres")}
                  value={metres}
                  onChange={setMetres}
                  inputMode="decimal"
                  maxLength={4}
                  error={refusal.at("settings.panel.farthest_seat_metres")}
                />
              </div>
            </fieldset>
            <Select
              label={t("screens.volume")}
              options={[...new Set([...VOLUMES, settings.volume])]
                .sort((one, other) => one - other)
                .map((volume) => ({
                  value: String(volume),
                  label: volume === 0 ? t("screens.mute") : `${volume} %`,
                }))}
              value={String(settings.volume)}
              onChange={(volume) => set({ volume: Number(volume) })}
              error={refusal.at("settings.volume")}
            />
            <HoursFields
              title={t("screens.quiet_hours")}
              hint={t("screens.quiet_hint")}
              hours={settings.quiet}
              usual={USUAL_QUIET}
              onChange={(quiet) => set({ quiet })}
              problemOf={(part) => refusal.at(`settings.quiet.${part}`)}
            />
            <HoursFields
              title={t("screens.night_hours")}
              hint={t("screens.night_hint")}
              hours={settings.night}
              usual={USUAL_NIGHT}
              onChange={(night) => set({ night })}
              problemOf={(part) => refusal.at(`settings.night.${part}`)}
            />
          </>
        )}
        <ProblemBanner error={refusal.rest} />
      </div>
    </Dialog>
  );
}

interface RoomsProps {
  chosen: readonly string[];
  onChange: (rooms: string[]) => void;
}

/** The rooms by floor, and those that were chosen once and are gone. */
function Rooms({ chosen, onChange }: RoomsProps) {
  const { t } = useTranslation("staff");
  const rooms = useQuery(roomsQuery).data ?? [];
  const known = new Set(rooms.map(({ name }) => name));
  const floors = new Map<string, string[]>();
  for (const { name, floor } of rooms) floors.set(floor, [...(floors.get(floor) ?? []), name]);
  const gone = chosen.filter((name) => rooms.length > 0 && !known.has(name));

  function choose(name: string, isChosen: boolean) {
    onChange(isChosen ? [...chosen, name] : chosen.filter((other) => other !== name));
  }

  function box(name: string) {
    return (
      <Checkbox
        key={name}
        isSelected={chosen.includes(name)}
        onChange={(isChosen) => choose(name, isChosen)}
      >
        {name}
      </Checkbox>
    );
  }

  return (
    <fieldset className={styles.group}>
      <legend>{t("screens.rooms")}</legend>
      <p className={styles.quiet}>
        {chosen.length === 0 ? t("screens.rooms_all") : t("screens.rooms_some")}
      </p>
      {[...floors].map(([floor, names]) => (
        <div key={floor} className={styles.boxes}>
          {floor && floors.size > 1 && (
            <span className={styles.floor}>{t("screens.floor", { floor })}</span>
          )}
          {names.map(box)}
        </div>
      ))}
      {gone.length > 0 && (
        <div className={styles.boxes}>
          <span className={styles.floor}>{t("screens.rooms_gone")}</span>
          {gone.map(box)}
        </div>
      )}
    </fieldset>
  );
}

interface HoursFieldsProps {
  title: string;
  hint: string;
  hours: Hours | null;
  usual: Hours;
  onChange: (hours: Hours | null) => void;
  problemOf: (part: keyof Hours) => string | null;
}

function HoursFields({ title, hint, hours, usual, onChange, problemOf }: HoursFieldsProps) {
  const { t } = useTranslation("staff");
  return (
    <div className={styles.group} role="group" aria-label={title}>
      <Switch isSelected={hours !== null} onChange={(isOn) => onChange(isOn ? usual : null)}>
        {title}
      </Switch>
      <p className={styles.quiet}>{hint}</p>
      {hours && (
        <div className={styles.pair}>
          {(["starts", "ends"] as const).map((part) => (
            <TextField
              key={part}
              type="time"
              label={t(`screens.${part}`)}
              value={hours[part]}
              onChange={(value) => onChange({ ...hours, [part]: value })}
              error={problemOf(part)}
            />
          ))}
        </div>
      )}
    </div>
  );
}
