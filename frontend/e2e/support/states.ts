import type { Page } from "@playwright/test";
import {
  LINK_PATH,
  payment,
  PAY_PATH,
  readLinkAgain,
  showCheckout,
  showFace,
  showKeptDetails,
  showLinkedVisit,
  showVisit,
  VISIT_PATH,
} from "./bodies";
import { missingCamera, paintedCamera } from "./kiosk-stage";
import { chooseFirstTime, chooseTreatment, login } from "./patient";
import type { Who } from "./pages";

export interface Walk {
  name: string;
  who: Who;
  language?: "en";
  /** Wide enough for what staff use; a phone's otherwise. */
  isWide?: boolean;
  path: string;
  prepare?: (page: Page) => Promise<void>;
  /** What there is to look at, one after the other on the same page. */
  steps: readonly (readonly [name: string, act?: (page: Page) => Promise<unknown>])[];
}

const press = (name: string | RegExp) => (page: Page) =>
  page
    .getByRole("button", { name, exact: typeof name === "string" })
    .first()
    .click();
const inDialog = (name: string) => (page: Page) =>
  page.locator("[role=dialog], [role=alertdialog]").getByRole("button", { name }).click();
const choose = (text: string) => (page: Page) => page.getByText(text, { exact: true }).click();
const close = (page: Page) => page.keyboard.press("Escape");

const person = "section article button";

