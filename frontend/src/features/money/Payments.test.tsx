import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { MoneyPayment } from "@/lib/api/types";
import { renderPage } from "@/test/render";
import { Payments } from "./Payments";

const PAID: MoneyPayment = {
  id: "p1",
  created_at: "2026-11-24T12:00:00Z",
  paid_at: "2026-11-24T12:01:00Z",
  patient_name: "Ana Margarida",
  specialty_pt: "Massagem",
  specialty_en: "Massage",
  amount: "40.00",
  returned: "0.00",
  refundable: "40.00",
  disputed: false,
  provider_refunds: true,
  provider: "sandbox",
  method: "mb_way",
  status: "paid",
  invoice_number: "FR 2026/1",
};

let shown = PAID;

beforeEach(() => {
  vi.stubGlobal("fetch", (request: Request) =>
    Promise.resolve(
      request.url.includes("/payments/")
        ? Response.json({ ...shown, refunds: [] })
        : Response.json({ count: 1, next: null, previous: null, results: [shown] }),
    ),
  );
});
afterEach(() => vi.unstubAllGlobals());

async function open() {
  renderPage(<Payments />);
  await userEvent.click(await screen.findByRole("button", { name: /Ver o pagamento de Ana/ }));
  await screen.findByText("Ainda nada foi devolvido.");
}

it("gives money back from the payment itself", async () => {
  shown = PAID;
  await open();
  expect(screen.getByRole("button", { name: "Devolver dinheiro" })).toBeTruthy();
  expect(screen.queryByText("contestado")).toBeNull();
});

it("says why nothing is given back of a payment that the payer's bank has", async () => {
  shown = { ...PAID, disputed: true };
  await open();
  expect(screen.queryByRole("button", { name: "Devolver dinheiro" })).toBeNull();
  expect(screen.getByText(/O banco do pagador levou este dinheiro de volta/)).toBeTruthy();
  expect(screen.getByText("contestado")).toBeTruthy();
});
