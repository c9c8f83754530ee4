// @vitest-environment node
import { expect, it } from "vitest";
import { screenLabel, shortName } from "./label";

it("shortens a name to the given name and the initial of the last", () => {
  expect(shortName("Ana Rita Moreira")).toBe("Ana M.");
  expect(shortName("  João  Ávila ")).toBe("João Á.");
  expect(shortName("Wolfeschlegelsteinhausenbergerdorff Anastácia")).toBe(
    "Wolfeschlegelsteinhausen A.",
  );
});

it("shows the ticket for a single name, which would be the whole name", () => {
  expect(screenLabel("Ana", "short", "A012")).toBe("A012");
});

it("shows exactly what was chosen", () => {
  expect(screenLabel("Ana Rita Moreira", "ticket", "A012")).toBe("A012");
  expect(screenLabel("Ana Rita Moreira", "short", "A012")).toBe("Ana M.");
  expect(screenLabel("Ana Rita Moreira", "full", "A012")).toBe("Ana Rita Moreira");
});
