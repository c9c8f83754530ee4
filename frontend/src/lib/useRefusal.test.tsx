import { renderHook } from "@testing-library/react";
import { beforeAll, expect, it } from "vitest";
import { Problem } from "./api/problem";
import { startI18n } from "./i18n";
import { useRefusal } from "./useRefusal";

const TAKEN = new Problem(400, "invalid", "", [
  { pointer: "/username", code: "username_taken", detail: "" },
  { pointer: "/invoice/tax_id", code: "odd", detail: "O NIF não existe." },
]);
const HALF = new Problem(400, "invalid", "", [
  { pointer: "/username", code: "required", detail: "" },
  { pointer: "/elsewhere", code: "required", detail: "" },
]);
const USED = new Problem(409, "slot_taken", "", [
  { pointer: "/username", code: "slot_taken", detail: "" },
]);
const AWAY = new Problem(0, "network", "");

beforeAll(() => startI18n({}));

function form(error: unknown, fields = { username: "ana", "invoice.tax_id": "1" }) {
  return renderHook(({ error, fields }) => useRefusal(error, fields), {
    initialProps: { error, fields },
  });
}

it("says nothing of what wasn't refused", () => {
  const { at, rest } = form(null).result.current;

  expect([at("username"), at("invoice.tax_id"), rest]).toEqual([null, null, null]);
});

it("says at each field why it was refused, by our words where there are any", () => {
  const { at, rest } = form(TAKEN).result.current;

  expect(at("username")).toBe("Esse nome já está a ser usado. Escolha outro.");
  expect(at("invoice.tax_id")).toBe("O NIF não existe.");
  expect(rest).toBeNull();
});

it("says of a field what is said of the whole where that is all there is", () => {
  expect(form(USED).result.current.at("username")).toBe(
    "Essa hora acabou de ser ocupada. Escolha outra, por favor.",
  );
});

it.each([
  ["points to nothing", AWAY, null],
  ["points also to what isn't on the screen", HALF, "Falta preencher."],
])("leaves the rest to the form where the refusal %s", (_, error, said) => {
  const { at, rest } = form(error).result.current;

  expect([at("username"), rest]).toEqual([said, error]);
});

it("stands at a field until that holds something else", () => {
  const shown = form(null);
  shown.rerender({ error: TAKEN, fields: { username: "ana", "invoice.tax_id": "1" } });

  shown.rerender({ error: TAKEN, fields: { username: "ana", "invoice.tax_id": "12" } });

  const { at, rest } = shown.result.current;
  expect(at("username")).toBe("Esse nome já está a ser usado. Escolha outro.");
  expect([at("invoice.tax_id"), rest]).toEqual([null, null]);
});

it("is another refusal when the new value is refused too", () => {
  const shown = form(TAKEN);
  const fields = { username: "rui", "invoice.tax_id": "1" };
  shown.rerender({ error: TAKEN, fields });
  expect(shown.result.current.at("username")).toBeNull();

  shown.rerender({ error: new Problem(400, "invalid", "", TAKEN.errors), fields });

  expect(shown.result.current.at("username")).toBe("Esse nome já está a ser usado. Escolha outro.");
});
