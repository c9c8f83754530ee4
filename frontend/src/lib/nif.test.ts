// @vitest-environment node
import { expect, it } from "vitest";
import { cleanNif, isNif } from "./nif";
import { nif as examples } from "./vectors.json";

it.each(examples)("reads $typed as the server does", ({ typed, read }) => {
  expect(isNif(typed) ? cleanNif(typed) : null).toBe(read);
});
