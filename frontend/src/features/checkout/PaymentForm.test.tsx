import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Checkout, InvoiceDetails } from "@/lib/api/types";
import { renderPage } from "@/test/render";
import { PaymentForm } from "./PaymentForm";

const CHECKOUT: Checkout = {
  appointment: {
    specialty: { code: "massage", name_pt: "Massagem", name_en: "Massage", duration_minutes: 45 },
    practitioner: { id: "p", name: "Inês Sousa" },
    start: "2026-11-28T10:00:00Z",
    end: "2026-11-28T10:45:00Z",
  },
  amount: "40.00",
  currency: "EUR",
  status: "pending",
  hold_expires_at: null,
  payment: null,
};
const INVOICE: InvoiceDetails = { kind: "taxpayer", tax_id: "501964843", email: "a@example.pt" };

let answer: () => Response;

beforeEach(() => {
  vi.stubGlobal("fetch", (request: Request) =>
    Promise.resolve(request.url.endsWith("/csrf") ? Response.json({ csrf_token: "t" }) : answer()),
  );
});
afterEach(() => vi.unstubAllGlobals());

function pay(keep: boolean) {
  const kept: unknown[] = [];
  const started: unknown[] = [];
  renderPage(
    <PaymentForm
      checkout={CHECKOUT}
      token="t"
      method="multibanco"
      details={{ phone: "", invoice: INVOICE, keep }}
      memory={{
        kept: { tax_id: "", name: "", address: "", kept_at: null },
        keep: (details) => Promise.resolve(kept.push(details)),
      }}
      onDetails={() => undefined}
      onStarted={(payment) => started.push(payment)}
    />,
  );
  return { kept, started };
}

async function press() {
  await userEvent.setup().click(screen.getByRole("button", { name: "Obter referência" }));
}

it("keeps the invoice details once the payment has begun, without the e-mail", async () => {
  answer = () => Response.json({ id: "1", status: "pending" }, { status: 201 });
  const { kept, started } = pay(true);
  await press();
  await waitFor(() => expect(started).toHaveLength(1));
  expect(kept).toEqual([{ tax_id: "501964843", name: "", address: "" }]);
});

it("keeps nothing of a payment that was refused", async () => {
  answer = () => Response.json({ code: "hold_expired" }, { status: 409 });
  const refused = pay(true);
  await press();
  expect(await screen.findByRole("alert")).toBeTruthy();
  expect(refused).toEqual({ kept: [], started: [] });
});

it("keeps nothing without being asked to", async () => {
  answer = () => Response.json({ id: "1", status: "pending" }, { status: 201 });
  const { kept, started } = pay(false);
  await press();
  await waitFor(() => expect(started).toHaveLength(1));
  expect(kept).toEqual([]);
});
