import { screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import type { InvoicingRules } from "@/lib/api/types";
import { renderPage } from "@/test/render";
import { Documents } from "./Documents";

const RULES: InvoicingRules = {
  certificate_number: "",
  producer_name: "",
  producer_tax_id: "",
  mb_way_mechanism: "OU",
  can_sign: false,
  issuer: "own",
};

function show(rules: InvoicingRules) {
  vi.stubGlobal("fetch", (request: Request) =>
    Promise.resolve(Response.json(request.url.endsWith("/rules") ? rules : [])),
  );
  renderPage(<Documents />);
}

afterEach(() => vi.unstubAllGlobals());

it("says that nothing has fiscal value yet, and what is missing", async () => {
  show(RULES);
  expect(await screen.findByText("Documentos em modo de formação")).toBeTruthy();
  expect(screen.queryByText(/outro programa certificado/)).toBeNull();
});

it("says who issues the documents where it isn't this program, and nothing of training", async () => {
  show({ ...RULES, issuer: "invoicexpress" });
  expect(await screen.findByText(/outro programa certificado \(invoicexpress\)/)).toBeTruthy();
  expect(screen.getByText(/o SAF-T daqui não traz os documentos dele/)).toBeTruthy();
  expect(screen.queryByText("Documentos em modo de formação")).toBeNull();
});
