import { useCallback, useEffect, useReducer, useRef } from "react";
import { openLive, type Frame } from "@/lib/live";
import type { CheckIn, CheckInFrame } from "@/lib/api/types";
import { confirmCheckIn, readCheckIn, refusalOf, sendCode, sendPicture } from "./api";
import { asked, isComplete, next, REST, type Event, type Step } from "./machine";

const POLL_MS = 1000;
const GIVE_UP_MS = 25_000;

export interface CheckInFlow {
  step: Step;
  dispatch: (event: Event) => void;
  /** Sends the picture that the camera took. */
  picture: (image: Blob) => void;
  /** Sends what was typed, once it is complete. */
  submit: () => void;
}

/** Drives the machine: sends each step once, and listens for the decision by socket and by HTTP. */
export function useCheckIn(): CheckInFlow {
  const [step, dispatch] = useReducer(next, REST);
  const attempts = useRef(0);
  const busy = useRef<number | null>(null);

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

  const submit = useCallback(() => {
    if (!isComplete(step)) return;
    if (step.name === "code") {
      const { typed } = step;
      send(() => sendCode(typed));
    } else if (step.name === "confirm") {
      const { id, by, typed } = step;
      once(id, async () => ({ type: "decided", checkIn: await confirmCheckIn(id, by, typed) }));
    }
  }, [once, send, step]);

  useEffect(() => {
    busy.current = null;
  }, [step.name]);

  useEffect(() => {
    const connection = openLive<Frame>({
      path: "/ws/kiosk",
      onFrame(frame) {
        if (frame.type === "check_in") {
          dispatch({ type: "decided", checkIn: frame as CheckInFrame });
        }
      },
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

  return { step, dispatch, picture, submit };
}
