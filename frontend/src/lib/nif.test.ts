// @vitest-environment node
import { expect, it } from "vitest";
import { isNif } from "./nif";

it.each([
  "123456789",
  "501442600",
  "501964843",
  "503340855",
  "500000000",
  "299999998",
  "599999993",
  " PT 501 964 843 ",
  "501.964.843",
])("accepts %s", (nif) => {
  expect(isNif(nif)).toBe(true);
});

it.each([
  "501964842",
  "123456780",
  "111111111",
  "222222222",
  "999999999",
  "212345678",
  "000000000",
  "50196484",
  "5019648430",
  "50196484a",
  "",
])("refuses %s", (nif) => {
  expect(isNif(nif)).toBe(false);
});

it("refuses the number that stands for nobody", () => {
  expect(isNif("999999990")).toBe(false);
});
