import { cleanup, render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import type { PrivacyReport, SpentTries } from "@/lib/api/types";
import { startI18n } from "@/lib/i18n";
import { setLanguage } from "@/lib/language";
import { createQueryClient } from "@/lib/query";
import { Providers } from "@/ui";

const REPORT: PrivacyReport = {
  generated_at: "2026-11-24T10:30:00Z",
  engine: {
    name: "DlibEngine",
    runs: "local",
    accept: 0.45,
    confirm: 0.5,
    margin: 0.05,
    liveness: null,
  },
  rules: { always_confirm: false },
  consent_version: "1",
  consents_in_force: 7,
  patients_enrolled: 1,
  templates: {
    total: 3,
    oldest: "2026-02-03T09:00:00Z",
    older_key: 0,
    unreadable: 0,
    by_engine: [{ engine: "dlib", templates: 3 }],
  },
  retention: {
    every_seconds: 3600,
    pictures_every_seconds: 60,
    last_run: "2026-11-24T10:00:00Z",
    late: false,
    overdue_faces: 0,
    undone_erasures: 0,
  },
  kept: [
    {
      what: "template",
      place: "database",
      seen_by: [],
      records: 3,
      oldest: "2026-02-03T09:00:00Z",
      months: 12,
      seconds: null,
    },
    {
      what: "check_in",
      place: "database",
      seen_by: ["kiosk"],
      records: 40,
      oldest: "2026-10-25T09:00:00Z",
      months: null,
      seconds: 2_592_000,
    },
    {
      what: "consent",
      place: "database",
      seen_by: ["patient"],
      records: 9,
      oldest: null,
      months: null,
      seconds: null,
    },
  ],
  days: [
    {
      day: "2026-11-24",
      accepted: 12,
      confirmed: 2,
      unknown: 1,
      unusable: 3,
      unavailable: 0,
      by_code: 9,
      liveness_passed: 4,
      liveness_failed: 5,
      liveness_not_assessed: 6,
    },
  ],
};

const TRIES: SpentTries[] = [
  { at: "2026-11-24T10:20:00Z", kind: "code", kiosk: "Entrada", patient: null },
  {
    at: "2026-11-24T09:05:00Z",
    kind: "factor",
    kiosk: "Corredor",
    patient: { id: "5b6f9a0e-6a0c-4a4c-9a39-5d3b1b8f6f10", full_name: "Ana Marques" },
  },
];

beforeAll(() => {
  startI18n({});
});

afterEach(() => {
  setLanguage("pt");
  vi.unstubAllGlobals();
});

async function open(
  report: PrivacyReport,
  role: string | null = "manager",
  answer: (request: Request) => Promise<Response> = () => Promise.resolve(Response.json(report)),
  tries: () => Response = () => Response.json([]),
) {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(new URL(request.url).pathname);
    return request.url.endsWith("/spent-tries") ? Promise.resolve(tries()) : answer(request);
  });
  const { PrivacyPage } = await import("./PrivacyPage");
  const client = createQueryClient();
  if (role) {
    client.setQueryDefaults(["me"], { staleTime: Infinity });
    client.setQueryData(["me"], { role });
  }
  render(
    <Providers client={client}>
      <PrivacyPage />
    </Providers>,
  );
  return asked;
}

const row = (name: RegExp) =>
  within(screen.getByRole("row", { name }))
    .getAllByRole("cell")
    .map((cell) => cell.textContent);

it("says what is kept, where, until when and for whom", async () => {
  await open(REPORT);

  expect(await screen.findByText(/Estado de 24 nov 2026, 10:30/)).toBeTruthy();
  expect(screen.getByText(/DlibEngine: as imagens são analisadas nos servidores/)).toBeTruthy();
  expect(screen.getByText("24 nov 2026, 10:00; repete a cada 1 hora")).toBeTruthy();
  expect(screen.getByText(/incertas a cada 1 minuto, o resto a cada 1 hora\.$/)).toBeTruthy();
  expect(row(/^Representação cifrada/)).toEqual([
    "base de dados",
    "12 meses",
    "ninguém",
    "3",
    "3 fev 2026",
  ]);
  expect(row(/^Resultado de cada chegada/).slice(1, 3)).toEqual([
    "30 dias",
    "o quiosque onde se deu",
  ]);
  expect(row(/^Autorizações dadas/).slice(1, 3)).toEqual([
    "sem prazo definido",
    "o próprio utente",
  ]);
  expect(screen.queryByText("Precisa de atenção")).toBeNull();
});

it("says whether it is checked that somebody lives, and what that changes", async () => {
  await open(REPORT);
  expect(await screen.findByText(/^não é verificado se diante da câmara/)).toBeTruthy();
  expect(screen.getByText(/uma fotografia de outra pessoa mostrada à câmara/)).toBeTruthy();
  cleanup();

  const engine = { ...REPORT.engine, runs: "amazon" as const, liveness: 87.5 };
  await open({ ...REPORT, engine });
  expect(await screen.findByText(/^um vídeo curto segue do quiosque .* 87,5 em 100/)).toBeTruthy();
  expect(screen.getByText(/ou quando tirou uma fotografia em vez do vídeo\.$/)).toBeTruthy();
  expect(screen.queryByText(/uma fotografia de outra pessoa mostrada à câmara/)).toBeNull();
});

it("shows how the arrivals of a day ended", async () => {
  await open(REPORT);

  await screen.findByRole("heading", { level: 1 });
  await screen.findByText("Aceites");
  expect(row(/^24 nov 2026/)).toEqual(["", "12", "2", "1", "3", "0", "9", "4", "5", "6"]);
});

