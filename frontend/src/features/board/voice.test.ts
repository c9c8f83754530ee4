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
  });

  async function saidWithoutClip(voices: string[]): Promise<string[]> {
    const said: string[] = [];
    class Utterance {
      voice: SpeechSynthesisVoice | null = null;
      onend: () => void = () => undefined;
      constructor(readonly text: string) {}
    }
    vi.stubGlobal(
      "AudioContext",
      class {
        state = "running";
      },
    );
    vi.stubGlobal("SpeechSynthesisUtterance", Utterance);
    vi.stubGlobal("speechSynthesis", {
      getVoices: () => voices.map(voice),
      speak(utterance: Utterance) {
        said.push(`${utterance.voice?.lang ?? ""}: ${utterance.text}`);
        utterance.onend();
      },
    });
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(null, { status: 204 })));

    await screenVoice(({ ticket, room }) => `${ticket} ${room}`).prepare({
      ticket: "A012",
      room: "3",
    })();
    return said;
  }

  it("lets the browser speak where the server has no clip", async () => {
    expect(await saidWithoutClip(["pt-BR", "pt-PT"])).toEqual(["pt-PT: A012 3"]);
  });

  it("says nothing rather than in another accent: the chime has to do", async () => {
    expect(await saidWithoutClip(["pt-BR", "en-GB"])).toEqual([]);
  });
});
