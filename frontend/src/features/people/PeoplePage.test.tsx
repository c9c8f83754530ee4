import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { renderPage } from "@/test/render";
import { PeoplePage } from "./PeoplePage";

const ANA = {
  id: "a1",
  full_name: "Ana Margarida",
  phone: "+351912345678",
  birth_date: "1984-05-02",
};
let asked: string[] = [];
let refusal: object | null = null;

beforeEach(() => {
  asked = [];
  refusal = null;
  vi.stubGlobal("fetch", (request: Request) => {
    const { pathname } = new URL(request.url);
    if (request.method === "POST") asked.push(pathname);
    if (pathname.endsWith("/csrf")) return Promise.resolve(Response.json({ csrf_token: "t" }));
    if (request.method === "POST") {
      return Promise.resolve(
        refusal ? Response.json(refusal, { status: 409 }) : new Response(null, { status: 204 }),
      );
    }
    return Promise.resolve(Response.json([ANA]));
  });
});
afterEach(() => vi.unstubAllGlobals());

async function openDialog() {
  renderPage(<PeoplePage />);
  await userEvent.type(screen.getByRole("textbox"), "Ana");
  await userEvent.click(
    await screen.findByRole("button", { name: "Apagar os dados de Ana Margarida" }),
  );
  return within(await screen.findByRole("alertdialog", { name: /^Apagar os dados/ }));
}

it("erases nobody before the reception has checked who asks", async () => {
  const dialog = await openDialog();
  const button = dialog.getByRole("button", { name: "Apagar agora" });

  await userEvent.click(button);
  expect(asked).toEqual([]);

  await userEvent.click(dialog.getByRole("checkbox"));
  await userEvent.click(button);
  expect(await screen.findByText("Os dados foram apagados.")).toBeTruthy();
  expect(asked).toEqual(["/api/staff/patients/a1/erasure"]);
  expect(screen.queryByRole("alertdialog", { name: /^Apagar os dados/ })).toBeNull();
});

it("says why it is refused, and stays open", async () => {
  refusal = { status: 409, code: "visits_ahead", detail: "Ainda há consultas marcadas." };
  const dialog = await openDialog();

  await userEvent.click(dialog.getByRole("checkbox"));
  await userEvent.click(dialog.getByRole("button", { name: "Apagar agora" }));

  expect(await dialog.findByText("Ainda há consultas marcadas.")).toBeTruthy();
});
