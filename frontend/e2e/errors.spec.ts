import type { WebSocketRoute } from "@playwright/test";
import { expect, test } from "./support/test";
import { freeSlots, registerByApi, send } from "./support/api";
import { contextOf } from "./support/pages";
import { choiceBar, login } from "./support/patient";
import { newPerson } from "./support/people";
import { CLINIC_ZONE, demo } from "./support/settings";

test("a visitor's first page asks nothing that is refused", async ({ page }) => {
  const errors: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(message.text());
  });
  await page.goto("/");
  await page.getByText("Massagem", { exact: true }).click();
  await expect(page.getByRole("radiogroup", { name: /^A que horas/ })).toBeVisible();
  await expect(page.getByRole("link", { name: "Entrar" })).toBeVisible();
  expect(errors).toEqual([]);
});

test("somebody whose access ran out is still logged in", async ({ page, context }) => {
  await page.goto("/entrar");
  const { username, password } = demo().accounts.patient;
  await login(page, username, password);
  await expect(page.getByRole("heading", { name: "As minhas consultas" })).toBeVisible();
  const hasAccess = async () => (await context.cookies()).some(({ name }) => name.endsWith("at"));
  await context.clearCookies({ name: /at$/ });
  expect(await hasAccess()).toBe(false);

  await page.goto("/faturas");

  await expect(page.getByRole("heading", { name: "Faturas" })).toBeVisible();
  expect(await hasAccess()).toBe(true);
});

test("wrong password: one sentence, and the name stays", async ({ page }) => {
  await page.goto("/entrar");
  const { username } = demo().accounts.patient;
  await login(page, username, "andorinha-9999-moinho");
  await expect(page.getByRole("alert")).toHaveText(
    "O nome de utilizador ou a palavra-passe não estão certos.",
  );
  await expect(page.getByLabel("Nome de utilizador")).toHaveValue(username);
  await expect(page.getByRole("link", { name: "Criar conta" })).toBeVisible();
});

test("an incomplete registration leads to its first gap at the first press", async ({ page }) => {
  await page.goto("/registar");
  await page.getByLabel("Telemóvel").fill("12");
  await page.getByRole("button", { name: "Criar conta" }).click();
  await expect(page.getByText("Escreva o nome próprio e o apelido.")).toBeVisible();
  await expect(page.getByText("Este número não parece completo.")).toBeVisible();
  await expect(page.getByLabel("Nome completo")).toBeFocused();
});

test("a name that is taken is said at its field", async ({ page }) => {
  const person = newPerson();
  await page.goto("/registar");
  await page.getByLabel("Nome completo").fill(person.fullName);
  await page.getByLabel("Telemóvel").fill(person.phone);
  await page.getByLabel("E-mail").fill(person.email);
  await page.getByLabel("Nome de utilizador").fill(demo().accounts.patient.username);
  await page.getByLabel("Palavra-passe", { exact: true }).fill(person.password);
  await page.getByRole("button", { name: "Criar conta" }).click();
  const field = page.getByLabel("Nome de utilizador");
  await expect(field).toHaveAccessibleDescription(/Esse nome já está a ser usado. Escolha outro./);
  await expect(field).toBeFocused();
});

test("a time that somebody else takes meanwhile: others are offered at once", async ({
  browser,
  watch,
  request,
}) => {
  const [wanted] = await freeSlots(request, "massage", 5);
  if (!wanted) throw new Error("no free time in five days");
  const context = await contextOf(browser, "patient");
  watch.over(context);
  const page = await context.newPage();
  const choice = new URLSearchParams({
    tipo: "massage",
    com: wanted.practitioner.id,
    hora: wanted.start,
  });
  await page.goto(`/?${choice}`);
  const reserve = choiceBar(page).getByRole("button", { name: "Reservar" });
  await expect(reserve).toBeVisible();

  await registerByApi(request, newPerson());
  const { start, practitioner } = wanted;
  const taken = { specialty: "massage", start, practitioner: practitioner.id };
  expect((await send(request, "/api/appointments", taken)).status()).toBe(201);
  await reserve.click();

  await expect(page.getByRole("alert")).toContainText(
    "Essa hora acabou de ser ocupada. As horas livres foram atualizadas: escolha outra.",
  );
  await expect(choiceBar(page)).toHaveCount(0);
  const times = page.getByRole("radiogroup", { name: /^A que horas/ });
  await expect(times.getByRole("radio", { checked: true })).toHaveCount(0);
  const hour = new Intl.DateTimeFormat("pt-PT", { timeZone: CLINIC_ZONE, timeStyle: "short" });
  await expect(times.getByText(hour.format(new Date(start)), { exact: true })).toHaveCount(0);
  await times.locator("label").first().click();
  await expect(reserve).toBeVisible();
  await context.close();
  watch.check();
});

