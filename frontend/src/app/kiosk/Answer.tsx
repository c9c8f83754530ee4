import { useTranslation } from "react-i18next";
import type { CheckIn } from "@/lib/api/types";
import { waitWords } from "@/lib/format";
import type { Event } from "@/features/check-in/machine";

interface AnswerProps {
  checkIn: CheckIn;
  dispatch: (event: Event) => void;
}

function Arrived({ checkIn, dispatch }: AnswerProps) {
  const { t } = useTranslation("kiosk");
  const wait = checkIn.wait ? waitWords(checkIn.wait) : null;
  return (
    <div className="arrived" role="alert">
      <p className="arrived-title">
        {t(checkIn.status === "already_arrived" ? "arrived.again" : "arrived.title")}
      </p>
      <h1 className="arrived-label">{checkIn.label}</h1>
      <dl className="arrived-facts">
        {checkIn.label !== checkIn.ticket && (
          <div>
            <dt>{t("arrived.ticket")}</dt>
            <dd>{checkIn.ticket}</dd>
          </div>
        )}
        <div>
          <dt>{t("arrived.room")}</dt>
          <dd>{checkIn.room}</dd>
        </div>
        {wait && (
          <div className={wait.kind === "any_moment" ? "words" : ""}>
            <dt>{t("arrived.wait")}</dt>
            <dd>
              {wait.kind === "any_moment"
                ? t("arrived.any_moment")
                : t("arrived.range", { low: wait.low, high: wait.high })}
            </dd>
          </div>
        )}
      </dl>
      <p className="arrived-sit">{t("arrived.sit")}</p>
      <button
        type="button"
        className="choice choice-quiet"
        onClick={() => dispatch({ type: "reset" })}
      >
        {t("finish")}
      </button>
    </div>
  );
}

const CAMERA_FIRST = new Set(["no_face", "multiple_faces", "poor_image"]);
const DESK_FIRST = new Set(["no_appointment", "too_early"]);

/** What the kiosk found, in words, with one way forward and one to a person. */
export function Answer({ checkIn, dispatch }: AnswerProps) {
  const { t } = useTranslation("kiosk");
  const { status } = checkIn;
  if (status === "arrived" || status === "already_arrived") {
    return <Arrived checkIn={checkIn} dispatch={dispatch} />;
  }
  if (status === "processing" || status === "confirm") return null;

  const code = { words: t("code"), event: { type: "choose_code" } as const };
  const camera = { words: t("again"), event: { type: "choose_camera" } as const };
  const desk = { words: t("help"), event: { type: "help" } as const };
  const [first, second] = CAMERA_FIRST.has(status)
    ? [camera, code]
    : DESK_FIRST.has(status)
      ? [desk, code]
      : [code, camera];
  return (
    <div className="center" role="alert">
      <h1 className="title">{t(`outcome.${status}.title`)}</h1>
      <p className="lead">{t(`outcome.${status}.text`)}</p>
      <div className="choices">
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
