import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Heartbeat, Appointment, Visit } from "@/lib/api/types";
import { renderPage } from "@/test/render";
import { LiveVisitsProvider } from "./live";
import { VisitPage } from "./VisitPage";

const ID = "61b1254b-49ae-451e-9547-4d4b9c597aa0";
const specialty = { code: "massage", name_pt: "Massagem", name_en: "Massage" };
const practitioner = { id: "p", name: "Inês Sousa" };

const appointment: Appointment = {
  id: ID,
  specialty: { ...specialty, duration_minutes: 45 },
  practitioner,
  room: "3",
  start: "2026-11-24T12:15:00Z",
  end: "2026-11-24T13:00:00Z",
  status: "arrived",
  price: "40.00",
  hold_expires_at: null,
  checkout_url: null,
  check_in_code: null,
  ticket: "A014",
  label_choice: "",
  can_cancel: false,
  can_reschedule: false,
  is_refundable: true,
  created_at: "2026-11-20T12:00:00Z",
};

function frame(changes: Partial<Visit> = {}): Visit {
  return {
    type: "visit",
    revision: 1,
    server_time: new Date().toISOString(),
    appointment: ID,
    specialty: appointment.specialty,
    practitioner,
    start: appointment.start,
    end: appointment.end,
    status: "arrived",
    room: "3",
    ticket: "A014",
    label: "Sofia M.",
    position: 3,
    wait: { low_minutes: 10, high_minutes: 20, estimate_minutes: 14 },
    call_number: 0,
    called_at: null,
    ...changes,
  };
}

class Socket {
  static newest: Socket;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;

  constructor() {
    Socket.newest = this;
  }

  close() {
    this.onclose = null;
  }

  static say(said: Visit | (Omit<Heartbeat, "stale"> & Partial<Heartbeat>)) {
    act(() => Socket.newest.onmessage?.({ data: JSON.stringify(said) }));
  }
}

const pass = (seconds: number) => act(() => vi.advanceTimersByTimeAsync(seconds * 1000));

let asked: { method: string; body: unknown }[];

async function open() {
  renderPage(
    <LiveVisitsProvider enabled renewSession={() => Promise.resolve()}>
      <VisitPage
        id={ID}
        user={{ full_name: "Sofia Matos", label_choice: "short" }}
        cancelFreeHours={24}
      />
    </LiveVisitsProvider>,
  );
  await pass(0.1);
}

beforeEach(() => {
  vi.useFakeTimers({ now: new Date("2026-11-24T12:00:00Z"), shouldAdvanceTime: true });
  vi.stubGlobal("WebSocket", Socket);
  asked = [];
  let now = appointment;
  vi.stubGlobal("fetch", async (request: Request) => {
    if (request.url.endsWith("/csrf")) return Response.json({ csrf_token: "t" });
    const body = request.method === "GET" ? null : ((await request.json()) as object);
    asked.push({ method: request.method, body });
    now = { ...now, ...body };
    return Response.json(now);
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("says from when its data is while the connection is lost, and when it is back", async () => {
  await open();
  Socket.say(frame());
  vi.setSystemTime(new Date("2026-11-24T12:42:00Z"));
  Socket.say({ type: "heartbeat", revision: 1, server_time: "2026-11-24T12:42:00Z" });

  act(() => Socket.newest.onclose?.());
  expect(screen.getByText("Sem ligação; dados das 12:42. Estamos a tentar de novo.")).toBeTruthy();
  expect(screen.getByText("10–20 min")).toBeTruthy();

  await pass(2);
  Socket.say(frame({ revision: 2, position: 1 }));
  expect(screen.getByText("Ligação recuperada.")).toBeTruthy();
  expect(screen.getByText("É o próximo")).toBeTruthy();
});

it("says from when its data is while the server can't vouch for it", async () => {
  await open();
  const said = { type: "heartbeat" as const, revision: 1, server_time: "2026-11-24T12:42:00Z" };
  Socket.say(frame());
  Socket.say({ ...said, stale: false });

  Socket.say({ ...said, server_time: "2026-11-24T12:44:00Z", stale: true });
  expect(screen.getByText("A atualizar; dados das 12:42.")).toBeTruthy();
  expect(screen.getByText("10–20 min")).toBeTruthy();

  Socket.say({ ...said, server_time: "2026-11-24T12:45:00Z", stale: false });
  expect(screen.queryByText(/dados das/)).toBeNull();
});

it("doesn't take the server's doubt for news when the connection is lost after it", async () => {
  await open();
  const said = { type: "heartbeat" as const, revision: 1 };
  Socket.say(frame());
  Socket.say({ ...said, server_time: "2026-11-24T12:42:00Z", stale: false });
  Socket.say({ ...said, server_time: "2026-11-24T12:44:00Z", stale: true });

  act(() => Socket.newest.onclose?.());

  expect(screen.getByText("Sem ligação; dados das 12:42. Estamos a tentar de novo.")).toBeTruthy();
});

it("says so within eight seconds where the network falls silent", async () => {
  await open();
  Socket.say(frame());
  await pass(5.9);
  expect(screen.queryByText(/dados das/)).toBeNull();

  await pass(0.2);

  expect(screen.getByText(/^A atualizar; dados das/)).toBeTruthy();
});

it("takes back yesterday's turn at midnight, also without a connection", async () => {
  vi.setSystemTime(new Date("2026-11-24T23:59:00Z"));
  await open();
  Socket.say(frame({ status: "called", call_number: 1, called_at: "2026-11-24T23:59:00Z" }));
  expect(screen.getByRole("heading", { name: "É a sua vez" })).toBeTruthy();

  act(() => Socket.newest.onclose?.());
  await pass(65);
  expect(screen.queryByText("É a sua vez")).toBeNull();
  expect(screen.queryByText("Já sabemos que chegou")).toBeNull();
  expect(screen.getByRole("heading", { name: "O dia desta consulta já passou" })).toBeTruthy();
});

it("lets the patient be named otherwise at this visit alone", async () => {
  await open();
  const user = userEvent.setup({ advanceTimers: vi.advanceTimersByTime });
  expect(screen.getByText("Sofia M.")).toBeTruthy();

  await user.click(screen.getByRole("button", { name: "Alterar o nome no ecrã" }));
  const dialog = within(screen.getByRole("dialog"));
  await user.click(dialog.getByRole("radio", { name: "Só a senha" }));
  await user.click(dialog.getByRole("button", { name: "Usar nesta visita" }));
  await pass(1);

  expect(asked).toContainEqual({ method: "PATCH", body: { label_choice: "ticket" } });
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(screen.queryByText("Sofia M.")).toBeNull();
});
