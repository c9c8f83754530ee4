import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it } from "vitest";
import { renderPage } from "@/test/render";
import type { DayTimes } from "./data";
import { DayStrip } from "./DayStrip";

const DAYS: DayTimes[] = [
  { date: "2026-11-26", starts: ["2026-11-26T10:00:00Z"] },
  { date: "2026-11-27", starts: [] },
  { date: "2026-11-28", starts: ["2026-11-28T10:00:00Z", "2026-11-28T11:00:00Z"] },
];

it("says of each day whether it has free times, and lets nobody choose one without", async () => {
  const chosen: string[] = [];
  renderPage(<DayStrip days={DAYS} value="2026-11-26" onChange={(date) => chosen.push(date)} />);
  const full = screen.getByRole("radio", { name: "sexta, 27 de novembro, sem horas livres" });
  expect(full).toHaveProperty("disabled", true);

  await userEvent.click(
    screen.getByRole("radio", { name: "sábado, 28 de novembro, 2 horas livres" }),
  );
  expect(chosen).toEqual(["2026-11-28"]);
});

it("is walked with the arrow keys, past the days without a free time", async () => {
  const chosen: string[] = [];
  renderPage(<DayStrip days={DAYS} value="2026-11-26" onChange={(date) => chosen.push(date)} />);
  await userEvent.tab();
  if (document.activeElement?.getAttribute("type") !== "radio") {
    screen.getByRole("radio", { name: "quinta, 26 de novembro, 1 hora livre" }).focus();
  }
  await userEvent.keyboard("{ArrowRight}");
  expect(chosen).toEqual(["2026-11-28"]);
});
