import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { MoneyIssue } from "@/lib/api/types";
import { renderPage } from "@/test/render";
import { Issues } from "./Issues";

const ISSUE: MoneyIssue = {
  id: "1",
  kind: "late",
  created_at: "2026-11-24T12:00:00Z",
  resolved_at: null,
  note: "",
  payment: "p1",
  patient_name: "Ana Margarida",
  patient_phone: null,
  amount: "40.00",
  expected: "40.00",
  reference: null,
  action: "wait",
  refusal: null,
  refusal_told: "",
  settled_how: null,
  settled_by: null,
};

let shown: MoneyIssue = ISSUE;
let sent: { path: string; body: unknown }[] = [];

async function answer(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname;
  if (path === "/api/auth/csrf") return Response.json({ csrf_token: "token" });
  if (request.method === "POST") {
    sent.push({ path, body: await request.json() });
    return Response.json({ amount: "40.00" }, { status: 201 });
  }
  return Response.json({ count: 1, next: null, previous: null, results: [shown] });
}

beforeEach(() => {
  sent = [];
  vi.stubGlobal("fetch", answer);
});
afterEach(() => vi.unstubAllGlobals());

function buttons() {
  return screen.queryAllByRole("button").map((button) => button.textContent);
}

it("lets a refund without an answer be asked about and settled, never paid again", async () => {
  shown = { ...ISSUE, action: "ask", patient_phone: "+351912345678" };
  renderPage(<Issues />);
  expect(await screen.findByText(/Pergunte ao prestador e ao utente/)).toBeTruthy();
  expect(screen.getByRole("link").getAttribute("href")).toBe("tel:+351912345678");
  expect(buttons()).toEqual(["Dar por resolvido"]);
});

it("offers nothing while a refund is on its way", async () => {
  shown = ISSUE;
  renderPage(<Issues />);
  expect(await screen.findByText(/A devolução está a caminho/)).toBeTruthy();
  expect(buttons()).toEqual([]);
});

it("offers the refund, and to say that the money went back by another way", async () => {
  shown = { ...ISSUE, action: "refund" };
  renderPage(<Issues />);
  expect(await screen.findByText(/Devolva o dinheiro/)).toBeTruthy();
  expect(buttons()).toEqual(["Devolver", "Dar por resolvido"]);
});

it("says why the issuer refused a document, and what to do there", async () => {
  shown = { ...ISSUE, kind: "not_issued", action: "issue", refusal: "no_tax", refusal_told: "23" };
  renderPage(<Issues />);
  expect(await screen.findByText(/não tem a taxa de 23 % para Portugal: crie-a lá/)).toBeTruthy();
  expect(screen.getByText(/Não a emita à mão/)).toBeTruthy();
  expect(buttons()).toEqual(["Dar por resolvido"]);
});

it.each([
  ["contest", /envie ao prestador, dentro do prazo dele, a fatura/, true],
  ["accept", /Não houve tratamento que sirva de prova/, true],
  ["prove_refund", /já foi devolvido ao utente/, false],
] as const)("says that the bank took the money: %s", async (action, advice, canAccept) => {
  shown = { ...ISSUE, kind: "chargeback", action };
  renderPage(<Issues />);
  expect(await screen.findByText(/^O banco do pagador levou 40,00\s€ de volta/)).toBeTruthy();
  expect(screen.getByText(advice)).toBeTruthy();
  expect(buttons()).toEqual([...(canAccept ? ["Aceitar a perda"] : []), "Dar por resolvido"]);
});

it("offers no refund of money that the payer's bank has", async () => {
  shown = { ...ISSUE, action: "hold" };
  renderPage(<Issues />);
  expect(await screen.findByText(/Não devolva nada por agora/)).toBeTruthy();
  expect(buttons()).toEqual(["Dar por resolvido"]);
});

it("bears a loss only after saying what that does, and with a reason", async () => {
  shown = { ...ISSUE, kind: "chargeback", action: "accept" };
  renderPage(<Issues />);
  const user = userEvent.setup();
  await user.click(await screen.findByRole("button", { name: "Aceitar a perda" }));
  const dialog = within(await screen.findByRole("alertdialog"));
  expect(dialog.getByText(/Daqui não sai mais dinheiro/)).toBeTruthy();
  const reason = dialog.getByLabelText(/Motivo/);
  await user.clear(reason);
  const confirm = dialog.getByRole("button", { name: "Aceitar a perda" });
  expect(confirm).toHaveProperty("disabled", true);
  await user.type(reason, "Cartão roubado");
  await user.click(confirm);
  expect(await screen.findByText(/^Perda aceite: 40,00\s€/)).toBeTruthy();
  expect(sent).toEqual([
    { path: "/api/staff/money/issues/1/accept", body: { reason: "Cartão roubado" } },
  ]);
});
