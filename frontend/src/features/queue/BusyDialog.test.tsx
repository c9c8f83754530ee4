import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { renderPage } from "@/test/render";
import { BusyDialog } from "./BusyDialog";
import type { Blocked } from "./usePresses";

const blocked: Blocked = {
  press: { action: "call", appointment: "2" },
  name: "Ana Martins",
  others: [
    {
      appointment: "1",
      shared: ["patient"],
      status: "in_progress",
      patient: "Ana Martins",
      practitioner: "Inês Sousa",
      room: "1",
      ends: true,
    },
  ],
};

it.each([
  ["Voltar", false],
  ["Mesmo assim", true],
] as const)("says what is in the way and what becomes of it, then: %s", async (button, meant) => {
  const decide = vi.fn();
  renderPage(<BusyDialog blocked={blocked} decide={decide} />);

  expect(screen.getByRole("alertdialog", { name: "Chamar Ana Martins mesmo assim?" })).toBeTruthy();
  expect(
    screen.getByText(
      "Ana Martins está em consulta no gabinete 1, com Inês Sousa. Se continuar, essa consulta fica concluída agora.",
    ),
  ).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: button }));

  expect(decide).toHaveBeenCalledExactlyOnceWith(meant);
});
