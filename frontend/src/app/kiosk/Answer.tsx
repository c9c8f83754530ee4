import { useTranslation } from "react-i18next";
import type { CheckIn } from "@/lib/api/types";
import { waitWords } from "@/lib/format";
import type { Event, Step } from "@/features/check-in/machine";

type AnswerStep = Extract<Step, { name: "answer" }>;

interface AnswerProps {
  by: AnswerStep["by"];
  checkIn: CheckIn;
  dispatch: (event: Event) => void;
}

const LONG_LABEL = 16;
const VERY_LONG_LABEL = 32;
const LONGEST_ROOM_NUMBER = 3;

function sizeOf(label: string): string {
  if (label.length > VERY_LONG_LABEL) return "arrived-label very-long";
  return label.length > LONG_LABEL ? "arrived-label long" : "arrived-label";
}

function useWaitText(wait: CheckIn["wait"]): { text: string; isNumber: boolean } | null {
  const { t } = useTranslation("kiosk");
  if (!wait) return null;
  const said = waitWords(wait);
  if (said.kind === "any_moment") return { text: t("arrived.any_moment"), isNumber: false };
  const { low, high } = said;
  const text = low === 0 ? t("arrived.up_to", { high }) : t("arrived.range", { low, high });
  return { text, isNumber: true };
}

function Arrived({ checkIn, dispatch }: Omit<AnswerProps, "by">) {
  const { t } = useTranslation("kiosk");
  const wait = useWaitText(checkIn.wait);
  const label = checkIn.label ?? "";
  const room = checkIn.room ?? "";
  const numbered = room.length <= LONGEST_ROOM_NUMBER;
  return (
    <div className="screen arrived" role="alert">
      <div className="say">
        <p className="arrived-title">
          {t(checkIn.status === "already_arrived" ? "arrived.again" : "arrived.title")}
        </p>
        <h1 className={sizeOf(label)}>{label}</h1>
        <dl className="arrived-facts">
          {checkIn.label !== checkIn.ticket && (
            <div>
              <dt>{t("arrived.ticket")}</dt>
              <dd>{checkIn.ticket}</dd>
            </div>
          )}
          <div className={numbered ? "" : "words"}>
            <dt>{t(numbered ? "arrived.room" : "arrived.place")}</dt>
            <dd>{room}</dd>
          </div>
          {wait && (
            <div className={wait.isNumber ? "" : "words"}>
              <dt>{t("arrived.wait")}</dt>
              <dd>{wait.text}</dd>
            </div>
          )}
        </dl>
        <p className="arrived-sit">{t("arrived.sit")}</p>
      </div>
      <div className="act choices">
        <button
          type="button"
          className="choice choice-quiet"
          onClick={() => dispatch({ type: "reset" })}
        >
          {t("finish")}
        </button>
      </div>
    </div>
  );
}

type Refusal = Exclude<CheckIn["status"], "arrived" | "already_arrived" | "processing" | "confirm">;

/**
 * The same answer means something else after a code or a second factor than after a face, or where
 * there was an appointment today.
 */
function wordsFor({ detail }: CheckIn, status: Refusal, by: AnswerStep["by"]) {
  if (detail === "missed") return "missed";
  if (status === "no_appointment" && by === "code") return "old_code";
  if (status === "not_recognised" && by === "confirmation") return "not_confirmed";
  return status;
}

interface Choice {
  words: string;
  event: Event;
}

/** What the kiosk found, in words, with one way forward and another beside it. */
export function Answer({ by, checkIn, dispatch }: AnswerProps) {
  const { t } = useTranslation("kiosk");
  const { status } = checkIn;
  if (status === "arrived" || status === "already_arrived") {
    return <Arrived checkIn={checkIn} dispatch={dispatch} />;
  }
  if (status === "processing" || status === "confirm") return null;

  const code: Choice = { words: t("code"), event: { type: "choose_code" } };
  const otherCode: Choice = { words: t("other_code"), event: { type: "choose_code" } };
  const camera: Choice = { words: t("again"), event: { type: "choose_camera" } };
  const desk: Choice = { words: t("desk"), event: { type: "help" } };
  const end: Choice = { words: t("finish"), event: { type: "reset" } };
  const ways: Record<Refusal, readonly [Choice, Choice]> = {
    no_face: [camera, code],
    multiple_faces: [camera, code],
    poor_image: [camera, code],
    unavailable: [code, desk],
    not_recognised: [code, by === "confirmation" ? desk : camera],
    no_appointment: [desk, checkIn.detail === "missed" ? end : by === "code" ? otherCode : code],
    too_early: [desk, end],
  };
  const [first, second] = ways[status];
  const words = wordsFor(checkIn, status, by);
  return (
    <div className="screen" role="alert">
      <div className="say">
        <h1 className="title">{t(`outcome.${words}.title`)}</h1>
        <p className="lead">
          {status === "poor_image" && checkIn.detail && checkIn.detail !== "missed"
            ? t(`outcome.poor_image.${checkIn.detail}`)
            : t(`outcome.${words}.text`)}
        </p>
      </div>
      <div className="act choices">
        <button type="button" className="choice choice-pine" onClick={() => dispatch(first.event)}>
          {first.words}
        </button>
        <button
          type="button"
          className="choice choice-quiet"
          onClick={() => dispatch(second.event)}
        >
          {second.words}
        </button>
      </div>
    </div>
  );
}
