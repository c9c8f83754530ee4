import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { practitionersQuery, slotsQuery, specialtiesQuery } from "@/lib/api/catalogue";
import { patientsQuery } from "@/lib/api/patients";
import { addDays, civilDate } from "@/lib/civil";
import { serverClock } from "@/lib/clock";
import { formatDay, formatTime } from "@/lib/format";
import { formatPhone } from "@/lib/phone";
import { useLanguage } from "@/lib/useLanguage";
import { useRefusal } from "@/lib/useRefusal";
import {
  Banner,
  Button,
  Dialog,
  ProblemBanner,
  RadioCards,
  SegmentedControl,
  Select,
  TextField,
  toast,
} from "@/ui";
import styles from "@/ui/DialogForm.module.css";
import { useDeskBooking, type DeskBooking } from "./data";

const ANYONE = "anyone";
const DAYS = 28;

interface BookDialogProps {
  walkIn: boolean;
  practitioner: string | null;
  onClose: () => void;
}

/** Takes somebody in: now, with a ticket, or for a free time. */
export function BookDialog({ walkIn, practitioner: given, onClose }: BookDialogProps) {
  const { t } = useTranslation(["staff", "common"]);
  const language = useLanguage();
  const [who, setWho] = useState<"known" | "new">(walkIn ? "new" : "known");
  const [search, setSearch] = useState("");
  const [patient, setPatient] = useState<string | null>(null);
  const [fullName, setFullName] = useState("");
  const [phone, setPhone] = useState("");
  const [specialty, setSpecialty] = useState<string | null>(null);
  const [practitioner, setPractitioner] = useState(given ?? ANYONE);
  const [day, setDay] = useState(() => civilDate(serverClock.now()));
  const [start, setStart] = useState<string | null>(null);
  const [missing, setMissing] = useState(false);

  const specialties = useQuery(specialtiesQuery);
  const practitioners = useQuery(practitionersQuery(null));
  const found = useQuery(patientsQuery(search.trim()));
  const chosen = practitioner === ANYONE ? "" : practitioner;
  const slots = useQuery({
    ...slotsQuery({ specialty: specialty ?? "", practitioner: chosen, from: day, to: day }),
    enabled: !walkIn && specialty !== null,
  });
  const book = useDeskBooking();

  const able = (practitioners.data ?? []).filter(
    (each) => specialty === null || each.specialties.includes(specialty),
  );
  const offered = (specialties.data ?? []).filter((each) => {
    const person = practitioners.data?.find(({ id }) => id === chosen);
    return !person || person.specialties.includes(each.code);
  });
  const starts = [...new Set((slots.data ?? []).map((slot) => slot.start))];
  const today = civilDate(serverClock.now());

  const refusal = useRefusal(
    book.error,
    who === "new" ? { "new_patient.full_name": fullName, "new_patient.phone": phone } : {},
  );

  function submit() {
    const known = who === "known";
    const complete = known ? patient : fullName.trim() && phone.trim();
    if (!complete || !specialty || (!walkIn && !start)) {
      setMissing(true);
      return;
    }
    const booking: DeskBooking = {
      specialty,
      ...(known && patient
        ? { patient }
        : { new_patient: { full_name: fullName.trim(), phone: phone.trim(), language: "pt" } }),
      ...(chosen ? { practitioner: chosen } : {}),
      ...(!walkIn && start ? { start } : {}),
    };
    book.mutate(booking, {
      onSuccess: (made) => {
        const name = made.patient.full_name;
        toast({
          text: walkIn
            ? t("said.walk_in", { name, ticket: made.ticket })
            : t("said.booked", { name }),
        });
        onClose();
      },
    });
  }

  return (
    <Dialog
      title={t(walkIn ? "book.walk_in_title" : "book.title")}
      isOpen
      onClose={onClose}
      isDismissable={false}
      actions={
        <>
          <Button onPress={submit} isPending={book.isPending}>
            {t(walkIn ? "book.confirm_walk_in" : "book.confirm")}
          </Button>
          <Button variant="plain" onPress={onClose}>
            {t("common:action.cancel")}
          </Button>
        </>
      }
    >
      <div className={styles.form}>
        <SegmentedControl
          label={t("book.who")}
          hideLabel
          segments={[
            { value: "known", label: t("book.known") },
            { value: "new", label: t("book.new") },
          ]}
          value={who}
          onChange={setWho}
        />
        {who === "known" ? (
          <>
            <TextField
              label={t("book.search")}
              hint={t("book.search_hint")}
              value={search}
              onChange={(text) => {
                setSearch(text);
                setPatient(null);
              }}
              autoComplete="off"
            />
            {found.data && found.data.length > 0 && (
              <RadioCards
                label={t("book.results")}
                hideLabel
                className={styles.results}
                cards={found.data.slice(0, 6).map((each) => ({
                  value: each.id,
                  title: each.full_name,
                  detail: formatPhone(each.phone),
                }))}
                value={patient}
                onChange={setPatient}
              />
            )}
            {found.data?.length === 0 && <p className={styles.quiet}>{t("book.none")}</p>}
          </>
        ) : (
          <>
            <TextField
              label={t("book.full_name")}
              value={fullName}
              onChange={setFullName}
              autoComplete="off"
              autoCapitalize="words"
              // eslint-disable-next-line jsx-a11y/no-autofocus -- ARIA's dialog pattern: an opening dialog moves the focus into itself, here to the name, which is typed first
              autoFocus={walkIn}
              error={refusal.at("new_patient.full_name")}
            />
            <TextField
              label={t("book.phone")}
              value={phone}
              onChange={setPhone}
              type="tel"
              autoComplete="off"
              error={refusal.at("new_patient.phone")}
            />
          </>
        )}
        <Select
          label={t("book.specialty")}
          placeholder={t("book.choose")}
          options={offered.map((each) => ({
            value: each.code,
            label: `${language === "pt" ? each.name_pt : each.name_en} · ${String(each.duration_minutes)} min`,
          }))}
          value={specialty}
          onChange={(code) => {
            setSpecialty(code);
            setStart(null);
          }}
        />
        <Select
          label={t("book.practitioner")}
          options={[
            { value: ANYONE, label: t("book.anyone") },
            ...able.map((each) => ({ value: each.id, label: each.name })),
          ]}
          value={practitioner}
          onChange={(id) => {
            setPractitioner(id);
            setStart(null);
          }}
        />
        {!walkIn && (
          <div className={styles.pair}>
            <Select
              label={t("book.day")}
              options={Array.from({ length: DAYS }, (_, offset) => {
                const date = addDays(today, offset);
                return { value: date, label: formatDay(date, language) };
              })}
              value={day}
              onChange={(date) => {
                setDay(date);
                setStart(null);
              }}
            />
            <Select
              label={t("book.time")}
              placeholder={t("book.choose")}
              isDisabled={!starts.length}
              options={starts.map((instant) => ({ value: instant, label: formatTime(instant) }))}
              value={start}
              onChange={setStart}
            />
          </div>
        )}
        {!walkIn && slots.data?.length === 0 && (
          <p className={styles.quiet}>{t("book.no_times")}</p>
        )}
        {missing && !book.isError && (
          <Banner tone="amber" live>
            <p>{t(`book.missing.${walkIn ? "walk_in" : "booking"}.${who}`)}</p>
          </Banner>
        )}
        <ProblemBanner error={refusal.rest} />
      </div>
    </Dialog>
  );
}
