import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { MemoryRouter } from "react-router";
import { afterEach, describe, expect, it, vi } from "vitest";
import { inMinutes, problem, StagedClinic, visit } from "@/test/clinic";
import { renderPage } from "@/test/render";
import { clearToasts } from "@/ui";
import { TodayPage } from "./TodayPage";

const ANA = "Ana Martins";
const BRUNO = "Bruno Dias";
const CARLA = "Conceição Antunes";

async function open(clinic: StagedClinic, path = "/") {
  renderPage(
    <MemoryRouter initialEntries={[path]}>
      <TodayPage me={clinic.me} />
    </MemoryRouter>,
  );
  await screen.findByRole("heading", { level: 2 });
  clinic.push();
  return userEvent.setup();
}

const notice = (text: string | RegExp) => screen.findAllByText(text);
const lineOf = (name: string) =>
  screen.getByRole("button", { name: new RegExp(`^(A\\d+ · )?${name}( tem uma nota)?$`) });

afterEach(() => {
  clearToasts();
  vi.unstubAllGlobals();
  localStorage.clear();
});

describe("the search", () => {
  const day = () => [visit("1", ANA, "arrived"), visit("2", CARLA, "booked")];

  it("leads from / to the patient's line, where A says that they are here", async () => {
    const clinic = new StagedClinic(day());
    const user = await open(clinic);

    await user.keyboard("/conc{Enter}");
    expect(document.activeElement).toBe(lineOf(CARLA));
    await user.keyboard("a");

    await notice(`${CARLA}: chegada registada.`);
    expect(clinic.sent.map(({ path }) => path)).toEqual(["appointments/2/arrive"]);
    expect(document.activeElement).toBe(lineOf(CARLA));
  });

  it("says that there is nobody, and gives the focus back", async () => {
    const user = await open(new StagedClinic(day()));

    await user.keyboard("/zzz");
    expect(screen.getByText("Ninguém hoje com esse nome ou senha.")).toBeTruthy();
    await user.keyboard("{Escape}");

    expect(screen.queryByText("Ninguém hoje com esse nome ou senha.")).toBeNull();
    expect(document.activeElement?.textContent).toContain("Chamar A001");
  });
});

describe("a practitioner's own view", () => {
  it("is the next patient: call, start, finish, and the focus stays on the one button", async () => {
    const day = [visit("1", ANA, "arrived"), visit("2", BRUNO, "booked")];
    const clinic = new StagedClinic(day, "practitioner", "Inês Carvalho");
    const user = await open(clinic);

    expect(screen.getByRole("heading", { name: "O meu próximo utente" })).toBeTruthy();
    for (const [word, after] of [
      ["Chamar A001", "Iniciar A001"],
      ["Iniciar A001", "Terminar A001"],
    ] as const) {
      await user.click(screen.getByRole("button", { name: word }));
      await screen.findByRole("button", { name: after });
      expect(document.activeElement?.textContent).toContain(after);
    }
    await user.click(screen.getByRole("button", { name: "Terminar A001" }));

    await notice("Ninguém à espera");
    expect(clinic.sent.map(({ path }) => path.split("/").at(-1))).toEqual([
      "call",
      "start",
      "finish",
    ]);
    expect(document.activeElement).not.toBe(document.body);
  });
});

describe("undo", () => {
  it("takes back the press that it names, and then there is nothing more", async () => {
    const clinic = new StagedClinic([visit("1", ANA, "arrived")]);
    const user = await open(clinic);

    await user.keyboard("c");
    await notice(`${ANA}: no ecrã.`);
    const { undo_until } = clinic.day.practitioners[0]?.appointments[0] ?? {};
    await user.keyboard("z");

    await notice(`${ANA}: anulado.`);
    expect(clinic.sent.at(-1)).toMatchObject({
      path: "appointments/1/undo",
      body: { undo_until },
    });
    await user.keyboard("z");
    await notice("Não há nada para anular.");
    expect(clinic.sent).toHaveLength(2);
  });

  it("says what a colleague did in the meantime, and takes nothing of theirs back", async () => {
    const clinic = new StagedClinic([visit("1", ANA, "arrived")]);
    const user = await open(clinic);
    await user.keyboard("c");
    await notice(`${ANA}: no ecrã.`);

    clinic.next = () => {
      clinic.change("1", { status: "in_progress" }, "Rita Campos", "in_progress");
      return problem(409, "nothing_to_undo");
    };
    await user.keyboard("z");

    await notice(`${ANA}: iniciado por Rita agora mesmo.`);
    expect(screen.getByRole("button", { name: "Terminar A001" })).toBeTruthy();
  });
});

