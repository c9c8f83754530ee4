import { expect, test } from "./support/test";
import { chooseMassage, registerAndReserve } from "./support/patient";
import { newPerson } from "./support/people";
import { answerMbWay, openSandbox, sms } from "./support/sandbox";

test("MB WAY: refused once, then approved", async ({ page, open }) => {
  test.setTimeout(120_000);
  const person = newPerson();
  const sandbox = await open();
  await registerAndReserve(page, person, chooseMassage);
  await openSandbox(sandbox);
  await expect(sms(sandbox, person, "/pay/")).toBeVisible();

  await test.step("the patient refuses in the app: the page says what to do next", async () => {
    await page.getByText("MB WAY", { exact: true }).click();
    await page.getByRole("button", { name: /^Pagar/ }).click();
    await answerMbWay(sandbox, person, "Recusar");
    await expect(page.getByText("O pagamento foi recusado")).toBeVisible();
  });

  await test.step("a second request is approved: the page changes by itself", async () => {
    await page.getByRole("button", { name: /^(Pagar|Tentar)/ }).click();
    await answerMbWay(sandbox, person, "Aprovar");
    await expect(page.getByRole("heading", { name: "Está marcado" })).toBeVisible();
  });
});
