import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { renderPage } from "@/test/render";
import { ConfirmDialog, PasswordField, QrCode, RadioCards, TextField } from ".";

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
