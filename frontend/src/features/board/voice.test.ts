// @vitest-environment node
import { afterEach, describe, expect, it, vi } from "vitest";
import { portugueseVoice, screenVoice } from "./voice";

function voice(lang: string): SpeechSynthesisVoice {
  return { lang, name: lang, default: false, localService: true, voiceURI: lang };
}

describe("portugueseVoice", () => {
  it("is one from Portugal, however its language is written", () => {
    expect(portugueseVoice([voice("en-GB"), voice("pt-BR"), voice("pt-PT")])?.lang).toBe("pt-PT");
    expect(portugueseVoice([voice("pt_pt")])?.lang).toBe("pt_pt");
  });

  it("is none rather than one from Brazil", () => {
    expect(portugueseVoice([voice("pt-BR"), voice("pt"), voice("en-GB")])).toBeNull();
    expect(portugueseVoice([])).toBeNull();
  });
});

describe("screenVoice", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  function say(ticket: string): Promise<void> {
    return screenVoice((call) => `${call.ticket} ${call.room}`).prepare({ ticket, room: "3" })();
  }

  class Utterance {
    voice: SpeechSynthesisVoice | null = null;
    onend: () => void = () => undefined;
    constructor(readonly text: string) {}
  }

  function letBrowserSpeak(synthesis: object): void {
    vi.stubGlobal(
      "AudioContext",
      class {
        state = "running";
      },
    );
    vi.stubGlobal("SpeechSynthesisUtterance", Utterance);
    vi.stubGlobal("speechSynthesis", synthesis);
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 204 })));
  }

  async function saidWithoutClip(voices: string[]): Promise<string[]> {
    const said: string[] = [];
    letBrowserSpeak({
      getVoices: () => voices.map(voice),
      speak(utterance: Utterance) {
        said.push(`${utterance.voice?.lang ?? ""}: ${utterance.text}`);
        utterance.onend();
      },
    });
    await say("A012");
    return said;
  }

  it("lets the browser speak where the server has no clip", async () => {
    expect(await saidWithoutClip(["pt-BR", "pt-PT"])).toEqual(["pt-PT: A012 3"]);
  });

  it("says nothing rather than in another accent: the chime has to do", async () => {
    expect(await saidWithoutClip(["pt-BR", "en-GB"])).toEqual([]);
  });

  /** As browsers do it: one after the other, each when the one before has ended. */
  function queueOfABrowser(neverEnds: string) {
    const said: string[] = [];
    const waiting: Utterance[] = [];
    function next(): void {
      const [utterance] = waiting;
      if (!utterance) return;
      said.push(utterance.text);
      if (utterance.text === neverEnds) return;
      setTimeout(() => {
        waiting.shift();
        utterance.onend();
        next();
      }, 2000);
    }
    letBrowserSpeak({
      getVoices: () => [voice("pt-PT")],
      speak(utterance: Utterance) {
        waiting.push(utterance);
        if (waiting.length === 1) next();
      },
      cancel: () => void waiting.splice(0),
    });
    return said;
  }

  it("breaks off words that never end, so that the next call is said", async () => {
    vi.useFakeTimers();
    const said = queueOfABrowser("A012 3");

    const first = say("A012");
    await vi.advanceTimersByTimeAsync(12_000);
    await first;
    void say("A013");
    await vi.advanceTimersByTimeAsync(2000);

    expect(said).toEqual(["A012 3", "A013 3"]);
  });

  it("breaks off no words after those that ended in time", async () => {
    vi.useFakeTimers();
    const said = queueOfABrowser("none");

    void say("A012");
    await vi.advanceTimersByTimeAsync(11_000);
    void say("A013");
    void say("A014");
    await vi.advanceTimersByTimeAsync(6000);

    expect(said).toEqual(["A012 3", "A013 3", "A014 3"]);
  });
});
