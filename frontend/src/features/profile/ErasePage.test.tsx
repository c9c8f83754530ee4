import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, it, vi } from "vitest";
import { Problem } from "@/lib/api/problem";
import { renderPage } from "@/test/render";
import { ErasePage } from "./ErasePage";

const INVOICES = { count: 2, keptUntil: "2036-12-31" };

function show(given: Partial<Parameters<typeof ErasePage>[0]> = {}) {
  const onErase = vi.fn();
  renderPage(
    <ErasePage
      invoices={INVOICES}
      openVisits={0}
      isErasing={false}
      error={null}
      onErase={onErase}
      {...given}
    />,
  );
  return onErase;
}

it("says until when the invoices stay, and where to fetch them before", () => {
  show();
  expect(screen.getByText(/as suas até .*31.*2036/)).toBeTruthy();
  expect(
    screen.getByRole("link", { name: "Descarregar as faturas primeiro" }).getAttribute("href"),
  ).toBe("/faturas");
});

it("asks for the password, and erases nothing without it", async () => {
  const onErase = show({ invoices: { count: 0, keptUntil: null } });
  const button = screen.getByRole("button", { name: "Apagar a conta agora" });

  await userEvent.click(button);
  expect(onErase).not.toHaveBeenCalled();
  expect(screen.getByLabelText("A sua palavra-passe").getAttribute("aria-invalid")).toBe("true");

  await userEvent.type(screen.getByLabelText("A sua palavra-passe"), "chave-comprida");
  await userEvent.click(button);
  expect(onErase.mock.calls).toEqual([["chave-comprida"]]);
  expect(screen.getByText("Faturas não há nenhuma em seu nome.")).toBeTruthy();
});

it("with an appointment ahead leads to it in place of the button", () => {
  show({ openVisits: 1 });
  expect(screen.getByText("Tem uma consulta marcada")).toBeTruthy();
  expect(screen.getByRole("link", { name: "Ver as consultas" }).getAttribute("href")).toBe(
    "/consultas",
  );
  expect(screen.queryByRole("button", { name: "Apagar a conta agora" })).toBeNull();
});

it("says at the field that the password is wrong, and above it what else refuses", () => {
  const detail = "A palavra-passe atual não está certa.";
  show({
    error: new Problem(400, "wrong_password", detail, [
      { pointer: "/password", code: "wrong_password", detail },
    ]),
  });
  expect(screen.getByLabelText("A sua palavra-passe").getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByText(detail)).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});
