import { expect, test } from "./support/test";
import { enrolFace, multibancoReference, registerAndReserve } from "./support/patient";
import { newPerson } from "./support/people";
import { openMail, openSandbox, payAtCashMachine, sms } from "./support/sandbox";
import { appearance, Kiosk, openDisplay, pairDisplay } from "./support/screens";
import { columnOf, expectPaired, openStaff, pairingCode, start } from "./support/staff";
import { demo, picture } from "./support/settings";

const RECOGNISED_WITHIN_MS = 2000;
const CALLED_WITHIN_MS = 1000;

function report(what: string, milliseconds: number): void {
  console.log(`  measured: ${what}: ${milliseconds} ms`);
  test.info().annotations.push({ type: what, description: `${milliseconds} ms` });
}

test("a day: book, pay, arrive, be recognised, be called, be treated", async ({
  page,
  open,
  watch,
}) => {
  test.setTimeout(180_000);
  const person = newPerson();
  const sandbox = await open();
  const display = await open();
  const staff = await open({ viewport: { width: 1440, height: 900 } });
  let kiosk: Kiosk | null = null;

  const choice = await test.step("registers and books the earliest free time today", () =>
    registerAndReserve(page, person));

  await test.step("reads the SMS on the phone and opens its link", async () => {
    await openSandbox(sandbox);
    const message = sms(sandbox, person, "/pay/");
    await expect(message).toContainText(choice.time);
    const link = await message.getByRole("link").getAttribute("href");
    await page.goto(link ?? "");
    await expect(page.getByText("A sua hora")).toBeVisible();
  });

  await test.step("pays by Multibanco at the cash machine; the page changes by itself", async () => {
    const figures = await multibancoReference(page);
    await payAtCashMachine(sandbox, figures);
    await expect(page.getByRole("heading", { name: "Está marcado" })).toBeVisible();
  });

  await test.step("finds the invoice as a PDF in the mailbox", async () => {
    const letter = await openMail(sandbox, person);
    const attachment = letter.getByRole("link", { name: /\.pdf/ });
    const address = await attachment.getAttribute("href");
    const answer = await sandbox.request.get(address ?? "");
    const pdf = await answer.body();
    expect(answer.headers()["content-type"]).toBe("application/pdf");
    expect(pdf.subarray(0, 5).toString()).toBe("%PDF-");
    expect(pdf.length).toBeGreaterThan(5000);
  });

  const phone = await open();
  await test.step("the second SMS has the code, and a link that needs no login", async () => {
    const message = sms(sandbox, person, "/v/");
    const [code] = /[2-9A-HJ-NP-Z]{6}/.exec(await message.innerText()) ?? [];
    await phone.goto((await message.getByRole("link").getAttribute("href")) ?? "");
    await expect(phone.getByText(code ?? "no code", { exact: true })).toBeVisible();
    await expect(phone.getByRole("link", { name: "Entrar", exact: true })).toBeVisible();
    await expect(phone.getByRole("link", { name: "Como chegar" })).toHaveAttribute(
      "href",
      /^https:\/\/www\.openstreetmap\.org\/search\?query=\S+$/,
    );
  });

  await test.step("lets its face be known, with consent", () =>
    enrolFace(
      page,
      [1, 2, 3].map((number) => picture(`person/enrol-${number}.jpg`)),
    ));

  await test.step("reception connects a display and a kiosk by their codes", async () => {
    await openStaff(staff, "reception");
    const screenName = `Sala ${person.username}`;
    const code = await pairingCode(staff, "display", screenName);
    await openDisplay(display);
    await pairDisplay(display, code);
    await expectPaired(staff, screenName);
    const kioskName = `Entrada ${person.username}`;
    const kioskCode = await pairingCode(staff, "kiosk", kioskName);
    kiosk = await Kiosk.start("person.mjpeg", watch);
    await kiosk.pair(kioskCode);
    await expectPaired(staff, kioskName);
    await staff.getByRole("link", { name: "Hoje" }).click();
  });

  const arrival =
    await test.step("is recognised; the display shows label, room and wait", async () => {
      if (!kiosk) throw new Error("no kiosk");
      const shown = appearance(display, ".next li", [person.label]);
      const taken = await kiosk.showFace();
      report("picture taken → display shows the arrival", (await shown) - taken);
      const arrived = await kiosk.arrival();
      expect(arrived.label).toBe(person.label);
      expect(arrived.ticket).toMatch(/^A\d{3}$/);
      const entry = display.locator(".next li").filter({ hasText: arrived.ticket });
      await expect(entry).toContainText(person.label);
      // One line for each where many wait: then the room is an arrow and its name.
      await expect(entry).toContainText(new RegExp(`(Gabinete|→) ${arrived.room}`));
      await expect(entry).toContainText(/\d–\d+ min|a qualquer momento|até \d+ min/);
      expect((await shown) - taken).toBeLessThan(RECOGNISED_WITHIN_MS);
      return arrived;
    });

  await test.step("a stranger is not recognised, and an empty picture has no face", async () => {
    if (!kiosk) throw new Error("no kiosk");
    for (const [film, words] of [
      ["stranger.mjpeg", "Não o reconhecemos"],
      ["blank.mjpeg", "Não vimos um rosto"],
    ] as const) {
      await kiosk.sees(film);
      await kiosk.showFace();
      await expect(kiosk.page.getByRole("heading", { name: words })).toBeVisible();
    }
  });

  await test.step("the patient's own page says so too", async () => {
    await page.goto("/consultas");
    await page.getByRole("link", { name: new RegExp(choice.time) }).click();
    await expect(page.getByText("Já sabemos que chegou", { exact: true })).toBeVisible();
    await expect(phone.getByText(`Chamamos por “${person.label}”`)).toBeVisible();
  });

  await test.step("staff call; display and patient see it at once", async () => {
    const column = columnOf(staff, person.fullName);
    const shown = appearance(display, ".call", [person.label, arrival.room]);
    const sent = staff.waitForRequest((request) => request.url().endsWith("/call"));
    await column.getByRole("button", { name: new RegExp(`${person.fullName}$`) }).click();
    await staff.getByRole("dialog").getByRole("button", { name: "Chamar", exact: true }).click();
    const request = await sent;
    await request.response();
    const took = (await shown) - request.timing().startTime;
    report("staff call → display shows it", took);
    await expect(page.getByText("É a sua vez", { exact: true })).toBeVisible();
    await expect(phone).toHaveTitle(/^É a sua vez — Gabinete/);
    await expect(phone.getByRole("main")).toHaveCSS("background-color", "rgb(240, 181, 74)");
    expect(took).toBeLessThan(CALLED_WITHIN_MS);
  });

  await test.step("the treatment starts and ends", async () => {
    const open = () =>
      columnOf(staff, person.fullName)
        .getByRole("button", { name: new RegExp(`${person.fullName}$`) })
        .click();
    await open();
    await start(staff);
    await expect(page.getByText("Consulta a decorrer", { exact: true })).toBeVisible();
    await expect(display.locator(".call")).not.toContainText(arrival.ticket);
    await open();
    await staff.getByRole("dialog").getByRole("button", { name: "Terminar", exact: true }).click();
    await expect(page.getByText("Consulta concluída", { exact: true })).toBeVisible();
    await expect(display.getByText(arrival.ticket)).toHaveCount(0);
  });

  await test.step("the patient withdraws: the face is erased", async () => {
    await page.goto("/eu/rosto");
    await page.getByRole("button", { name: "Desistir e apagar tudo" }).click();
    await page.getByRole("alertdialog").getByRole("button").last().click();
    await expect(page.getByText("A chegada com o rosto está ativa")).toHaveCount(0);
  });

  await (kiosk as Kiosk | null)?.close();
  expect(demo().url).toBeTruthy();
});
