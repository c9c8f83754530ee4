import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { isPaired } from "@/features/check-in/api";
import { isVideoAsked } from "@/features/check-in/video";
import {
  CODE_LENGTH,
  YEAR_LENGTH,
  type Event,
  type Step,
  type Way,
} from "@/features/check-in/machine";
import { useCheckIn } from "@/features/check-in/useCheckIn";
import { deviceApi } from "@/lib/api/client";
import { civilHour } from "@/lib/civil";
import { serverClock } from "@/lib/clock";
import { currentLanguage, setLanguage } from "@/lib/language";
import { useLanguage } from "@/lib/useLanguage";
import { Answer } from "./Answer";
import { CameraStep } from "./CameraStep";
import { Head } from "./Head";
import { Keypad } from "./Keypad";
import { Pairing } from "./Pairing";
import { QrReader } from "./QrReader";
import { VideoStep } from "./VideoStep";

const ASK_AFTER_MS = 45_000;
const WIPE_AFTER_MS = 20_000;
const ANSWER_MS = 15_000;
const LONG_MS = 2500;

export function Kiosk() {
  const [paired, setPaired] = useState<boolean | null>(null);
  const check = useCallback(() => void isPaired().then(setPaired), []);
  useEffect(check, [check]);
  if (paired === null) return <main className="kiosk" aria-busy="true" />;
  return paired ? <Entrance onOffline={check} /> : <Pairing onPaired={check} />;
}

function useClinicName(): string {
  const [name, setName] = useState("Vez");
  useEffect(() => {
    deviceApi.GET("/api/clinic").then(
      ({ data }) => setName(data?.name ?? "Vez"),
      () => undefined,
    );
  }, []);
  return name;
}

/** Whether the clinic wants a video in place of a photo, asked anew before each visitor. */
function useVideoAsked(resting: boolean): boolean {
  const [isAsked, setAsked] = useState(false);
  useEffect(() => {
    if (resting) void isVideoAsked().then(setAsked);
  }, [resting]);
  return isAsked;
}

