import type { BrowserContext, Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import type { Face } from "../src/lib/api/types";
import { registerByApi } from "./support/api";
import { FilmedBrowser } from "./support/camera";
import { holdFaceWorker, loseStoredFaces } from "./support/face-worker";
import { Desk } from "./support/kiosk-desk";
import { contextOf } from "./support/pages";
import { login } from "./support/patient";
import { newPerson, type Person } from "./support/people";
import { baseUrl, CLINIC_ZONE, picture } from "./support/settings";
import { UPRIGHT } from "./support/screens";
import { expect, test } from "./support/test";

const LOOKS = 8;
/** As long as the kiosk waits for a better picture. */
const LOOKS_IN_VAIN = 18;

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
    viewport: { width: 390, height: 844 },
    permissions: ["camera"],
  });
  const twinPhone = await browser.newContext(settings);
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

  const visit = await desk.book(person, "today", { patient: id });
  const twinVisit = await desk.book(twin, "today", { patient: twinId });
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

  await test.step("a picture that can't be used says why", async () => {
    await showKiosk("two-people.mjpeg");
    await says("Há mais de uma pessoa");
    await showKiosk("dark.mjpeg", 3);
    await says("Está escuro: vire-se para a luz");
    for (let look = 3; look < LOOKS_IN_VAIN; look += 1) await kiosk.clock.runFor(300);
    await says("A imagem não ficou nítida");
    await says("Ficou escura. Vire-se para a luz.");
  });

  await test.step("of two with one face nobody is named before the birth year", async () => {
    await showKiosk("person.mjpeg");
    await says("Em que ano nasceu?");
    await expect(kiosk.getByText(person.label)).toHaveCount(0);
    await kiosk.keyboard.type(person.birthDate.year);
    await kiosk.getByRole("button", { name: "Continuar" }).click();
    await says("Chegada registada");
    await expect(kiosk.getByRole("heading", { level: 1 })).toHaveText(person.label);
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
      await expect(kiosk.getByRole("button", { name: "Tenho um código" })).toBeVisible();
      expect(loseStoredFaces()).toBe(1);
    } finally {
      goOn();
    }
    await says("O reconhecimento não está disponível");
  });

  await test.step("after the withdrawal nobody is recognised", async () => {
    await page.getByRole("button", { name: "Desistir e apagar tudo" }).click();
    await page.getByRole("alertdialog").getByRole("button").last().click();
    await expect(page.getByRole("button", { name: "Tirar com a câmara" })).toBeVisible();
    await expect(page.getByRole("img", { name: /Fotografia/ })).toHaveCount(0);
    await showKiosk("person.mjpeg");
    await says("Não o reconhecemos");
  });

  await test.step("the codes of tomorrow and of a cancelled visit", async () => {
    await desk.cancel(twinVisit.id);
    const other = newPerson();
    const tomorrow = await desk.book(other, "tomorrow");
    for (const [code, words] of [
      [tomorrow.code, "Ainda é cedo"],
      [twinVisit.code, "Este código já não serve"],
    ] as const) {
      await kiosk.goto("/kiosk");
      await kiosk.getByRole("button", { name: /Tenho um código/ }).click();
      await kiosk.keyboard.type(code);
      await kiosk.getByRole("button", { name: "Continuar" }).click();
      await says(words);
    }
    await desk.cancel(tomorrow.id);
  });

  await desk.sendHome(visit.id);
  await twinPhone.close();
  await filmed.close();
  watch.check();
});