describe("a press", () => {
  it("for one patient doesn't wait for the answer about another", async () => {
    const clinic = new StagedClinic([visit("1", ANA, "booked"), visit("2", BRUNO, "booked")]);
    const user = await open(clinic);
    let answer: () => void = () => undefined;
    clinic.next = (sent) =>
      new Promise((resolve) => {
        answer = () => resolve(Response.json(clinic.done(sent)));
      });

    await user.click(screen.getByRole("button", { name: `Chegou: ${ANA}` }));
    await user.click(screen.getByRole("button", { name: `Chegou: ${ANA}` }));
    await user.click(screen.getByRole("button", { name: `Chegou: ${BRUNO}` }));
    await notice(`${BRUNO}: chegada registada.`);
    answer();

    await notice(`${ANA}: chegada registada.`);
    expect(clinic.sent.map(({ path }) => path)).toEqual([
      "appointments/1/arrive",
      "appointments/2/arrive",
    ]);
  });

  it("whose answer is late doesn't bring an older state back", async () => {
    const clinic = new StagedClinic([visit("1", ANA, "arrived")]);
    const user = await open(clinic);
    clinic.next = (sent) => {
      const called = clinic.done(sent);
      clinic.colleague("1", { status: "in_progress" }, "in_progress");
      return Response.json(called);
    };

    await user.keyboard("c");
    await notice(`${ANA}: no ecrã.`);

    expect(screen.getByRole("button", { name: "Terminar A001" })).toBeTruthy();
  });

  it("without an answer says so until it is repeated", async () => {
    const clinic = new StagedClinic([visit("1", ANA, "arrived")]);
    const user = await open(clinic);
    clinic.next = (sent) => {
      clinic.done(sent);
      return Promise.reject(new TypeError("network"));
    };

    await user.keyboard("c");
    await notice(`${ANA}: sem resposta a «Chamar». Pode não ter ficado registado.`);
    await user.click(screen.getByRole("button", { name: "Repetir" }));

    await notice(`${ANA}: no ecrã.`);
    expect(screen.queryByText(/sem resposta/)).toBeNull();
    expect(clinic.sent.map(({ path }) => path)).toEqual(Array(2).fill("appointments/1/call"));
  });
});

describe("an open visit", () => {
  async function openVisit(clinic: StagedClinic) {
    const user = await open(clinic);
    await user.click(lineOf(ANA));
    return { user, dialog: within(await screen.findByRole("dialog")) };
  }

  it("says what a colleague made of it, and offers what its state allows now", async () => {
    const clinic = new StagedClinic([visit("1", ANA, "booked")]);
    const { user, dialog } = await openVisit(clinic);
    await user.click(dialog.getByRole("button", { name: "Desmarcar" }));
    expect(screen.getByRole("alertdialog")).toBeTruthy();

    clinic.colleague("1", { status: "arrived", ticket: "A001" }, "arrived");

    await notice("Entretanto: chegada registada por Rita agora mesmo.");
    expect(screen.queryByRole("alertdialog")).toBeNull();
    expect(screen.getByRole("button", { name: "Chamar" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Desmarcar" })).toBeNull();
  });

  it("that left the day says so", async () => {
    const clinic = new StagedClinic([visit("1", ANA, "booked"), visit("2", BRUNO, "booked")]);
    await openVisit(clinic);

    clinic.leave("1");

    await notice(/Já não está na lista deste dia/);
  });

  it("shows a colleague's note beside the draft and saves both", async () => {
    const clinic = new StagedClinic([visit("1", ANA, "booked")]);
    const { user, dialog } = await openVisit(clinic);
    const field = dialog.getByLabelText<HTMLTextAreaElement>("Nota para a equipa");
    await user.type(field, "Joelho direito.");

    clinic.colleague("1", { note: "Vem de muletas." }, "noted");

    await notice("Entretanto um colega escreveu:");
    expect(field.value).toBe("Joelho direito.");
    await user.click(dialog.getByRole("button", { name: "Juntar as duas" }));
    expect(document.activeElement).toBe(field);
    await user.click(dialog.getByRole("button", { name: "Guardar nota" }));
    await notice(`${ANA}: nota guardada.`);
    expect(clinic.sent).toEqual([
      {
        method: "PATCH",
        path: "appointments/1",
        body: { note: "Vem de muletas.\nJoelho direito.", was: "Vem de muletas." },
        key: null,
      },
    ]);
  });

  it("keeps the text of a note that was refused or got no answer, also when it is closed", async () => {
    const clinic = new StagedClinic([visit("1", ANA, "booked")]);
    const { user, dialog } = await openVisit(clinic);
    await user.type(dialog.getByLabelText("Nota para a equipa"), "Joelho direito.");
    clinic.next = () => {
      clinic.change("1", { note: "Vem de muletas." }, "Rita Campos", "noted");
      return problem(409, "note_changed");
    };
    await user.click(dialog.getByRole("button", { name: "Guardar nota" }));
    await notice("Entretanto um colega escreveu:");

    await user.keyboard("{Escape}");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    await user.click(lineOf(ANA));

    const field = await screen.findByLabelText<HTMLTextAreaElement>("Nota para a equipa");
    expect(field.value).toBe("Joelho direito.");
    expect(clinic.sent[0]?.body).toEqual({ note: "Joelho direito.", was: "" });
  });
});

it("says from when the day is while the server can't vouch for it", async () => {
  const clinic = new StagedClinic([visit("1", ANA, "booked")]);
  await open(clinic);
  expect(screen.getByText("em direto")).toBeTruthy();

  clinic.beat(true);
  expect(screen.queryByText("em direto")).toBeNull();
  expect(screen.getByText(/^a atualizar · dados das \d\d:\d\d$/)).toBeTruthy();
  expect(lineOf(ANA)).toBeTruthy();

  clinic.beat(false);
  expect(screen.getByText("em direto")).toBeTruthy();
});

it("doesn't take the server's doubt for news", async () => {
  const clinic = new StagedClinic([visit("1", ANA, "booked")]);
  await open(clinic);
  clinic.beat(true);
  const told = screen.getByText(/^a atualizar · dados das/).textContent;

  clinic.beat(true, inMinutes(10));

  expect(screen.getByText(/^a atualizar · dados das/).textContent).toBe(told);
});
