import { describe, expect, it } from "vitest";
import { portugueseVoice } from "./voice";

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