it("names what needs attention", async () => {
  await open({
    ...REPORT,
    templates: { ...REPORT.templates, unreadable: 1, older_key: 2 },
    retention: {
      ...REPORT.retention,
      last_run: null,
      late: true,
      overdue_faces: 2,
      undone_erasures: 3,
    },
  });

  expect(await screen.findByText("Precisa de atenção")).toBeTruthy();
  expect(screen.getByText("2 registos já expiraram e ainda não foram apagados.")).toBeTruthy();
  expect(screen.getByText(/^3 apagamentos na Amazon ainda por confirmar/)).toBeTruthy();
  expect(screen.getByText(/^1 representação não abre/)).toBeTruthy();
  expect(screen.getByText(/^2 representações ainda estão cifradas/)).toBeTruthy();
  expect(screen.getByText("A limpeza ainda nunca chegou ao fim, e já devia.")).toBeTruthy();
});

it("doesn't warn of a first clean-up that isn't due, and warns of a last one long ago", async () => {
  await open({ ...REPORT, retention: { ...REPORT.retention, last_run: null } });
  expect(await screen.findByText("nunca; repete a cada 1 hora")).toBeTruthy();
  expect(screen.queryByText("Precisa de atenção")).toBeNull();
  cleanup();

  await open({ ...REPORT, retention: { ...REPORT.retention, late: true } });
  expect(await screen.findByText("A última limpeza foi há mais tempo do que devia.")).toBeTruthy();
});

it("tells whose tries are used up, when and at which kiosk", async () => {
  await open(REPORT, "manager", undefined, () => Response.json(TRIES));

  await screen.findByText("Ana Marques");
  expect(row(/^24 nov 2026, 10:20/)).toEqual([
    "Trinta códigos errados numa hora",
    "Entrada",
    "nenhum em particular",
  ]);
  expect(row(/^24 nov 2026, 09:05/)).toEqual([
    "Cinco confirmações num dia",
    "Corredor",
    "Ana Marques",
  ]);
  cleanup();

  setLanguage("en");
  await open(REPORT, "manager", undefined, () => Response.json(TRIES));
  await screen.findByText("Ana Marques");
  expect(row(/Entrada/)[0]).toBe("Thirty wrong codes in an hour");
});

it("says that no tries were used up, or that it can't tell", async () => {
  await open(REPORT);
  expect(await screen.findByText("Nenhuma nos últimos 90 dias.")).toBeTruthy();
  cleanup();

  await open(REPORT, "manager", undefined, () =>
    Response.json({ code: "permission_denied", status: 403 }, { status: 403 }),
  );
  expect(await screen.findByText("Não conseguimos mostrar as tentativas agora")).toBeTruthy();
  expect(screen.getByRole("heading", { name: "Segundo fator" })).toBeTruthy();
});

it("lets the manager choose that a second factor is always asked", async () => {
  const sent: unknown[] = [];
  await open(REPORT, "manager", async (request) => {
    if (request.method === "GET") return Response.json(REPORT);
    sent.push([request.method, new URL(request.url).pathname, await request.json()]);
    return Response.json({ always_confirm: true });
  });
  const choice = await screen.findByRole("switch", { name: "Pedir sempre um segundo fator" });
  expect(choice).toHaveProperty("checked", false);
  expect(screen.getByText(/^O quiosque só pede o ano de nascimento/)).toBeTruthy();

  await userEvent.click(choice);

  expect(await screen.findByText(/^O quiosque pede sempre o ano de nascimento/)).toBeTruthy();
  expect(choice).toHaveProperty("checked", true);
  expect(await screen.findByText("Guardado. Vale a partir da próxima chegada.")).toBeTruthy();
  expect(sent).toEqual([["PUT", "/api/staff/check-in-rules", { always_confirm: true }]]);
});

it("shows a choice that wasn't taken as it still is", async () => {
  await open(REPORT, "manager", (request) =>
    Promise.resolve(
      request.method === "GET"
        ? Response.json(REPORT)
        : Response.json({ code: "permission_denied", status: 403 }, { status: 403 }),
    ),
  );
  const choice = await screen.findByRole("switch");

  await userEvent.click(choice);

  const section = within(screen.getByRole("region", { name: "Segundo fator" }));
  expect(await section.findByRole("alert")).toBeTruthy();
  expect(choice).toHaveProperty("checked", false);
});

it("refuses nobody while it isn't known who is there", async () => {
  let arrive: (response: Response) => void = () => undefined;
  localStorage.setItem("vez.signed-in", "1");
  const asked = await open(REPORT, null, (request) =>
    request.url.endsWith("/auth/me")
      ? new Promise((resolve) => (arrive = resolve))
      : Promise.resolve(Response.json(REPORT)),
  );

  expect(await screen.findByText("A carregar…")).toBeTruthy();
  expect(screen.queryByText("Só a gestão vê esta página.")).toBeNull();
  expect(asked).toEqual(["/api/auth/me"]);

  arrive(Response.json({ role: "manager", language: "pt" }));
  expect(await screen.findByRole("region", { name: "Segundo fator" })).toBeTruthy();
});

it("speaks English and prints", async () => {
  const print = vi.fn();
  vi.stubGlobal("print", print);
  setLanguage("en");
  await open(REPORT);

  await userEvent.click(await screen.findByRole("button", { name: "Print" }));

  expect(print).toHaveBeenCalledOnce();
});

it("is for the manager only", async () => {
  const asked = await open(REPORT, "reception");

  expect(await screen.findByText("Só a gestão vê esta página.")).toBeTruthy();
  expect(asked).toEqual([]);
});
