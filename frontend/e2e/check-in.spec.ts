import type { BrowserContext, Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import type { Face } from "../src/lib/api/types";
import { registerByApi, send as post } from "./support/api";
import { FilmedBrowser } from "./support/camera";
import {
  closeFaceStore,
  holdFaceWorker,
  loseStoredFaces,
  storedFaces,
} from "./support/face-worker";
import { Desk } from "./support/kiosk-desk";
import { contextOf } from "./support/pages";
import { login } from "./support/patient";
import { newPerson, type Person } from "./support/people";
import { baseUrl, CLINIC_ZONE, picture } from "./support/settings";
import { UPRIGHT } from "./support/screens";
import { expect, test } from "./support/test";

const PHONE = { width: 390, height: 844 };
const LOOKS = 8;
/** As long as the kiosk waits for a better picture. */
const LOOKS_IN_VAIN = 18;
/** As long as somebody who stands there would call it at once. */
const AT_ONCE_MS = 4000;

/** Registers somebody at a phone of their own; gives their id. */
async function arriveWithPhone(context: BrowserContext, person: Person): Promise<string> {
  await registerByApi(context.request, person);
  const me = (await (await context.request.get(`${baseUrl()}/api/auth/me`)).json()) as {
    id: string;
  };
  return me.id;
}

/** An unsafe request that no page has a button for here. */
async function withToken(context: BrowserContext) {
  const answer = await context.request.get(`${baseUrl()}/api/auth/csrf`);
  const { csrf_token } = (await answer.json()) as { csrf_token: string };
  return { "X-CSRFToken": csrf_token, Origin: baseUrl() };
}

/** Enrols the same face as the camera shows, for somebody else. */
async function enrolByApi(context: BrowserContext): Promise<void> {
  const form = new FormData();
  for (const number of [1, 2, 3]) {
    const photo = readFileSync(picture(`person/enrol-${number}.jpg`));
    form.append("images", new File([photo], "photo.jpg", { type: "image/jpeg" }));
  }
  form.append("consent", "true");
  const headers = await withToken(context);
  const sent = await context.request.put(`${baseUrl()}/api/me/face`, { multipart: form, headers });
  expect(sent.status()).toBe(202);
  await expect
    .poll(async () => {
      const answer = await context.request.get(`${baseUrl()}/api/me/face`);
      return ((await answer.json()) as Face).status;
    })
    .toBe("enrolled");
}

/** The page's camera on, its shutter focused as for somebody who uses the keyboard. */
async function expectReady(page: Page): Promise<void> {
  await expect(page.getByRole("button", { name: "Tirar fotografia", exact: true })).toBeFocused();
}

test("a face is learnt pose by pose, met with every answer, and forgotten", async ({
  browser,
  watch,
}) => {
  test.setTimeout(180_000);
  const person = newPerson();
  const twin = newPerson();
  twin.birthDate = { ...twin.birthDate, year: "1990" };
  const filmed = await FilmedBrowser.start("enrol-1.mjpeg");
  const settings = { baseURL: baseUrl(), locale: "pt-PT", timezoneId: CLINIC_ZONE };
  const phone = await filmed.browser.newContext({
    ...settings,
    viewport: PHONE,
    permissions: ["camera"],
  });
  const twinPhone = await browser.newContext({ ...settings, viewport: PHONE });
  const entrance = await contextOf(filmed.browser, "kiosk", { permissions: ["camera"] });
  [phone, entrance].forEach((context) => watch.over(context));
  const page = await phone.newPage();
  const kiosk = await entrance.newPage();
  const desk = await Desk.open(browser);

  const id = await arriveWithPhone(phone, person);
  const twinId = await arriveWithPhone(twinPhone, twin);
  await enrolByApi(twinPhone);

  async function goOnWith(film: string): Promise<void> {
    await page.getByRole("button", { name: "Fechar câmara" }).click();
    filmed.shows(film);
    await page.getByRole("button", { name: "Continuar com a câmara" }).click();
    await expectReady(page);
  }

  await test.step("the camera asks for three poses, and says before that it is dark", async () => {
    await page.goto("/eu/rosto");
    await login(page, person.username, person.password);
    await expect(page.getByText("Faltam 3 fotografias.")).toBeVisible();
    await page.getByRole("button", { name: "Tirar com a câmara" }).click();
    await expect(page.getByText("Olhe em frente")).toBeVisible();
    await expectReady(page);
    await page.keyboard.press("Enter");
    await expect(page.getByText("Vire um pouco a cabeça para a sua esquerda")).toBeVisible();

    await goOnWith("dark.mjpeg");
    await expect(page.getByText("Está escuro: vire-se para a luz")).toBeVisible();
    await page.keyboard.press("Enter");
    await expect(page.getByText("Vire um pouco a cabeça para a sua direita")).toBeVisible();

    await goOnWith("enrol-3.mjpeg");
    await page.keyboard.press("Enter");
    await expect(page.getByText("3 de 3")).toBeVisible();
    await expect(page.locator("video")).toHaveCount(0);
  });

  const send = page.getByRole("button", { name: "Enviar e ativar" });
  await test.step("what the clinic refuses is said at once, and only that is taken again", async () => {
    await page.getByText("Li e autorizo.").click();
    await send.click();
    await expect(page.getByText("Fotografia 2: está escura.")).toBeVisible();
    await expect(page.locator(":focus")).toContainText("Há fotografias que não servem");
    await expect(page.getByText("não serviu")).toHaveCount(1);
    await expect(send).toBeDisabled();

    filmed.shows("enrol-2.mjpeg");
    await page.getByRole("button", { name: "Repetir fotografia 2, à esquerda" }).click();
    await expectReady(page);
    await page.keyboard.press("Enter");
    await expect(page.getByText("não serviu")).toHaveCount(0);
    await send.click();
    await expect(page.getByText("A chegada com o rosto está ativa")).toBeVisible();
  });

  await kiosk.setViewportSize(UPRIGHT);
  await kiosk.clock.install();

  async function showKiosk(film: string, looks = LOOKS): Promise<void> {
    filmed.shows(film);
    await kiosk.goto("/kiosk");
    await kiosk.getByRole("button", { name: /Reconhecer-me/ }).click();
    await expect(kiosk.locator(".lens.counting")).toBeVisible();
    for (let look = 0; look < looks; look += 1) await kiosk.clock.runFor(300);
  }
  const says = (words: string) => expect(kiosk.getByText(words)).toBeVisible();
  const offersCode = () =>
    expect(kiosk.getByRole("button", { name: "Tenho um código" })).toBeVisible();

  async function sayBirthYear(): Promise<void> {
    await says("Em que ano nasceu?");
    await expect(kiosk.getByText(person.label)).toHaveCount(0);
    await kiosk.keyboard.type(person.birthDate.year);
    await kiosk.getByRole("button", { name: "Continuar" }).click();
  }

  /** Nobody touches the screen any more: what it showed and filmed must be gone. */
  async function expectWiped(afterSeconds: number[], ...shown: string[]): Promise<void> {
    for (const text of shown) expect(await kiosk.content()).toContain(text);
    for (const seconds of afterSeconds) await kiosk.clock.fastForward(seconds * 1000);
    const rest = kiosk.getByRole("button", { name: /Reconhecer-me/ });
    await expect(rest).toBeVisible({ timeout: AT_ONCE_MS });
    for (const text of shown) expect(await kiosk.content()).not.toContain(text);
    await expect(kiosk.locator("video, canvas, img")).toHaveCount(0);
  }

  const tomorrow = await desk.book(person, "tomorrow", { patient: id });
  const treated = await desk.book(person, "today", { patient: id });
  await test.step("a visit of tomorrow, over, cancelled or unpaid: nobody is looked for", async () => {
    await desk.treat(treated.id);
    const cancelled = await desk.book(person, "today", { patient: id });
    await desk.cancel(cancelled.id);
    const [start] = (await desk.freeTimes("today")).slice(-1);
    const held = await post(phone.request, "/api/appointments", { specialty: "massage", start });
    const unpaid = (await held.json()) as { id: string; status: string };
    expect(unpaid.status).toBe("pending");
    await showKiosk("person.mjpeg");
    await says("Não o reconhecemos");
    await offersCode();
    await desk.cancel(unpaid.id);
  });

  const first = await desk.book(person, "today", { patient: id });
  const twinVisit = await desk.book(twin, "today", { patient: twinId });

  await test.step("a picture that can't be used says why", async () => {
    await showKiosk("blank.mjpeg", LOOKS_IN_VAIN);
    await says("Não vimos um rosto");
    await showKiosk("two-people.mjpeg");
    await says("Há mais de uma pessoa");
    await showKiosk("dark.mjpeg", 3);
    await says("Está escuro: vire-se para a luz");
    for (let look = 3; look < LOOKS_IN_VAIN; look += 1) await kiosk.clock.runFor(300);
    await says("A imagem não ficou nítida");
    await says("Ficou escura. Vire-se para a luz.");
  });

  await test.step("what happens to a visit while the kiosk asks for the year counts", async () => {
    await showKiosk("person.mjpeg");
    await says("Em que ano nasceu?");
    await desk.cancel(first.id);
    await sayBirthYear();
    await says("Não encontrámos consulta para hoje");
  });

  const visit = await desk.book(person, "today", { patient: id });
  const moveTo = async (start: string | undefined) => {
    const moved = await post(phone.request, `/api/appointments/${visit.id}/reschedule`, { start });
    expect(moved.status(), await moved.text()).toBe(200);
  };
  await test.step("and of one that was moved to tomorrow meanwhile it is early", async () => {
    await showKiosk("person.mjpeg");
    await says("Em que ano nasceu?");
    await moveTo((await desk.freeTimes("tomorrow"))[0]);
    await sayBirthYear();
    await says("Ainda é cedo");
    await moveTo((await desk.freeTimes("today")).at(-1));
  });

  await test.step("of two with one face nobody is named before the birth year", async () => {
    await showKiosk("person.mjpeg");
    await sayBirthYear();
    await says("Chegada registada");
    await expect(kiosk.getByRole("heading", { level: 1 })).toHaveText(person.label);
    await expectWiped([15], person.label);
  });

  await test.step("who comes a second time has arrived already", async () => {
    const headers = await withToken(twinPhone);
    const withdrawn = await twinPhone.request.delete(`${baseUrl()}/api/me/face`, { headers });
    expect(withdrawn.status()).toBe(204);
    await showKiosk("person.mjpeg");
    await says("Já tínhamos registado a sua chegada");
  });

  await test.step("while the answer is slow the code is offered, and when it fails too", async () => {
    const goOn = holdFaceWorker();
    try {
      const taken = kiosk.waitForResponse("**/api/check-ins");
      await showKiosk("person.mjpeg");
      await taken;
      await says("Um momento…");
      await kiosk.clock.runFor(2600);
      await offersCode();
      expect(loseStoredFaces()).toBe(1);
    } finally {
      goOn();
    }
    const began = Date.now();
    await says("O reconhecimento não está disponível");
    expect(Date.now() - began).toBeLessThan(AT_ONCE_MS);
    await offersCode();
  });

  await test.step("while no picture can be stored the code is offered at once", async () => {
    const open = closeFaceStore();
    try {
      const refused = kiosk.waitForResponse("**/api/check-ins");
      await showKiosk("person.mjpeg");
      const began = Date.now();
      await says("O reconhecimento não está disponível");
      expect(Date.now() - began).toBeLessThan(AT_ONCE_MS);
      watch.forgive(`503 ${(await refused).url()}`);
    } finally {
      open();
    }
    await kiosk.getByRole("button", { name: "Tenho um código" }).click();
    await says("Escreva o código do SMS");
  });

  await test.step("the QR behind the SMS's link is enough, and its picture stays at the kiosk", async () => {
    const twinPage = await twinPhone.newPage();
    await twinPage.goto(twinVisit.link);
    const qr = twinPage.getByRole("img", { name: "QR com o código de chegada" });
    await expect(qr).toBeVisible();
    await filmed.showsPhone(qr);
    await kiosk.goto("/kiosk");
    const sent: string[] = [];
    kiosk.on("request", (request) => {
      const { pathname } = new URL(request.url());
      const type = request.headers()["content-type"];
      if (request.method() !== "GET") sent.push(`${pathname} ${type}`);
    });
    await kiosk.getByRole("button", { name: /Tenho um código/ }).click();
    await says("Ou mostre aqui o QR");
    await expect(async () => {
      await kiosk.clock.runFor(300);
      await expect(kiosk.locator(".keypad")).toBeHidden({ timeout: 100 });
    }).toPass({ intervals: [20] });
    await says("Chegada registada");
    expect(sent).toEqual(["/api/check-ins application/json"]);
    await expect(kiosk.getByRole("heading", { level: 1 })).toHaveText(twin.label);
    await expectWiped([15], twin.label);
  });

  await test.step("after the withdrawal nobody is recognised", async () => {
    await page.getByRole("button", { name: "Desistir e apagar tudo" }).click();
    await page.getByRole("alertdialog").getByRole("button").last().click();
    await expect(page.getByRole("button", { name: "Tirar com a câmara" })).toBeVisible();
    await expect(page.getByRole("img", { name: /Fotografia/ })).toHaveCount(0);
    await showKiosk("person.mjpeg");
    await says("Não o reconhecemos");
    expect(storedFaces()).toEqual([]);
  });

  await test.step("the codes of a cancelled visit, of one that is over, and, once here today, of tomorrow's", async () => {
    await kiosk.goto("/kiosk");
    await kiosk.getByRole("button", { name: /Tenho um código/ }).click();
    for (const { code } of [first, treated]) {
      await kiosk.keyboard.type(code);
      await says("Este código já não serve");
      await kiosk.getByRole("button", { name: "Usar outro código" }).click();
    }
    await kiosk.keyboard.type(tomorrow.code);
    await says("Já tínhamos registado a sua chegada");
  });

  await test.step("a code that was left half typed is gone with its picture", async () => {
    await kiosk.goto("/kiosk");
    await kiosk.getByRole("button", { name: /Tenho um código/ }).click();
    await expect(kiosk.locator("video")).toHaveJSProperty("paused", false);
    await kiosk.keyboard.type("K7M2P");
    await expect(kiosk.getByLabel("Escrito: K 7 M 2 P")).toBeVisible();
    await expectWiped([45, 20], "K 7 M 2 P");
  });

  await desk.cancel(tomorrow.id);
  await desk.sendHome(twinVisit.id);
  await desk.sendHome(visit.id);
  await desk.close();
  await twinPhone.close();
  await filmed.close();
  watch.check();
});
