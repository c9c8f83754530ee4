import { expect } from "@playwright/test";
import type { StagedKiosk } from "./kiosk-stage";

export interface KioskScene {
  name: string;
  /** A kiosk without a camera. */
  blind?: boolean;
  /** Words by which the scene is known to be the right one. */
  says?: { pt: string; en: string };
  play: (kiosk: StagedKiosk) => Promise<void>;
}

const ARRIVED = {
  label: "João M.",
  ticket: "A014",
  room: "3",
  wait: { low_minutes: 5, high_minutes: 15, estimate_minutes: 9 },
};

const LONG = {
  label: "Maria da Conceição Vasconcelos e Sousa de Albuquerque",
  ticket: "A016",
  room: "Sala de Hidroterapia",
  wait: { low_minutes: 0, high_minutes: 4, estimate_minutes: 2 },
};

const confirming = async (kiosk: StagedKiosk) => {
  await kiosk.answers("confirm").byFace();
  await kiosk.page.locator(".keypad").waitFor();
};

/** What somebody in front of the kiosk may come upon, each once, from the kiosk at rest. */
export const KIOSK_SCENES: readonly KioskScene[] = [
  { name: "rest", play: () => Promise.resolve() },
  {
    name: "camera",
    play: async (kiosk) => {
      await kiosk.chooseFace();
      await expect(kiosk.page.locator(".lens.counting")).toBeVisible();
    },
  },
  {
    name: "no-camera",
    says: { pt: "A câmara não está", en: "The camera isn" },
    blind: true,
    play: (kiosk) => kiosk.chooseFace(),
  },
  { name: "code", play: (kiosk) => kiosk.chooseCode() },
  {
    name: "code-typed",
    play: async (kiosk) => {
      await kiosk.chooseCode();
      await kiosk.page.keyboard.type("K7M2P");
    },
  },
  { name: "waiting", play: (kiosk) => kiosk.answers("processing").byCode() },
  {
    name: "arrived",
    says: { pt: "Chegada registada", en: "You are checked in" },
    play: (kiosk) => kiosk.answers("arrived", ARRIVED).byCode(),
  },
  {
    name: "arrived-long",
    says: { pt: "Maria da Conceição", en: "Maria da Concei\u00e7\u00e3o" },
    play: (kiosk) => kiosk.answers("arrived", LONG).byCode(),
  },
  {
    name: "arrived-ticket",
    says: { pt: "Chegada registada", en: "You are checked in" },
    play: (kiosk) =>
      kiosk.answers("arrived", { ...ARRIVED, label: "A014", wait: null, room: "Ginásio" }).byCode(),
  },
  {
    name: "already-arrived",
    says: { pt: "Já tínhamos registado", en: "You were checked in already" },
    play: (kiosk) => kiosk.answers("already_arrived", ARRIVED).byFace(),
  },
  {
    name: "wrong-code",
    says: { pt: "O código não está certo.", en: "That code isn't right." },
    play: (kiosk) => kiosk.answers("not_recognised").byCode(),
  },
  {
    name: "old-code",
    says: { pt: "Este código já não serve", en: "This code is no longer valid" },
    play: (kiosk) => kiosk.answers("no_appointment").byCode(),
  },
  {
    name: "too-early",
    says: { pt: "Ainda é cedo", en: "It is still early" },
    play: (kiosk) => kiosk.answers("too_early").byCode(),
  },
  {
    name: "throttled",
    says: { pt: "Demasiadas tentativas", en: "Too many attempts" },
    play: (kiosk) => kiosk.refuses(429, "throttled").byCode(),
  },
  {
    name: "offline",
    says: { pt: "Sem ligação", en: "No connection" },
    play: (kiosk) => kiosk.losesTheNetwork().byCode(),
  },
  {
    name: "not-recognised",
    says: { pt: "Não o reconhecemos", en: "We didn't recognise you" },
    play: (kiosk) => kiosk.answers("not_recognised").byFace(),
  },
  {
    name: "no-appointment",
    says: { pt: "Não encontrámos consulta", en: "We found no appointment" },
    play: (kiosk) => kiosk.answers("no_appointment").byFace(),
  },
  {
    name: "no-face",
    says: { pt: "Não vimos um rosto", en: "We saw no face" },
    play: (kiosk) => kiosk.answers("no_face").byFace(),
  },
  {
    name: "multiple-faces",
    says: { pt: "Há mais de uma pessoa", en: "There is more than one person" },
    play: (kiosk) => kiosk.answers("multiple_faces").byFace(),
  },
  {
    name: "poor-image",
    says: { pt: "A imagem não ficou nítida", en: "The picture isn't clear" },
    play: (kiosk) => kiosk.answers("poor_image").byFace(),
  },
  {
    name: "unavailable",
    says: { pt: "não está disponível", en: "isn't available" },
    play: (kiosk) => kiosk.answers("unavailable").byFace(),
  },
  {
    name: "confirm-year",
    says: { pt: "Em que ano nasceu?", en: "In which year were you born?" },
    play: confirming,
  },
  {
    name: "confirm-code",
    says: { pt: "Prefiro dizer o ano", en: "I'd rather give the year" },
    play: async (kiosk) => {
      await confirming(kiosk);
      await kiosk.page.locator(".say .link").click();
    },
  },
  {
    name: "confirm-wrong",
    says: { pt: "Não corresponde.", en: "That doesn't match." },
    play: async (kiosk) => {
      await confirming(kiosk);
      await kiosk.refuses(409, "confirmation_failed").send("1984");
    },
  },
  {
    name: "not-confirmed",
    says: { pt: "Não conseguimos confirmar", en: "We couldn't confirm" },
    play: async (kiosk) => {
      await confirming(kiosk);
      await kiosk.answers("not_recognised").send("1984");
    },
  },
  {
    name: "help",
    says: { pt: "Fale connosco", en: "Talk to us" },
    play: (kiosk) => kiosk.page.locator(".link-help").click(),
  },
  {
    name: "more-time",
    says: { pt: "Precisa de mais tempo?", en: "Do you need more time?" },
    play: async (kiosk) => {
      await kiosk.chooseCode();
      await kiosk.page.keyboard.type("K7");
      await kiosk.leaveAlone(46);
    },
  },
];
