import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { InvoiceDetails } from "@/lib/api/types";
import { renderPage } from "@/test/render";
import { FINAL_CONSUMER, InvoiceChoice } from "./InvoiceChoice";

function show(refused: Record<string, string> = {}, value: InvoiceDetails = FINAL_CONSUMER) {
  const changes: InvoiceDetails[] = [];
  renderPage(
    <InvoiceChoice value={value} refused={refused} onChange={(next) => changes.push(next)} />,
  );
  return changes;
}

it("is one quiet line until it is to be changed", () => {
  show();
  expect(screen.getByText("Consumidor final")).toBeTruthy();
  expect(screen.queryByRole("textbox")).toBeNull();
});

it("says at once that a check digit is wrong, and at once that it is right", async () => {
  const changes = show();
  const user = userEvent.setup();
  await user.click(screen.getByRole("button", { name: "Alterar" }));
  await user.click(screen.getByRole("radio", { name: "Com NIF" }));
  const nif = screen.getByRole("textbox", { name: "NIF" });

  await user.type(nif, "501964842");
  expect(screen.getByText(/NIF não está certo/)).toBeTruthy();
  expect(nif.getAttribute("aria-invalid")).toBe("true");
  await user.click(screen.getByRole("button", { name: "Usar estes dados" }));
  expect(changes).toEqual([]);

  await user.clear(nif);
  await user.type(nif, "501 964 843");
  expect(screen.getByText("NIF válido")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Usar estes dados" }));
  expect(changes).toEqual([{ kind: "taxpayer", tax_id: "501964843" }]);
});

it("opens by itself at the field that the server refused", () => {
  show({ tax_id: "Recusado pelo servidor." }, { kind: "taxpayer", tax_id: "123456789" });
  expect(screen.getByText("Recusado pelo servidor.")).toBeTruthy();
});
