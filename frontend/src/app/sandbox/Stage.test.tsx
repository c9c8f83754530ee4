import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { renderPage } from "@/test/render";
import { Stage } from "./Stage";

const WAITING = {
  id: "r-1",
  payment_id: "p-1",
  phone: "+351912345678",
  amount: "40.00",
  status: "pending",
  created_at: "2026-11-27T09:00:00Z",
  expires_at: "2026-11-27T09:04:00Z",
  decided_at: null,
};

const PAID = {
  transaction_id: "mb-7",
  method: "multibanco",
  amount: "40.00",
  occurred_at: "2026-11-27T09:00:00Z",
  charged_back_at: null,
};

let sent: { path: string; body: unknown }[] = [];

async function answer(request: Request): Promise<Response> {
  const path = new URL(request.url).pathname.replace("/api/", "");
  if (path === "auth/csrf") return Response.json({ csrf_token: "token" });
  if (request.method === "POST") {
    const body: unknown = await request.json();
    sent.push({ path, body });
    return Response.json(body);
  }
  if (path === "sandbox/bank/paid") return Response.json([PAID]);
  return Response.json(path === "sandbox/bank/mb-way" ? [WAITING] : []);
}

beforeEach(() => {
  sent = [];
  vi.stubGlobal("fetch", answer);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function open() {
  renderPage(<Stage />);
  return userEvent.setup();
}

async function choose(user: ReturnType<typeof userEvent.setup>, notice: string) {
  await user.click(screen.getByRole("button", { name: /O banco avisa a clínica/ }));
  await user.click(await screen.findByRole("option", { name: notice }));
}

it("tells the bank how the notice of a payment is to arrive", async () => {
  const user = open();
  await choose(user, "nunca: o aviso perde-se");
  await user.type(screen.getByLabelText(/Entidade/), "99999");
  await user.type(screen.getByLabelText(/Referência/), "999 012 345");
  await user.type(screen.getByLabelText(/Montante/), "40,00");
  await user.click(screen.getByRole("button", { name: "Confirmar" }));

  await waitFor(() =>
    expect(sent).toEqual([
      {
        path: "sandbox/bank/multibanco",
        body: { entity: "99999", reference: "999012345", amount: "40.00", notice: "dropped" },
      },
    ]),
  );
});

it("tells it at once unless somebody chose otherwise, and for an answer in the app too", async () => {
  const user = open();
  await user.click(screen.getByRole("tab", { name: /MB WAY/ }));
  await user.click(await screen.findByRole("button", { name: "Recusar" }));
  await waitFor(() => expect(sent).toHaveLength(1));
  await choose(user, "com a assinatura errada");
  await user.click(screen.getByRole("button", { name: "Aprovar" }));

  await waitFor(() =>
    expect(sent).toEqual([
      { path: "sandbox/bank/mb-way/r-1", body: { action: "refuse", notice: "prompt" } },
      { path: "sandbox/bank/mb-way/r-1", body: { action: "approve", notice: "mis_signed" } },
    ]),
  );
});

it("disputes what was paid in the bank's app, and its notice arrives as chosen", async () => {
  const user = open();
  await choose(user, "nunca: o aviso perde-se");
  await user.click(screen.getByRole("tab", { name: "Banco" }));
  await user.click(await screen.findByRole("button", { name: "Contestar" }));

  await waitFor(() =>
    expect(sent).toEqual([
      {
        path: "sandbox/bank/chargebacks",
        body: { transaction_id: "mb-7", notice: "dropped" },
      },
    ]),
  );
});
