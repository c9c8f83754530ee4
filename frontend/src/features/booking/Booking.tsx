import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { practitionersQuery, specialtiesQuery } from "@/lib/api/catalogue";
import { isProblem } from "@/lib/api/problem";
import type { Appointment, Practitioner, Specialty } from "@/lib/api/types";
import { civilDate } from "@/lib/civil";
import { formatDay, formatMoney, formatPrice, formatTime, type Language } from "@/lib/format";
import { problemText } from "@/lib/i18n";
import { useLanguage } from "@/lib/useLanguage";
import { Awaited, Banner, Button, classes, PillChoice, RadioCards, Skeleton } from "@/ui";
import styles from "./Booking.module.css";
import { useHold } from "./data";
import { SlotPicker } from "./SlotPicker";

export interface Choice {
  specialty: string;
  practitioner: string;
  start: string | null;
}

const ANY = "any";

export function specialtyName(
  specialty: Pick<Specialty, "name_pt" | "name_en">,
  language: Language,
) {
  return language === "pt" ? specialty.name_pt : specialty.name_en;
}

/**
 * Choosing on one page: what, with whom, which day, what time. The choice lives with the caller
 * (in the address), so that logging in or reloading doesn't lose it.
 */
export function Booking({
  choice,
  onChoice,
  canReserve,
  onLoginNeeded,
  onReserved,
  phone,
  phoneProof,
}: {
  choice: Choice;
  onChoice: (choice: Choice) => void;
  canReserve: boolean;
  onLoginNeeded: () => void;
  onReserved: (appointment: Appointment) => void;
  phone: string;
  /** Asks for proof that the phone is theirs, which a time is held for. */
  phoneProof: (asked: { isOpen: boolean; onClose: () => void; onProved: () => void }) => ReactNode;
}) {
  const { t } = useTranslation("patient");
  const language = useLanguage();
  const specialties = useQuery(specialtiesQuery);
  const practitioners = useQuery(practitionersQuery(choice.specialty));
  const hold = useHold();
  const rest = useRef<HTMLDivElement>(null);
  const hasChosen = useRef(false);
  const specialty = specialties.data?.find((one) => one.code === choice.specialty);

  const isPhoneUnproved = isProblem(hold.error, "phone_unverified");

  useEffect(() => {
    if (hasChosen.current) bringIntoView(rest.current);
    hasChosen.current = false;
  }, [choice.specialty]);

  function choose(change: Partial<Choice>) {
    hold.reset();
    onChoice({ ...choice, ...change });
  }

  function reserve() {
    if (choice.start === null) return;
    if (!canReserve) {
      onLoginNeeded();
      return;
    }
    hold.mutate(
      {
        specialty: choice.specialty,
        start: choice.start,
        ...(choice.practitioner ? { practitioner: choice.practitioner } : {}),
      },
      {
        onSuccess: onReserved,
        onError: (error) => {
          if (isProblem(error, "slot_taken", "slot_unavailable")) {
            onChoice({ ...choice, start: null });
          }
        },
      },
    );
  }

  return (
    <>
      <div className={styles.columns}>
        <div className={styles.choice}>
          {specialties.data ? (
            <RadioCards
              label={t("book.specialty")}
              value={specialty ? choice.specialty : null}
              onChange={(code) => {
                choose({ specialty: code, practitioner: "", start: null });
                hasChosen.current = true;
              }}
              cards={specialties.data.map((one) => ({
                value: one.code,
                title: specialtyName(one, language),
                aside: t("book.price", {
                  minutes: one.duration_minutes,
                  price: formatPrice(one.price, language),
                }),
              }))}
            />
          ) : (
            <Awaited of={specialties}>
              <SpecialtySkeleton />
            </Awaited>
          )}
        </div>

        <div className={classes(styles.choice, specialty && styles.times)} ref={rest}>
          {specialty ? (
            <>
              <TherapistChoice
                practitioners={practitioners.data ?? []}
                value={choice.practitioner}
                onChange={(practitioner) => choose({ practitioner, start: null })}
              />
              {hold.isError && !isPhoneUnproved ? (
                <Banner tone="terra" live>
                  <p>
                    {isProblem(hold.error, "slot_taken", "slot_unavailable")
                      ? t("book.taken")
                      : problemText(hold.error)}
                  </p>
                </Banner>
              ) : null}
              <SlotPicker
                key={choice.specialty}
                specialty={choice.specialty}
                practitioner={choice.practitioner}
                start={choice.start}
                isReserving={hold.isPending || hold.isSuccess}
                onStart={(start) => onChoice({ ...choice, start })}
                onAnyPractitioner={() => choose({ practitioner: "", start: null })}
                phone={phone}
              />
            </>
          ) : null}
        </div>
      </div>

      {specialty && choice.start ? (
        <section className={styles.bar} aria-label={t("book.bar_label")}>
          <div className={styles.barInner}>
            <div>
              <p className={styles.when}>
                {formatDay(civilDate(choice.start), language)} · {formatTime(choice.start)}
              </p>
              <p className={styles.what}>
                {t("book.price", {
                  minutes: specialty.duration_minutes,
                  price: formatMoney(specialty.price, language),
                })}
              </p>
            </div>
            <Button variant="terra" size="large" isPending={hold.isPending} onPress={reserve}>
              {t("book.reserve")}
            </Button>
          </div>
        </section>
      ) : null}
      {phoneProof({ isOpen: isPhoneUnproved, onClose: () => hold.reset(), onProved: reserve })}
    </>
  );
}

/** On a phone, days and times come up under the thumb once it is known what for. */
function bringIntoView(element: HTMLElement | null) {
  if (!element || matchMedia("(min-width: 60rem)").matches) return;
  const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element.scrollIntoView({ behavior: isCalm ? "auto" : "smooth", block: "start" });
}

function TherapistChoice({
  practitioners,
  value,
  onChange,
}: {
  practitioners: readonly Practitioner[];
  value: string;
  onChange: (practitioner: string) => void;
}) {
  const { t } = useTranslation("patient");
  if (practitioners.length < 2) return null;
  return (
    <PillChoice
      label={t("book.therapist")}
      hideLabel
      value={value || ANY}
      onChange={(next) => onChange(next === ANY ? "" : next)}
      segments={[
        { value: ANY, label: t("book.any_therapist") },
        ...practitioners.map((one) => ({ value: one.id, label: one.name })),
      ]}
    />
  );
}

function SpecialtySkeleton() {
  const { t } = useTranslation();
  return (
    <div className={styles.skeletons} role="status">
      <span className="visually-hidden">{t("state.loading")}</span>
      {Array.from({ length: 5 }, (_, index) => (
        <Skeleton key={index} height="56px" radius="var(--radius-l)" />
      ))}
    </div>
  );
}
