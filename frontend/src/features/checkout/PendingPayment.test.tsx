import { screen } from "@testing-library/react";
import { expect, it } from "vitest";
import type { Payment } from "@/lib/api/types";
import { renderPage } from "@/test/render";
import { MultibancoDetails, Waiting } from "./PendingPayment";

const PAYMENT: Payment = {
  id: "0b8b5d0e-5d3c-4a52-8a53-111111111111",
  method: "multibanco",
  status: "pending",
  reason: "",
  amount: "40.00",
  currency: "EUR",
  entity: null,
  reference: null,
  phone: null,
  expires_at: "2026-11-24T12:15:00Z",
  created_at: "2026-11-24T12:00:00Z",
  paid_at: null,
};

function pending(payment: Payment) {
  return (
    <>
      <MultibancoDetails payment={payment} />
      <Waiting payment={payment} />
    </>
  );
}

it("says that the reference is being made, and offers nothing to copy", () => {
  renderPage(pending(PAYMENT));
  expect(screen.getByRole("status").textContent).toBe("A gerar a referência…");
  expect(screen.queryByText("Referência")).toBeNull();
  expect(screen.queryByRole("button")).toBeNull();
});

it("shows the reference once it is there, with the zeros in front of it", () => {
  renderPage(pending({ ...PAYMENT, entity: "11249", reference: "005000000" }));
  expect(screen.getByText(/À espera do pagamento/)).toBeTruthy();
  expect(screen.getByText("005 000 000")).toBeTruthy();
  expect(screen.getAllByRole("button")).toHaveLength(2);
});
