import { useCallback, useEffect, useReducer, useRef, useState } from "react";
import { openLive, type LiveState } from "@/lib/live";
import type { CheckIn } from "@/lib/api/types";
import { confirmCheckIn, readCheckIn, refusalOf, sendCode, sendPicture, sendVideo } from "./api";
import { asked, isComplete, next, REST, type Event, type Step } from "./machine";

const POLL_MS = 1000;
const GIVE_UP_MS = 25_000;

export interface CheckInFlow {
  step: Step;
  link: LiveState;
  dispatch: (event: Event) => void;
  /** Sends the picture that the camera took. */
  picture: (image: Blob) => void;
  /** Checks in with the session whose video was streamed. */
  video: (session: string) => void;
  /** Takes what a QR says that the camera sees. */
  read: (text: string) => void;
  /** Sends the second factor, once it is complete. A code goes by itself. */
  submit: () => void;
}

/** Drives the machine: sends each step once, and listens for the decision by socket and by HTTP. */
export function useCheckIn(): CheckInFlow {
  const [step, dispatch] = useReducer(next, REST);
  const [link, setLink] = useState<LiveState>("connecting");
  const attempts = useRef(0);
  const busy = useRef<number | null>(null);
  const lastRead = useRef("");

  /** One request at a time within a step, however fast somebody presses. */
  const once = useCallback((of: number | string, work: () => Promise<Event>) => {
    if (busy.current !== null) return;
    const mine = (attempts.current += 1);
    busy.current = mine;
    work()
      .then(dispatch, (error: unknown) =>
        dispatch({ type: "refused", of, trouble: refusalOf(error) }),
      )
      .finally(() => {
        if (busy.current === mine) busy.current = null;
      });
  }, []);

  const send = useCallback(
    (work: () => Promise<CheckIn>) => {
      const attempt = attempts.current + 1;
      once(attempt, () => {
        dispatch({ type: "send", attempt });
        return work().then((checkIn) => ({ type: "accepted", of: attempt, checkIn }));
      });
    },
    [once],
  );

  const picture = useCallback((image: Blob) => send(() => sendPicture(image)), [send]);

  const video = useCallback((session: string) => send(() => sendVideo(session)), [send]);

  const submit = useCallback(() => {
    if (step.name !== "confirm" || !isComplete(step)) return;
    const { id, by, typed } = step;
    once(id, async () => ({ type: "decided", checkIn: await confirmCheckIn(id, by, typed) }));
  }, [once, step]);

  /** Once for each QR until the kiosk rests: one that is refused stays before the camera. */
  const read = useCallback((text: string) => {
    if (text === lastRead.current) return;
    lastRead.current = text;
    dispatch({ type: "read", text });
  }, []);

  useEffect(() => {
    busy.current = null;
    if (step.name === "rest") lastRead.current = "";
  }, [step.name]);

  const code = step.name === "code" && isComplete(step) ? step.typed : null;
  useEffect(() => {
    if (code !== null) send(() => sendCode(code));
  }, [code, send]);

  useEffect(() => {
    const connection = openLive({
      path: "/ws/kiosk",
      onFrame(frame) {
        if (frame.type === "check_in") {
          dispatch({ type: "decided", checkIn: frame });
        }
      },
      onState: setLink,
    });
    return () => connection.close();
  }, []);

  const answerTo = step.name === "sending" || step.name === "waiting" ? asked(step) : null;
  useEffect(() => {
    if (answerTo === null) return;
    const timer = setTimeout(
      () => dispatch({ type: "refused", of: answerTo, trouble: "offline" }),
      GIVE_UP_MS,
    );
    return () => clearTimeout(timer);
  }, [answerTo]);

  const waitingFor = step.name === "waiting" ? step.id : null;
  useEffect(() => {
    if (!waitingFor) return;
    const read = () => {
      readCheckIn(waitingFor).then(
        (checkIn) => dispatch({ type: "decided", checkIn }),
        () => undefined,
      );
    };
    // At once, because the frame of a fast decision came before the id was known.
    read();
    const timer = setInterval(read, POLL_MS);
    return () => clearInterval(timer);
  }, [waitingFor]);

  return { step, link, dispatch, picture, video, read, submit };
}
