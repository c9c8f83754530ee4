import { expect, type Page } from "@playwright/test";
import { newestDigits } from "./api";
import { shownPhone, type Person } from "./people";
import { CLINIC_ZONE } from "./settings";

export interface Chosen {
  specialty: string;
  /** `seg, 23 nov`. */
  day: string;
  /** `10:30`. */
  time: string;
}

const CHOICE = /(\S+, \d+\s\S+) · (\d\d:\d\d)/;

/** Fills the form of a new account and sends it. */
export async function register(page: Page, person: Person): Promise<void> {
  await page.getByLabel("Nome completo").fill(person.fullName);
  await page.getByLabel("Telemóvel").fill(person.phone);
  await page.getByLabel("E-mail").fill(person.email);
  const birth = page.getByRole("group", { name: /Data de nascimento/ });
  await birth.getByRole("spinbutton").first().click();
  await page.keyboard.type(person.birthDate.day + person.birthDate.month + person.birthDate.year);
  await page.getByLabel("Nome de utilizador").fill(person.username);
  await page.getByLabel("Palavra-passe", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Criar conta" }).click();
}

export async function login(page: Page, username: string, password: string): Promise<void> {
  await page.getByLabel("Nome de utilizador").fill(username);
  await page.getByLabel("Palavra-passe", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Entrar", exact: true }).click();
}

/** `seg, 23 nov` for the clinic's present day. */
export function today(): string {
  const word = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("pt-PT", { timeZone: CLINIC_ZONE, ...options }).format(new Date());
  const weekday = word({ weekday: "long" }).slice(0, 3);
  return `${weekday}, ${word({ day: "numeric" })} ${word({ month: "long" }).slice(0, 3)}`;
}

function clinicTime(): string {
  return new Intl.DateTimeFormat("pt-PT", { timeZone: CLINIC_ZONE, timeStyle: "short" }).format(
    new Date(),
  );
}

export function choiceBar(page: Page) {
  return page.getByRole("region", { name: "A sua escolha" });
}

async function chosen(page: Page, specialty: string): Promise<Chosen> {
  const text = await choiceBar(page).innerText();
  const [, day, time] = CHOICE.exec(text) ?? [];
  if (!day || !time) throw new Error(`no choice in ${text}`);
  return { specialty, day: day.replace(/\s/g, " "), time };
}

/**
 * On the booking page: the treatment whose first free time is the earliest, and that time.
 * The demo keeps times free until 23:30 of the day on which it was started; the day's journey
 * needs one of them.
 */
export async function chooseEarliestToday(page: Page): Promise<Chosen> {
  const cards = page.getByRole("radiogroup", { name: "O que precisa?" }).getByRole("radio");
  await expect(cards).toHaveCount(5);
  const offers: Chosen[] = [];
  const names = await cards.evaluateAll((all) =>
    all.map((card) => card.closest("label")?.innerText.split("\n")[0] ?? ""),
  );
  for (const name of names) {
    await chooseTreatment(page, name);
    const offer = await chooseFirstTime(page, name);
    if (offer.day === today()) offers.push(offer);
  }
  const [earliest] = offers.sort((a, b) => a.time.localeCompare(b.time));
  if (!earliest) {
    throw new Error(
      `No time is free any more today (${today()}, it is ${clinicTime()} in ${CLINIC_ZONE}). ` +
        "A fresh demo has times until 23:30: start it anew, or wait for midnight.",
    );
  }
  await chooseTreatment(page, earliest.specialty);
  return chooseFirstTime(page, earliest.specialty);
}

export async function chooseTreatment(page: Page, name: string): Promise<void> {
  await page
    .getByRole("radiogroup", { name: "O que precisa?" })
    .getByText(name, { exact: true })
    .click();
}

export async function chooseFirstTime(page: Page, specialty: string): Promise<Chosen> {
  await page
    .getByRole("radiogroup", { name: /^A que horas/ })
    .locator("label")
    .first()
    .click();
  await expect(choiceBar(page)).toBeVisible();
  return chosen(page, specialty);
}

export async function reserve(page: Page): Promise<void> {
  await choiceBar(page).getByRole("button", { name: "Reservar" }).click();
}

/** The first free time of a treatment, on whatever day it is. */
export async function chooseMassage(page: Page): Promise<Chosen> {
  await chooseTreatment(page, "Massagem");
  return chooseFirstTime(page, "Massagem");
}

/** Registers on the way to the booking, as a visitor who chooses first does. */
export async function registerAndReserve(
  page: Page,
  person: Person,
  choose: (page: Page) => Promise<Chosen> = chooseEarliestToday,
): Promise<Chosen> {
  await page.goto("/");
  const choice = await choose(page);
  await reserve(page);
  await page.getByRole("link", { name: "Criar conta" }).click();
  await register(page, person);
  await expect(choiceBar(page)).toContainText(choice.time);
  await reserve(page);
  await confirmPhone(page, person);
  await expect(page).toHaveURL(/\/pay\//);
  return choice;
}

/** In the sheet that asks for it: the six digits of the SMS. */
export async function confirmPhone(page: Page, person: Person): Promise<void> {
  const sheet = page.getByRole("dialog", { name: "Confirme o seu telemóvel" });
  await expect(sheet).toContainText(shownPhone(person));
  const code = await newestDigits(page.request, person, /c[óo]digo/);
  await sheet.getByLabel("Código de seis algarismos").fill(code);
}

/** What the payment page asks for at a cash machine: digits only, and the amount as shown. */
export async function multibancoReference(
  page: Page,
): Promise<{ entity: string; reference: string; amount: string }> {
  await page.getByText("Multibanco", { exact: true }).click();
  await page.getByRole("button", { name: "Obter referência" }).click();
  const figure = (term: string) =>
    page.locator("dl > div").filter({ hasText: term }).locator("dd span").first();
  await expect(figure("Referência")).toHaveText(/^\d{3}\s\d{3}\s\d{3}$/);
  return {
    entity: (await figure("Entidade").innerText()).trim(),
    reference: (await figure("Referência").innerText()).replace(/\s/g, ""),
    amount: (await figure("Montante").innerText()).replace(/[^\d,]/g, ""),
  };
}

/** Sends photos with consent, and waits until the server has made a template of them. */
export async function enrolFace(page: Page, photos: string[]): Promise<void> {
  await page.goto("/eu/rosto");
  await page.locator("input[type=file]").setInputFiles(photos);
  await expect(page.getByRole("img", { name: `Fotografia ${photos.length}` })).toBeVisible();
  await page.getByText("Li e autorizo.").click();
  await page.getByRole("button", { name: "Enviar e ativar" }).click();
  await expect(page.getByText("A chegada com o rosto está ativa")).toBeVisible({ timeout: 30_000 });
}
