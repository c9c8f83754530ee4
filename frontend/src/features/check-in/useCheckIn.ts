import { useCallback, useEffect, useReducer, useRef } from "react";
import { openLive, type Frame } from "@/lib/live";
import type { CheckInFrame } from "@/lib/api/types";
import { confirmCheckIn, readCheckIn, sendCode, sendPicture, troubleOf } from "./api";
import { isComplete, next, REST, type Event, type Step } from "./machine";

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
  const busy = useRef(false);

  const once = useCallback((work: () => Promise<Event>) => {
    if (busy.current) return;
    busy.current = true;
    work()
      .then(dispatch, (error: unknown) => dispatch({ type: "refused", trouble: troubleOf(error) }))
      .finally(() => {
        busy.current = false;
      });
  }, []);

  const picture = useCallback(
    (image: Blob) => {
      dispatch({ type: "send" });
      once(async () => ({ type: "accepted", checkIn: await sendPicture(image) }));
    },
    [once],
  );

  const submit = useCallback(() => {
    if (!isComplete(step)) return;
    if (step.name === "code") {
      const { typed } = step;
      dispatch({ type: "send" });
      once(async () => ({ type: "accepted", checkIn: await sendCode(typed) }));
    } else if (step.name === "confirm") {
      const { id, by, typed } = step;
      once(async () => ({ type: "decided", checkIn: await confirmCheckIn(id, by, typed) }));
    }
  }, [once, step]);

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

  const waitingFor = step.name === "waiting" ? step.id : null;
  useEffect(() => {
    if (!waitingFor) return;
    const started = Date.now();
    const timer = setInterval(() => {
      if (Date.now() - started > GIVE_UP_MS) {
        dispatch({ type: "refused", trouble: "offline" });
        return;
      }
      readCheckIn(waitingFor).then(
        (checkIn) => dispatch({ type: "decided", checkIn }),
        () => undefined,
      );
    }, POLL_MS);
    return () => clearInterval(timer);
  }, [waitingFor]);

  return { step, dispatch, picture, submit };
}
