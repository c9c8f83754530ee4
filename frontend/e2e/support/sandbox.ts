import { expect, type Page } from "@playwright/test";
import { shownPhone, type Person } from "./people";

/** The stage with phone, cash machine and mailbox beside each other. */
export async function openSandbox(page: Page): Promise<void> {
  await page.setViewportSize({ width: 1440, height: 900 });
  await page.goto("/sandbox");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
}

function phone(page: Page) {
  return page.getByRole("region", { name: "Telemóvel de demonstração" });
}

/** The newest SMS to this person that contains the text. */
export function sms(page: Page, person: Person, text: string | RegExp) {
  return phone(page)
    .getByRole("listitem")
    .filter({ hasText: shownPhone(person) })
    .filter({ hasText: text })
    .first();
}

export async function payAtCashMachine(
  page: Page,
  figures: { entity: string; reference: string; amount: string },
): Promise<void> {
  const machine = page.getByRole("region", { name: "Pagamento de serviços" });
  await machine.getByLabel("Entidade").fill(figures.entity);
  await machine.getByLabel("Referência").fill(figures.reference);
  await machine.getByLabel("Montante").fill(figures.amount);
  await machine.getByRole("button", { name: "Confirmar" }).click();
  await expect(machine.getByText("Pagamento efetuado")).toBeVisible();
}

export async function answerMbWay(
  page: Page,
  person: Person,
  answer: "Aprovar" | "Recusar",
): Promise<void> {
  await phone(page)
    .getByRole("tab", { name: /MB WAY/ })
    .click();
  const request = phone(page)
    .getByRole("listitem")
    .filter({ hasText: shownPhone(person) });
  await request.getByRole("button", { name: answer }).click();
  await expect(request).toHaveCount(0);
}

/** Opens the newest e-mail to this person. */
export async function openMail(page: Page, person: Person) {
  const mailbox = page.getByRole("region", { name: "Correio" });
  await mailbox.getByRole("button", { name: person.email }).first().click();
  return mailbox.getByRole("article");
}
