import { expect, type Locator, type Page } from "@playwright/test";
import { login } from "./patient";
import { demo, type Role } from "./settings";

export async function openStaff(page: Page, role: Exclude<Role, "patient">): Promise<void> {
  const { username, password } = demo().accounts[role];
  await page.goto("/staff");
  await login(page, username, password);
  await expect(page.getByRole("navigation", { name: "Páginas" })).toBeVisible();
}

/** Makes a screen known to the clinic; gives the six digits that it has to type. */
export async function pairingCode(
  page: Page,
  kind: "display" | "kiosk",
  name: string,
): Promise<string> {
  await page.getByRole("link", { name: "Ecrãs" }).click();
  await page.getByRole("button", { name: "Ligar um ecrã" }).click();
  const dialog = page.getByRole("dialog");
  await dialog
    .getByText(kind === "display" ? "Ecrã da sala de espera" : "Quiosque da entrada")
    .click();
  await dialog.getByLabel("Nome").fill(name);
  await dialog.getByRole("button", { name: "Pedir código" }).click();
  const code = dialog.getByTestId("pairing-code");
  await expect(code).toHaveText(/^\d{6}$/);
  return code.innerText();
}

/** The dashboard notices that the screen has typed its code. */
export async function expectPaired(page: Page, name: string): Promise<void> {
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(`${name} está ligado.`)).toBeVisible({ timeout: 15_000 });
  await dialog.getByRole("button", { name: "Fechar" }).click();
}

/** The column in which somebody stands. */
export function columnOf(page: Page, fullName: string): Locator {
  return page
    .getByRole("region")
    .filter({ has: page.getByRole("button", { name: new RegExp(`${fullName}$`) }) });
}

/** From the open dialog of somebody who is called; another treatment of that room ends with it. */
export async function start(page: Page): Promise<void> {
  const answered = page.waitForResponse((answer) => answer.url().endsWith("/start"));
  await page.getByRole("dialog").getByRole("button", { name: "Iniciar", exact: true }).click();
  if ((await answered).status() === 409) {
    await page.getByRole("alertdialog").getByRole("button", { name: "Mesmo assim" }).click();
  }
}
