import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { lazy, Suspense } from "react";
import { MemoryRouter } from "react-router";
import { afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { setLanguage } from "@/lib/language";
import { problem } from "@/test/clinic";
import { renderPage } from "@/test/render";
import { clearToasts } from "@/ui";

/** Loaded once the words can be added to, as in the app. */
const MoneyPage = lazy(async () => ({ default: (await import("./MoneyPage")).MoneyPage }));

const tally = (count = 0, sum = "0.00") => ({ count, sum });
const day = (date: string, count = 0, sum = "0.00") => ({
  date,
  paid: tally(count, sum),
  refunded: tally(),
});

const SUMMARY = {
  today: { paid: tally(1, "40.00"), pending: tally(), refunded: tally() },
  period: {
    paid: tally(3, "100.00"),
    pending: tally(),
    refunded: tally(),
    by_method: [{ method: "mb_way", ...tally(3, "100.00") }],
    by_specialty: [
      { code: "massage", name_pt: "Massagem", name_en: "Massage", ...tally(3, "100.00") },
    ],
    by_day: [day("2026-11-25", 2, "60.00"), day("2026-11-26"), day("2026-11-27", 1, "40.00")],
  },
  open_issues: 1,
  stuck_work: 0,
};

const LATE = {
  id: "i-1",
  kind: "late",
  created_at: "2026-11-27T09:00:00Z",
  resolved_at: null,
  note: "",
  payment: "p-1",
  patient_name: "Ana Martins",
  patient_phone: null,
  amount: "40.00",
  expected: "40.00",
  reference: null,
  action: "refund",
  settled_how: null,
  settled_by: null,
};

const TOO_MUCH = "Este pagamento não tem esse valor por devolver.";

const PAYMENT = {
  id: "p-1",
  created_at: "2026-11-27T08:00:00Z",
  paid_at: "2026-11-27T09:00:00Z",
  patient_name: "Ana Martins",
  specialty_pt: "Massagem",
  specialty_en: "Massage",
  amount: "40.00",
  returned: "0.00",
  refundable: "40.00",
  provider_refunds: true,
  provider: "sandbox",
  method: "mb_way",
  status: "paid",
  invoice_number: "FR 2026A/1",
  refunds: [],
};

const run = (id: string, started_at: string, changes = {}) => ({
  id,
  provider: "sandbox",
  started_at,
  finished_at: started_at,
  since: started_at,
  until: started_at,
  asked: 2,
  unanswered: 0,
  listed: 5,
  differences: [],
  ...changes,
});

const page = (results: unknown[], next: string | null = null) => ({
  count: results.length,
  next,
  previous: null,
  results,
});

/** The first time it takes longer than a test waits for an element. */
beforeAll(async () => {
  renderPage(null);
  await import("./MoneyPage");
});

type Answers = Record<string, unknown>;
let answers: Answers = {};
let sent: { path: string; body: unknown }[] = [];

/** A server of fixed answers; what is a function is asked anew each time. */
async function answer(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  const path = pathname.replace("/api/", "") + search;
  if (request.method === "POST") {
    const text = await request.text();
    sent.push({ path, body: text ? JSON.parse(text) : null });
  }
  const key = Object.keys(answers)
    .filter((start) => path.startsWith(start))
    .sort((one, other) => other.length - one.length)[0];
  const found = key === undefined ? problem(404, "not_found") : answers[key];
  const value: unknown = typeof found === "function" ? (found as () => unknown)() : found;
  return value instanceof Response ? value.clone() : Response.json(await value);
}

beforeEach(() => {
  localStorage.setItem("vez.signed-in", "1");
  sent = [];
  answers = {
    "auth/me": { id: "m", role: "manager", language: "pt", full_name: "Marta Reis" },
    "auth/csrf": { csrf_token: "token" },
    "staff/money/summary": SUMMARY,
    "staff/money/issues": page([]),
    "staff/stuck-work": page([]),
    "staff/money/reconciliations?": page([]),
    "staff/money/reconciliations/standings": [],
    "staff/money/payments/p-1": PAYMENT,
  };
  vi.stubGlobal("fetch", answer);
  vi.stubGlobal("scrollTo", () => undefined);
  Element.prototype.animate = () => ({ cancel: () => undefined }) as unknown as Animation;
});

afterEach(() => {
  act(() => setLanguage("pt"));
  clearToasts();
  vi.unstubAllGlobals();
  localStorage.clear();
});

function open(address = "/dinheiro") {
  renderPage(
    <MemoryRouter initialEntries={[address]}>
      <Suspense>
        <MoneyPage />
      </Suspense>
    </MemoryRouter>,
  );
  return userEvent.setup();
}

const section = (name: string) => screen.findByRole("region", { name });
const words = (element: HTMLElement) => element.textContent.replaceAll("\u00a0", " ");

it("says that it loads, then what came in", async () => {
  let arrive: (body: unknown) => void = () => undefined;
  answers["staff/money/summary"] = new Promise((resolve) => (arrive = resolve));
  open();
  await section("Já resolvido");
  expect(screen.getAllByText("A carregar…").length).toBeGreaterThan(0);

  arrive(SUMMARY);

  expect(words(await section("Hoje"))).toContain("40,00 €");
});

it("says that it loads, and refuses nobody, until it is known who is there", async () => {
  let arrive: (body: unknown) => void = () => undefined;
  const manager = answers["auth/me"];
  answers["auth/me"] = new Promise((resolve) => (arrive = resolve));
  open();
  expect((await screen.findAllByText("A carregar…")).length).toBeGreaterThan(0);
  expect(screen.queryByText("Só a gestão vê o dinheiro.")).toBeNull();

  arrive(manager);

  expect(await section("Hoje")).toBeTruthy();
});

it("is for the management alone", async () => {
  answers["auth/me"] = { id: "r", role: "reception", language: "pt", full_name: "Rita" };
  open();

  expect(await screen.findByText("Só a gestão vê o dinheiro.")).toBeTruthy();
  expect(screen.queryByText("A carregar…")).toBeNull();
});

it("is empty in words where nothing came in, nothing is open and nothing was compared", async () => {
  answers["staff/money/summary"] = {
    ...SUMMARY,
    period: { ...SUMMARY.period, paid: tally(), by_method: [], by_specialty: [] },
  };
  open();

  expect(await screen.findByText("Ainda não entrou dinheiro neste período")).toBeTruthy();
  expect(await screen.findByText("Nada por resolver.")).toBeTruthy();
  expect(await screen.findByText("Ainda não houve nenhuma comparação.")).toBeTruthy();
  expect(await screen.findByText("Ainda nada foi dado por resolvido.")).toBeTruthy();
});

it("asks again after an error", async () => {
  answers["staff/money/summary"] = () => problem(403, "permission_denied");
  const user = open();
  const alert = await screen.findByRole("alert");
  answers["staff/money/summary"] = SUMMARY;

  await user.click(within(alert).getByRole("button", { name: "Tentar de novo" }));

  expect(await section("Hoje")).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});

it("gives back what an issue suggests, and says in words why it could not", async () => {
  answers["staff/money/issues"] = page([LATE]);
  answers["staff/money/issues?page=1&state=settled"] = page([]);
  answers["staff/money/payments/p-1/refund"] = () =>
    Response.json({ code: "nothing_to_refund", detail: TOO_MUCH, errors: [] }, { status: 409 });
  const user = open();
  const issues = await section("Precisa de si");
  expect(await within(issues).findByText("Pagou depois de a vaga ser libertada.")).toBeTruthy();

  await user.click(within(issues).getByRole("button", { name: "Devolver" }));
  const dialog = await screen.findByRole("alertdialog");
  const amount = await within(dialog).findByRole("textbox", { name: /Valor a devolver/ });
  await user.clear(amount);
  await user.type(amount, "15,50");
  await user.type(within(dialog).getByRole("textbox", { name: /Motivo/ }), "Pagou tarde");
  await user.click(within(dialog).getByRole("button", { name: /Devolver 15,50/ }));

  const refused = await within(dialog).findByRole("alert");
  expect(refused.textContent).toBe(TOO_MUCH);
  answers["staff/money/payments/p-1/refund"] = () =>
    Response.json({ id: "r-1", amount: "15.50", status: "requested" }, { status: 201 });
  await user.click(within(dialog).getByRole("button", { name: /Devolver 15,50/ }));

  expect(await screen.findByText(/Devolução pedida: 15,50/)).toBeTruthy();
  await waitFor(() => expect(screen.queryByRole("textbox", { name: /Motivo/ })).toBeNull());
  const wish = {
    path: "staff/money/payments/p-1/refund",
    body: { amount: "15.50", reason: "Pagou tarde" },
  };
  expect(sent).toEqual([wish, wish]);
});

it("says in words what the charts draw", async () => {
  open();

  const chart = await screen.findByRole("figure");

  expect(words(chart)).toContain("100,00 € em 3 dias; o melhor dia foi");
  expect(within(chart).getAllByRole("row", { hidden: true })).toHaveLength(3);
});

it("lists the comparisons with their differences, and more of them on demand", async () => {
  const difference = {
    about: "movement:m-1",
    ours: "none",
    theirs: "paid",
    outcome: "unknown_payment",
  };
  answers["staff/money/reconciliations?"] = page(
    [run("1", "2026-11-27T04:15:00Z", { differences: [difference] })],
    "more",
  );
  answers["staff/money/reconciliations?page=2"] = page([
    run("2", "2026-11-26T04:15:00Z", { unanswered: 2, listed: null }),
  ]);
  answers["staff/money/reconciliations/standings"] = [
    { provider: "sandbox", state: "late", last_at: "2026-11-25T04:15:00Z" },
  ];
  const user = open();
  const books = await section("Contas com o prestador");

  expect(await within(books).findByText("1 diferença")).toBeTruthy();
  expect(words(books)).toContain(
    "Aqui: não consta. No prestador: pago. Ficou: por resolver, de nenhuma consulta.",
  );
  expect(
    await within(books).findByText("Banco simulado: a última noite ficou por comparar"),
  ).toBeTruthy();
  await user.click(within(books).getByRole("button", { name: "Mostrar mais" }));

  expect(await within(books).findByText("sem diferenças")).toBeTruthy();
  expect(words(books)).toContain("sem lista de movimentos · 2 sem resposta");
  expect(within(books).queryByRole("button", { name: "Mostrar mais" })).toBeNull();
});

it.each([
  { provider_refunds: true, offered: 1 },
  { provider_refunds: false, offered: 0 },
])("offers to give back what its provider sends back, else says what to do: %o", async (each) => {
  const payment = {
    ...PAYMENT,
    provider: "eupago",
    method: "multibanco",
    provider_refunds: each.provider_refunds,
  };
  answers["staff/money/payments"] = page([payment]);
  answers["staff/money/payments/p-1"] = payment;
  const user = open("/dinheiro?vista=pagamentos");

  await user.click(await screen.findByRole("button", { name: /Ver o pagamento de Ana Martins/ }));

  const dialog = await screen.findByRole("dialog");
  expect(await within(dialog).findByText("Eupago")).toBeTruthy();
  const offers = within(dialog).queryAllByRole("button", { name: "Devolver dinheiro" });
  expect(offers).toHaveLength(each.offered);
  const advice = within(dialog).queryAllByText(/o prestador, Eupago, .* Contacte-o/);
  expect(advice).toHaveLength(1 - each.offered);
});

it("tells who settled an issue, when and how", async () => {
  answers["staff/money/issues?page=1&state=settled"] = page([
    {
      ...LATE,
      resolved_at: "2026-11-27T10:30:00Z",
      note: "Devolvido ao balcão",
      settled_how: "person",
      settled_by: "Marta Reis",
    },
    { ...LATE, id: "i-2", resolved_at: "2026-11-26T10:30:00Z", settled_how: "refund" },
    {
      ...LATE,
      id: "i-3",
      kind: "not_issued",
      resolved_at: "2026-11-25T10:30:00Z",
      settled_how: "issue",
    },
  ]);
  open();
  const settled = await section("Já resolvido");

  expect(await within(settled).findByText("Devolvido ao balcão")).toBeTruthy();
  expect(words(settled)).toContain("27 nov 2026, 10:30 · por Marta Reis");
  expect(words(settled)).toContain("26 nov 2026, 10:30 · com a devolução do dinheiro");
  expect(words(settled)).toContain("25 nov 2026, 10:30 · com a emissão do documento");
});

it("is in English for who reads English", async () => {
  open();
  await section("Hoje");

  act(() => setLanguage("en"));

  expect(await section("Accounts with the provider")).toBeTruthy();
  expect(screen.getByRole("heading", { name: "Settled" })).toBeTruthy();
});

it("tells of work that has come to a halt, since when and why", async () => {
  answers["staff/stuck-work"] = page([
    {
      id: "w1",
      what: "Fatura por emitir",
      subject: { name: "Ana Martins", document: "", amount: "40.00", visit_at: null },
      since: "2027-01-01T09:00:00Z",
      code: "series_missing",
      why: "Falta a série deste ano.",
      is_set_aside: false,
      is_to_tell: false,
      failures: 20,
      next_at: "2027-01-01T12:15:00Z",
    },
  ]);
  open();

  const part = await section("Parado (1)");

  expect(within(part).getByText("Fatura por emitir")).toBeTruthy();
  expect(within(part).getByText(/Ana Martins · desde 1 jan/)).toBeTruthy();
  expect(
    within(part).getByText("Falta a série deste ano. Próxima tentativa às 12:15."),
  ).toBeTruthy();
  within(part).getByRole("button", { name: "Tentar de novo: Fatura por emitir Ana Martins" });
  expect(within(part).queryByRole("button", { name: /^Já avisei/ })).toBeNull();
});

it("takes a message off the list whose person was told in another way", async () => {
  const message = {
    id: "w2",
    what: "Utente por avisar de uma consulta desmarcada ou mudada",
    subject: { name: "Ana Martins", document: "", amount: null, visit_at: "2027-01-04T10:00:00Z" },
    since: "2027-01-01T09:00:00Z",
    code: "unreachable",
    why: "Não temos telefone nem e-mail desta pessoa.",
    is_set_aside: true,
    is_to_tell: true,
    failures: 1,
    next_at: null,
  };
  answers["staff/stuck-work"] = () => page(sent.length === 0 ? [message] : []);
  answers["staff/stuck-work/w2/told"] = () => new Response(null, { status: 204 });
  const user = open();
  const part = await section("Parado (1)");

  await user.click(within(part).getByRole("button", { name: /^Já avisei a pessoa: Utente/ }));

  expect(await screen.findByText("Fica registado que a avisou.")).toBeTruthy();
  await waitFor(() => expect(screen.queryByRole("region", { name: "Parado (1)" })).toBeNull());
  expect(sent.map(({ path }) => path)).toEqual(["staff/stuck-work/w2/told"]);
});
