import { cleanup, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import type { InvoiceDetails, InvoiceMemory } from "@/lib/api/types";
import { renderPage } from "@/test/render";
import { FINAL_CONSUMER, InvoiceChoice, rememberedIn } from "./InvoiceChoice";

const NOTHING_KEPT = { tax_id: "", name: "", address: "", kept_at: null };

function remembering(kept: InvoiceMemory["kept"] = NOTHING_KEPT): InvoiceMemory {
  return { kept, keep: () => Promise.resolve() };
}

function show(
  refused: Partial<Record<string, string>> = {},
  value: InvoiceDetails = FINAL_CONSUMER,
  memory: InvoiceMemory | null = null,
) {
  const changes: (InvoiceDetails & { kept?: true })[] = [];
  renderPage(
    <InvoiceChoice
      value={value}
      keep={false}
      memory={memory}
      refusal={{ at: (field) => refused[field] ?? null }}
      onChange={(next, keep) => changes.push({ ...next, ...(keep ? { kept: true } : {}) })}
    />,
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
  show({ "invoice.tax_id": "Recusado pelo servidor." }, { kind: "taxpayer", tax_id: "123456789" });
  expect(screen.getByText("Recusado pelo servidor.")).toBeTruthy();
});

it("keeps details only for whoever is logged in, and only where that is ticked", async () => {
  const visitor = { kind: "taxpayer", tax_id: "501964843" } as const;
  show({ "invoice.name": "Recusado." }, visitor);
  expect(screen.queryByRole("checkbox")).toBeNull();
  cleanup();

  const changes = show({ "invoice.name": "Recusado." }, visitor, remembering());
  const user = userEvent.setup();
  const box = screen.getByRole<HTMLInputElement>("checkbox", {
    name: "Guardar para a próxima vez",
  });
  expect(box.checked).toBe(false);
  await user.click(screen.getByRole("button", { name: "Usar estes dados" }));
  await user.click(box);
  await user.click(screen.getByRole("button", { name: "Usar estes dados" }));
  await user.click(screen.getByRole("radio", { name: "Consumidor final" }));
  await user.click(screen.getByRole("button", { name: "Usar estes dados" }));

  expect(changes).toEqual([visitor, { ...visitor, kept: true }, { kind: "final_consumer" }]);
});

it("begins with what was kept, and with no name where nothing was", () => {
  const kept = { tax_id: "501964843", name: "Ana, Lda.", address: "", kept_at: "2026-11-27" };
  expect(rememberedIn(remembering(kept))).toEqual({
    kind: "taxpayer",
    tax_id: "501964843",
    name: "Ana, Lda.",
  });
  expect([remembering(), null].map(rememberedIn)).toEqual([FINAL_CONSUMER, FINAL_CONSUMER]);
});
