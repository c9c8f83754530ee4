/** The words of a call: the server's clip, else the browser's own voice, else nothing. */

import { elapsed } from "@/lib/clock";
import { asking } from "@/lib/deadline";
import type { Call, Voice } from "./announcer";
import { chime, CHIME_MS, decode, getVolume, play, soundAllowed } from "@/lib/chime";

/** Whoever is called already walks: a clip that takes longer is said by the browser. */
const CLIP_MS = 5_000;
const SPEECH_AT_MOST_MS = 12_000;

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Null where there is none, or none in time. */
function fetchClip({ ticket, room }: Call): Promise<AudioBuffer | null> {
  const path = `/api/announcements/${encodeURIComponent(ticket)}/${encodeURIComponent(room)}`;
  return asking(CLIP_MS, async (signal) => {
    const answer = await fetch(path, { credentials: "same-origin", signal });
    return answer.status === 200 ? decode(await answer.arrayBuffer()) : null;
  }).catch(() => null);
}

/** A voice from Portugal. Brazil's would be another accent than everybody's in the room. */
export function portugueseVoice(
  voices: readonly SpeechSynthesisVoice[],
): SpeechSynthesisVoice | null {
  return voices.find(({ lang }) => /^pt[-_]PT$/i.test(lang)) ?? null;
}

/** Says it and resolves at its end. What never ends is broken off: all that follows waits behind it. */
function speak(text: string): Promise<void> {
  return new Promise((done) => {
    const voice =
      typeof speechSynthesis === "undefined" ? null : portugueseVoice(speechSynthesis.getVoices());
    if (!voice) {
      done();
      return;
    }
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = voice;
    utterance.lang = "pt-PT";
    utterance.volume = getVolume();
    const timer = setTimeout(() => {
      speechSynthesis.cancel();
      done();
    }, SPEECH_AT_MOST_MS);
    utterance.onend = utterance.onerror = () => {
      clearTimeout(timer);
      done();
    };
    speechSynthesis.speak(utterance);
  });
}

/** The display's voice; `words` is what the browser says where there is no clip. */
export function screenVoice(words: (call: Call) => string): Voice {
  // Voices load when they are first asked for, and late.
  if (typeof speechSynthesis !== "undefined") speechSynthesis.getVoices();
  return {
    now: elapsed,
    pause,
    chime() {
      chime();
      return pause(CHIME_MS);
    },
    prepare(call) {
      const clip = fetchClip(call);
      return async () => {
        const sound = await clip;
        if (!soundAllowed()) return;
        await (sound ? play(sound) : speak(words(call)));
      };
    },
  };
}
