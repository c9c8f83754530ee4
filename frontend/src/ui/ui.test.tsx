import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";
import { Problem } from "@/lib/api/problem";
import { renderPage } from "@/test/render";
import { Awaited, ConfirmDialog, Form, PasswordField, QrCode, RadioCards, TextField } from ".";

describe("a field", () => {
  it("is described by its hint and, when wrong, by its error", () => {
    renderPage(<TextField label="Telemóvel" hint="Nove algarismos." error="Falta preencher." />);
    const input = screen.getByRole("textbox", { name: "Telemóvel" });
    const described = (input.getAttribute("aria-describedby") ?? "")
      .split(" ")
      .map((id) => document.getElementById(id)?.textContent);
    expect(described).toEqual(expect.arrayContaining(["Nove algarismos.", "Falta preencher."]));
    expect(input.getAttribute("aria-invalid")).toBe("true");
  });

  it("shows a password only while asked to", async () => {
    renderPage(<PasswordField label="Palavra-passe" showLabel="Mostrar" hideLabel="Esconder" />);
    const input = screen.getByLabelText("Palavra-passe");
    expect(input.getAttribute("type")).toBe("password");
    await userEvent.click(screen.getByRole("button", { name: "Mostrar" }));
    expect(input.getAttribute("type")).toBe("text");
    await userEvent.click(screen.getByRole("button", { name: "Esconder" }));
    expect(input.getAttribute("type")).toBe("password");
  });
});

describe("a form that was refused", () => {
  const form = (error: unknown, rest: unknown, wrong: string | null) => (
    <Form refusal={{ error, rest }} onSubmit={() => undefined}>
      <TextField label="Nome" />
      <TextField label="Telemóvel" error={wrong} />
    </Form>
  );

  it("says above it what no field says", () => {
    const error = new Problem(503, "unavailable", "");
    renderPage(form(error, error, null));
    expect(screen.getByRole("alert").textContent).toMatch(/^O serviço está parado/);
  });

  it("puts the focus on the first field that says why", () => {
    renderPage(form(new Problem(400, "invalid", ""), null, "Falta preencher."));
    expect(document.activeElement).toBe(screen.getByRole("textbox", { name: "Telemóvel" }));
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

describe("what is awaited", () => {
  const asked = (state: { isPending: boolean; error: unknown }, refetch = vi.fn()) => ({
    ...state,
    refetch,
  });
  const failed = { isPending: false, error: new Problem(0, "network", "") };

  it("is said to be on its way, and is nothing once it is there", () => {
    const { rerender } = renderPage(<Awaited of={asked({ isPending: true, error: null })} />);
    expect(screen.getByText("A carregar…")).toBeTruthy();
    rerender(<Awaited of={asked({ isPending: false, error: null })} />);
    expect(document.body.textContent).toBe("");
  });

  it("says why it doesn't come, and asks again for what failed alone", async () => {
    const [there, gone] = [vi.fn(), vi.fn()];
    renderPage(
      <Awaited of={[asked({ isPending: false, error: null }, there), asked(failed, gone)]} />,
    );
    expect(screen.getByRole("alert").textContent).toMatch(/^Sem ligação ao servidor/);
    await userEvent.click(screen.getByRole("button", { name: "Tentar de novo" }));
    expect([there.mock.calls.length, gone.mock.calls.length]).toEqual([0, 1]);
  });
});

describe("cards", () => {
  it("are one group of choices with a name", async () => {
    const chosen: string[] = [];
    renderPage(
      <RadioCards
        label="O que precisa?"
        value={null}
        onChange={(value) => chosen.push(value)}
        cards={[
          { value: "massage", title: "Massagem", aside: "45 min" },
          { value: "evaluation", title: "Avaliação" },
        ]}
      />,
    );
    const group = screen.getByRole("radiogroup", { name: "O que precisa?" });
    await userEvent.click(within(group).getByRole("radio", { name: /Avaliação/ }));
    expect(chosen).toEqual(["evaluation"]);
  });
});

describe("a question before something final", () => {
  it("does nothing when the answer is no", async () => {
    const answers: string[] = [];
    renderPage(
      <ConfirmDialog
        title="Cancelar esta consulta?"
        isOpen
        onClose={() => answers.push("keep")}
        onConfirm={() => answers.push("cancel")}
        confirmLabel="Cancelar consulta"
        keepLabel="Manter"
      >
        <p>Nada é cobrado.</p>
      </ConfirmDialog>,
    );
    expect(screen.getByRole("alertdialog", { name: "Cancelar esta consulta?" })).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Manter" }));
    expect(answers).toEqual(["keep"]);
  });
});

describe("a QR code", () => {
  it("is a picture with a name and a quiet margin of four modules", () => {
    renderPage(<QrCode text="VL7QGV" label="QR com o código" />);
    const svg = screen.getByRole("img", { name: "QR com o código" });
    expect(svg.getAttribute("viewBox")).toBe("0 0 29 29");
    expect(svg.querySelector("path")?.getAttribute("d")).toMatch(/^M4 4h1v1h-1z/);
  });
});