test("a payment link that is none leads to the appointments", async ({ page }) => {
  await page.goto("/pay/isto-nao-existe");
  await expect(page.getByRole("heading", { name: "Esta ligação já não é válida" })).toBeVisible();
  await expect(page.getByText("Abra a ligação mais recente")).toBeVisible();
  await page.getByRole("link", { name: "Ver as minhas consultas" }).click();
  await expect(page.getByRole("heading", { name: "Entrar" })).toBeVisible();
});

test("a wrong NIF is said before paying, and the right one is accepted", async ({
  page,
  request,
}) => {
  await registerByApi(request, newPerson());
  const [slot] = await freeSlots(request, "massage", 6);
  const held = await send(request, "/api/appointments", {
    specialty: "massage",
    start: slot?.start,
  });
  const { checkout_url } = (await held.json()) as { checkout_url: string };

  await page.goto(checkout_url);
  await page.getByText("Multibanco", { exact: true }).click();
  await page.getByRole("button", { name: "Alterar" }).click();
  await page.getByText("Com NIF", { exact: true }).click();
  const nif = page.getByLabel("NIF", { exact: true });
  await nif.fill("501964842");
  await expect(nif).toHaveAccessibleDescription(/Este NIF não está certo/);
  await page.getByRole("button", { name: "Usar estes dados" }).click();
  await expect(nif).toBeVisible();

  await nif.fill("501964843");
  await expect(page.getByText("NIF válido")).toBeVisible();
  await page.getByRole("button", { name: "Usar estes dados" }).click();
  await expect(page.getByText("NIF 501964843")).toBeVisible();
  await page.getByRole("button", { name: "Obter referência" }).click();
  await expect(page.getByText("À espera do pagamento.")).toBeVisible();
});

test("another person signs in in a second tab: the first keeps nothing of the former", async ({
  open,
  request,
}) => {
  const other = newPerson();
  await registerByApi(request, other);
  const first = await open();
  await first.goto("/entrar");
  const { username, password } = demo().accounts.patient;
  await login(first, username, password);
  const visits = first.locator(`a[href^="/consultas/"]`);
  await expect(visits.first()).toBeVisible();

  const second = await first.context().newPage();
  await second.goto("/eu");
  await second.getByRole("button", { name: "Sair" }).click();
  await expect(visits).toHaveCount(0);
  await second.goto("/entrar");
  await login(second, other.username, other.password);
  await expect(second.getByRole("heading", { name: "As minhas consultas" })).toBeVisible();

  await expect(first.getByRole("heading", { name: "As minhas consultas" })).toBeVisible();
  await expect(first.getByText("Ainda não tem consultas marcadas")).toBeVisible();
  await expect(visits).toHaveCount(0);
});

test("the day says within 8 s that its wire is silent, and at once that the server doubts it", async ({
  browser,
  watch,
}) => {
  const context = await contextOf(browser, "reception", { viewport: { width: 1440, height: 900 } });
  watch.over(context);
  const page = await context.newPage();
  await page.clock.install();
  let isSilent = false;
  let toPage: WebSocketRoute | undefined;
  await page.routeWebSocket("**/ws/staff", (socket) => {
    toPage = socket;
    socket.connectToServer().onMessage((frame) => {
      if (!isSilent) socket.send(frame);
    });
  });
  await page.goto("/staff");
  const live = page.getByText("em direto");
  await expect(live).toBeVisible();

  isSilent = true;
  toPage?.send(JSON.stringify({ type: "heartbeat", stale: true }));
  await expect(page.getByText("a atualizar")).toBeVisible();
  toPage?.send(JSON.stringify({ type: "heartbeat", stale: false }));
  await expect(live).toBeVisible();

  await page.clock.runFor(8_000);
  await expect(live).toBeHidden();
  await context.close();
  watch.check();
});