/** States and dialogs that no first look at a page shows. */
export const WALKS: readonly Walk[] = [
  {
    name: "booking with a time",
    who: "visitor",
    path: "/",
    steps: [
      ["days and times", (page) => chooseTreatment(page, "Massagem")],
      ["the choice", (page) => chooseFirstTime(page, "Massagem")],
    ],
  },
  {
    name: "login refused",
    who: "visitor",
    path: "/entrar",
    steps: [["refused", (page) => login(page, "ninguem", "andorinha-0000-moinho")]],
  },
  {
    name: "registration with errors",
    who: "visitor",
    path: "/registar",
    steps: [["errors", press("Criar conta")]],
  },
  { name: "dead payment link", who: "visitor", path: "/pay/nada", steps: [["gone"]] },
  {
    name: "paying",
    who: "patient",
    path: PAY_PATH,
    prepare: (page) => showCheckout(page, {}),
    steps: [
      ["MB WAY"],
      [
        "wrong phone",
        async (page) => {
          await page.getByLabel("Telemóvel do MB WAY").fill("212345678");
          await press(/^Pagar/)(page);
        },
      ],
      ["Multibanco", choose("Multibanco")],
      [
        "wrong NIF",
        async (page) => {
          await press("Alterar")(page);
          await choose("Com NIF")(page);
          await page.getByLabel("NIF", { exact: true }).fill("501964842");
        },
      ],
    ],
  },
  {
    name: "Multibanco reference",
    who: "patient",
    path: PAY_PATH,
    prepare: (page) => showCheckout(page, { payment: payment({}) }),
    steps: [["reference"]],
  },
  {
    name: "MB WAY refused",
    who: "patient",
    path: PAY_PATH,
    prepare: (page) =>
      showCheckout(page, {
        payment: payment({ method: "mb_way", status: "refused", phone: "+351912000100" }),
      }),
    steps: [["refused"]],
  },
  {
    name: "receipt",
    who: "patient",
    path: PAY_PATH,
    prepare: (page) =>
      showCheckout(page, {
        status: "booked",
        hold_expires_at: null,
        payment: payment({ status: "paid" }),
      }),
    steps: [["receipt"]],
  },
  {
    name: "visit before the day",
    who: "patient",
    path: VISIT_PATH,
    prepare: (page) => showVisit(page, {}),
    steps: [
      ["code"],
      ["name on the screen", press("Alterar o nome no ecrã")],
      [
        "cancelling",
        async (page) => {
          await close(page);
          await press("Cancelar consulta")(page);
        },
      ],
    ],
  },
  {
    name: "visit while waiting",
    who: "patient",
    path: VISIT_PATH,
    prepare: (page) => showVisit(page, { status: "arrived" }, {}),
    steps: [["waiting"]],
  },
  {
    name: "visit at the call",
    who: "patient",
    path: VISIT_PATH,
    prepare: (page) => showVisit(page, { status: "called" }, { status: "called", call_number: 2 }),
    steps: [["called"], ["called, on another page", (page) => page.getByRole("link").click()]],
  },
  {
    name: "visit by its link",
    who: "visitor",
    path: LINK_PATH,
    prepare: (page) => showLinkedVisit(page, { status: "booked" }),
    steps: [
      ["code"],
      [
        "waiting, no connection",
        async (page) => {
          await readLinkAgain(page, {});
          await page.getByText("Senha").waitFor();
          await readLinkAgain(page, null);
          await page.getByText(/^Sem ligação/).waitFor();
        },
      ],
      ["called", (page) => readLinkAgain(page, { status: "called", call_number: 2 })],
      ["over", (page) => readLinkAgain(page, 410)],
    ],
  },
  { name: "my details", who: "patient", path: "/eu/dados", steps: [["form"]] },
  { name: "my name on the screens", who: "patient", path: "/eu/ecras", steps: [["choice"]] },
  { name: "who looked", who: "patient", path: "/eu/acessos", steps: [["list"]] },
  ...(["pt", "en"] as const).map((language) => ({
    name: `face by the camera, in ${language}`,
    who: "patient" as const,
    ...(language === "en" ? { language } : {}),
    path: "/eu/rosto",
    prepare: async (page: Page) => {
      await page.addInitScript(paintedCamera);
      await showFace(page, {});
    },
    steps: [
      [
        "the first pose",
        async (page: Page) => {
          await press(/Tirar com a câmara|Use the camera/)(page);
          await page.locator("video").waitFor();
          await press(/Tirar fotografia|Take a photo/)(page);
          await page.getByText(/sua esquerda|your left/).waitFor();
        },
      ],
      ["one photo", press(/Fechar câmara|Close the camera/)],
    ] as Walk["steps"],
  })),
  {
    name: "face without a camera",
    who: "patient",
    path: "/eu/rosto",
    prepare: async (page) => {
      await page.addInitScript(missingCamera);
      await showFace(page, {});
    },
    steps: [
      [
        "files instead",
        async (page) => {
          await press("Tirar com a câmara")(page);
          await page.getByText("Não encontrámos uma câmara livre.").waitFor();
        },
      ],
    ],
  },
  {
    name: "invoice details",
    who: "patient",
    path: "/eu/fatura",
    prepare: showKeptDetails,
    steps: [["kept"], ["erasing", press("Apagar estes dados")]],
  },
  {
    name: "face photos refused",
    who: "patient",
    path: "/eu/rosto",
    prepare: (page) =>
      showFace(page, { status: "failed", reasons: [{ photo: 1, code: "too_dark" }] }),
    steps: [["reasons"]],
  },
  {
    name: "face active",
    who: "patient",
    path: "/eu/rosto",
    prepare: (page) => showFace(page, { status: "enrolled" }),
    steps: [["active"], ["erasing", press("Desistir e apagar tudo")]],
  },
  {
    name: "English: booking",
    who: "visitor",
    language: "en",
    path: "/?tipo=massage",
    steps: [["times"]],
  },
  {
    name: "English: paying",
    who: "visitor",
    language: "en",
    path: PAY_PATH,
    prepare: (page) => showCheckout(page, { payment: payment({}) }),
    steps: [["reference"]],
  },
  {
    name: "staff dialogs",
    who: "reception",
    isWide: true,
    path: "/staff",
    steps: [
      ["appointment", (page) => page.locator(person).first().click()],
      [
        "keys",
        async (page) => {
          await close(page);
          await page.keyboard.press("?");
        },
      ],
      [
        "walk-in with gaps",
        async (page) => {
          await close(page);
          await page.keyboard.press("n");
          await inDialog("Dar senha")(page);
        },
      ],
      [
        "search for a patient",
        async (page) => {
          await inDialog("Cancelar")(page);
          await press("Marcar")(page);
          await page.getByLabel("Nome ou telemóvel").fill("so");
          await page.getByRole("dialog").getByRole("radiogroup").nth(1).waitFor();
        },
      ],
    ],
  },
  {
    name: "staff on a phone",
    who: "reception",
    path: "/staff",
    steps: [
      ["one column"],
      [
        "asking before a no-show",
        async (page) => {
          await page.locator("section li button").first().click();
          await inDialog("Não veio")(page);
        },
      ],
    ],
  },
  {
    name: "staff connecting a screen",
    who: "reception",
    isWide: true,
    path: "/staff/ecras",
    steps: [["kind and name", press("Ligar um ecrã")]],
  },
  {
    name: "English: staff",
    who: "reception",
    isWide: true,
    language: "en",
    path: "/staff",
    steps: [["day"]],
  },
  {
    name: "cash machine that refuses",
    who: "visitor",
    isWide: true,
    path: "/sandbox",
    steps: [["gaps", press("Confirmar")]],
  },
];