/** Goes back to rest when nobody answers: at once after an answer, else after asking. */
function useIdle(step: Step, dispatch: (event: Event) => void) {
  const [asking, setAsking] = useState(false);
  const { name } = step;
  const key = name === "code" || name === "confirm" ? `${name} ${step.typed}` : name;

  useEffect(() => {
    if (name === "rest" || name === "sending" || name === "waiting") return;
    const ends = name === "answer" || name === "help" || name === "offline";
    const timer = setTimeout(
      () => {
        if (ends) dispatch({ type: "reset" });
        else setAsking(true);
      },
      ends ? ANSWER_MS : ASK_AFTER_MS,
    );
    return () => {
      clearTimeout(timer);
      setAsking(false);
    };
  }, [dispatch, key, name]);

  useEffect(() => {
    if (!asking) return;
    const timer = setTimeout(() => dispatch({ type: "reset" }), WIPE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [asking, dispatch]);

  return { asking, goOn: () => setAsking(false) };
}

interface EntranceProps {
  /** Perhaps the clinic has cut this kiosk off. */
  onOffline: () => void;
}

function Entrance({ onOffline }: EntranceProps) {
  const { t } = useTranslation("kiosk");
  const clinic = useClinicName();
  const { step, link, dispatch, picture, video, read, submit } = useCheckIn();
  const { asking, goOn } = useIdle(step, dispatch);
  const language = useLanguage();
  const resting = step.name === "rest";
  const withVideo = useVideoAsked(resting);

  useEffect(() => {
    if (resting) setLanguage("pt", { remember: false });
  }, [resting]);

  const offline = step.name === "offline";
  useEffect(() => {
    if (offline) onOffline();
  }, [offline, onOffline]);

  const atDesk = step.name === "help" || offline;
  const arrived =
    step.name === "answer" &&
    (step.checkIn.status === "arrived" || step.checkIn.status === "already_arrived");

  return (
    <div className={arrived ? "kiosk kiosk-arrived" : "kiosk"}>
      <Head name={clinic}>
        <button
          type="button"
          className="head-language"
          lang={language === "pt" ? "en" : "pt-PT"}
          onClick={() => setLanguage(currentLanguage() === "pt" ? "en" : "pt", { remember: false })}
        >
          {language === "pt" ? "English" : "Português"}
        </button>
      </Head>
      <main className="stage">
        <StepView
          step={step}
          dispatch={dispatch}
          picture={picture}
          video={withVideo ? video : null}
          read={read}
          submit={submit}
        />
      </main>
      <footer className="foot">
        {resting || arrived || atDesk ? (
          <span />
        ) : (
          <button type="button" className="link" onClick={() => dispatch({ type: "reset" })}>
            {t("back")}
          </button>
        )}
        {!atDesk && !arrived && (
          <button
            type="button"
            className="link link-help"
            onClick={() => dispatch({ type: "help" })}
          >
            {t("help")}
          </button>
        )}
        {resting && (
          <p className="foot-note" role="status">
            {t(link === "lost" ? "link_lost" : link === "stale" ? "link_stale" : "erased")}
          </p>
        )}
      </footer>
      {asking && <MoreTime onYes={goOn} onNo={() => dispatch({ type: "reset" })} />}
    </div>
  );
}

interface StepViewProps {
  step: Step;
  dispatch: (event: Event) => void;
  picture: (image: Blob) => void;
  /** Where a video is asked for in place of a photo. */
  video: ((session: string) => void) | null;
  read: (text: string) => void;
  submit: () => void;
}

function StepView({ step, dispatch, picture, video, read, submit }: StepViewProps) {
  const { t } = useTranslation("kiosk");
  const onType = useCallback(
    (character: string) => dispatch({ type: "type", character }),
    [dispatch],
  );
  const onErase = useCallback(() => dispatch({ type: "erase" }), [dispatch]);
  const onFailed = useCallback(() => dispatch({ type: "camera_failed" }), [dispatch]);

  switch (step.name) {
    case "rest":
      return <Rest dispatch={dispatch} />;
    case "camera":
      if (video) return <VideoStep onStreamed={video} dispatch={dispatch} />;
      return <CameraStep onPicture={picture} onFailed={onFailed} />;
    case "sending":
    case "waiting":
      return <Waiting way={step.way} dispatch={dispatch} />;
    case "code":
      return (
        <div className="screen screen-beside">
          <div className="say">
            <h1 className="title">{t("code_step.title")}</h1>
            <p className={step.trouble ? "lead hint trouble" : "lead hint"} role="status">
              {t(`code_step.${step.trouble ?? "text"}`)}
            </p>
            <QrReader onRead={read} />
          </div>
          <div className="act">
            <Keypad
              characters="code"
              typed={step.typed}
              length={CODE_LENGTH}
              onType={onType}
              onErase={onErase}
            />
          </div>
        </div>
      );
    case "confirm":
      return (
        <div className="screen screen-beside">
          <div className="say">
            <h1 className="title">{t("confirm_step.title")}</h1>
            <p className={step.trouble ? "lead hint trouble" : "lead hint"} role="status">
              {t(`confirm_step.${step.trouble ?? step.by}`)}
            </p>
            <button
              type="button"
              className="link other-way"
              onClick={() =>
                dispatch({
                  type: "confirm_by",
                  entry: step.by === "code" ? "birth_year" : "code",
                })
              }
            >
              {t(step.by === "code" ? "confirm_step.use_birth_year" : "confirm_step.use_code")}
            </button>
          </div>
          <div className="act">
            <Keypad
              characters={step.by === "code" ? "code" : "digits"}
              typed={step.typed}
              length={step.by === "code" ? CODE_LENGTH : YEAR_LENGTH}
              onType={onType}
              onErase={onErase}
              onSend={submit}
            />
          </div>
        </div>
      );
    case "answer":
      return <Answer by={step.by} checkIn={step.checkIn} dispatch={dispatch} />;
    case "no_camera":
    case "offline":
    case "help":
      return <Desk step={step.name} dispatch={dispatch} />;
  }
}

/** A face that is looked at for long: whoever waits may go on with the code. */
function Waiting({ way, dispatch }: { way: Way; dispatch: (event: Event) => void }) {
  const { t } = useTranslation("kiosk");
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div className="screen">
      <div className="say" role="status">
        <div className="pulse" aria-hidden="true" />
        <h1 className="title">{t("sending.title")}</h1>
        <p className="lead">{t(isLong && way === "face" ? "sending.long" : "sending.text")}</p>
      </div>
      {isLong && way === "face" && (
        <div className="act choices">
          <button
            type="button"
            className="choice choice-pine"
            onClick={() => dispatch({ type: "choose_code" })}
          >
            {t("code")}
          </button>
        </div>
      )}
    </div>
  );
}

function Rest({ dispatch }: { dispatch: (event: Event) => void }) {
  const { t } = useTranslation("kiosk");
  const hour = civilHour(serverClock.now());
  const time = hour >= 20 || hour < 6 ? "evening" : hour >= 13 ? "afternoon" : "morning";
  return (
    <div className="screen screen-beside screen-rest">
      <div className="say">
        <h1 className="greeting">{t(`greeting.${time}`)}</h1>
        <p className="lead">{t("here")}</p>
      </div>
      <div className="lens lens-resting" aria-hidden="true">
        <svg viewBox="0 0 200 200" focusable="false">
          <circle cx="100" cy="78" r="34" />
          <path d="M34 186c6-42 32-62 66-62s60 20 66 62" />
        </svg>
      </div>
      <div className="act choices">
        <button
          type="button"
          className="choice choice-pine"
          onClick={() => dispatch({ type: "choose_camera" })}
        >
          {t("face")}
          <span>{t("face_note")}</span>
        </button>
        <button
          type="button"
          className="choice choice-quiet"
          onClick={() => dispatch({ type: "choose_code" })}
        >
          {t("code")}
          <span>{t("code_note")}</span>
        </button>
      </div>
    </div>
  );
}

function Desk({
  step,
  dispatch,
}: {
  step: "no_camera" | "offline" | "help";
  dispatch: (event: Event) => void;
}) {
  const { t } = useTranslation("kiosk");
  const words = step === "help" ? "help_step" : step;
  return (
    <div className="screen" role="alert">
      <div className="say">
        <h1 className="title">{t(`${words}.title`)}</h1>
        <p className="lead">{t(`${words}.text`)}</p>
      </div>
      <div className="act choices">
        {step === "no_camera" && (
          <button
            type="button"
            className="choice choice-pine"
            onClick={() => dispatch({ type: "choose_code" })}
          >
            {t("code")}
          </button>
        )}
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

function MoreTime({ onYes, onNo }: { onYes: () => void; onNo: () => void }) {
  const { t } = useTranslation("kiosk");
  return (
    <div className="veil">
      <div className="ask" role="alertdialog" aria-labelledby="more-time" aria-modal="true">
        <h2 id="more-time" className="title">
          {t("more_time.title")}
        </h2>
        <p className="lead">{t("more_time.text")}</p>
        <div className="choices">
          <button type="button" className="choice choice-pine" onClick={onYes}>
            {t("more_time.yes")}
          </button>
          <button type="button" className="choice choice-quiet" onClick={onNo}>
            {t("more_time.no")}
          </button>
        </div>
      </div>
    </div>
  );
}
