import { expect, test } from "@playwright/test";
import { newestDigits, newestSms, registerByApi } from "./support/api";
import { violations } from "./support/axe";
import { login } from "./support/patient";
import { newPerson } from "./support/people";
import { baseUrl } from "./support/settings";

test.use({ viewport: { width: 390, height: 844 } });

test("a forgotten password is replaced on the phone, from the login to being in", async ({
  page,
  playwright,
}) => {
  // Given an account of some time ago
  const person = newPerson();
  const elsewhere = await playwright.request.newContext();
  await registerByApi(elsewhere, person);

  // When its owner asks for another password by the phone number
  await page.goto("/entrar");
  await page.getByRole("link", { name: "Esqueceu-se da palavra-passe?" }).click();
  await expect(page.getByRole("heading", { name: "Recuperar o acesso" })).toBeVisible();
  await page.getByLabel("Nome de utilizador, telemóvel ou e-mail").fill(person.phone);
  await page.getByRole("button", { name: "Enviar a ligação" }).click();
  await expect(page.getByText("Veja as suas mensagens")).toBeVisible();
  expect(await violations(page)).toEqual([]);

  // And opens the link of the SMS
  const [link = ""] = (await newestSms(elsewhere, person, /palavra-passe/)).links;
  await page.goto(new URL(link).pathname);
  await expect(page.getByText(`Para a conta ${person.username}`)).toBeVisible();
  expect(await violations(page)).toEqual([]);
  await page.getByLabel("Nova palavra-passe").fill("andorinha-nova-moinho");
  await page.getByRole("button", { name: "Guardar e entrar" }).click();

  // Then they are in, and the link is over
  await expect(page.getByRole("heading", { name: "Marcar consulta" })).toBeVisible();
  await expect(page).toHaveURL(/\/$/);
  await page.goto(new URL(link).pathname);
  await expect(page.getByText("Esta ligação já não serve")).toBeVisible();
  await page.goto("/eu");
  await expect(page.getByText(person.fullName)).toBeVisible();
});

test("six digits by SMS are enough to log in", async ({ page, playwright }) => {
  const person = newPerson();
  const elsewhere = await playwright.request.newContext();
  await registerByApi(elsewhere, person);

  await page.goto("/entrar?next=/eu");
  await page.getByRole("link", { name: "Entrar com um código por SMS" }).click();
  await expect(page.getByRole("heading", { name: "Entrar com um código" })).toBeVisible();
  await page.getByLabel("Nome de utilizador, telemóvel ou e-mail").fill(person.username);
  await page.getByRole("button", { name: "Enviar o código" }).click();
  const field = page.getByLabel("Código de seis algarismos");
  await expect(field).toBeFocused();
  expect(await violations(page)).toEqual([]);
  await field.fill("000000");
  await expect(page.getByText("O código não está certo, ou já não serve.")).toBeVisible();
  await field.fill(await newestDigits(elsewhere, person, /para entrar/));

  await expect(page.getByText(person.fullName)).toBeVisible();
});

test("a password is changed, and a phone that changes is to be confirmed again", async ({
  page,
  playwright,
}) => {
  const person = newPerson();
  const elsewhere = await playwright.request.newContext();
  await registerByApi(elsewhere, person);
  await page.goto("/entrar?next=/eu/palavra-passe");
  await login(page, person.username, person.password);

  await page.getByLabel("Palavra-passe atual").fill(person.password);
  await page.getByLabel("Nova palavra-passe").fill("andorinha-nova-moinho");
  await page.getByRole("button", { name: "Mudar a palavra-passe" }).click();
  await expect(page.getByText("Palavra-passe mudada.")).toBeVisible();

  await page.goto("/eu/dados");
  const other = { ...person, phone: newPerson().phone };
  await page.getByLabel("Telemóvel").fill(other.phone);
  await page.getByRole("button", { name: "Guardar" }).click();
  await expect(page.getByText("Dados guardados.")).toBeVisible();
  await page.getByRole("button", { name: "Confirmar o telemóvel" }).click();
  const code = await newestDigits(elsewhere, other, /c[óo]digo/);
  await page.getByLabel("Código de seis algarismos").fill(code);
  await expect(page.getByText("Telemóvel confirmado.")).toBeVisible();
});

test("a session that is ended from another device closes its page at once", async ({
  page,
  browser,
  playwright,
}) => {
  // Given somebody who is logged in on the phone and at a desk
  const person = newPerson();
  await registerByApi(await playwright.request.newContext(), person);
  await page.goto("/entrar?next=/consultas");
  await login(page, person.username, person.password);
  await expect(page.getByRole("heading", { name: "As minhas consultas" })).toBeVisible();
  const desk = await (await browser.newContext({ locale: "pt-PT" })).newPage();
  await desk.goto(`${baseUrl()}/entrar?next=/eu/sessoes`);
  await login(desk, person.username, person.password);

  // When the desk ends all others
  await desk.getByRole("button", { name: "Terminar todas as outras" }).click();
  await desk
    .getByRole("alertdialog")
    .getByRole("button", { name: /Terminar/ })
    .click();
  await expect(desk.getByText("As outras sessões terminaram.")).toBeVisible();

  // Then the phone stands before the login
  await expect(page.getByRole("heading", { name: "Entrar" })).toBeVisible({ timeout: 5_000 });
});
