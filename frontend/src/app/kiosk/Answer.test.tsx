import { render, screen } from "@testing-library/react";
import { beforeAll, expect, it, vi } from "vitest";
import type { CheckIn } from "@/lib/api/types";
import { startI18n } from "@/lib/i18n";
import { en } from "@/locales/en/kiosk";
import { pt } from "@/locales/pt/kiosk";
import { Answer } from "./Answer";

const nothing: CheckIn = {
  id: "1",
  status: "no_appointment",
  label: null,
  ticket: null,
  room: null,
  wait: null,
  detail: null,
};

beforeAll(() => startI18n({ kiosk: { pt, en } }));

it.each(["face", "code", "confirmation"] as const)(
  "sends whoever missed their time to the desk, after a %s",
  (by) => {
    render(<Answer by={by} checkIn={{ ...nothing, detail: "missed" }} dispatch={vi.fn()} />);

    expect(screen.getByRole("heading", { name: "A hora da sua consulta já passou" })).toBeTruthy();
    expect(screen.getAllByRole("button").map((button) => button.textContent)).toEqual([
      "Falar com a receção",
      "Concluir",
    ]);
  },
);
