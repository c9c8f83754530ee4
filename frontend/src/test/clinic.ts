import { act } from "@testing-library/react";
import { vi } from "vitest";
import type { Day, Role, StaffAnswer, StaffAppointment } from "@/lib/api/types";

/** The clinic's server as the staff's page knows it: a day, presses, and a socket. */

type Status = StaffAppointment["status"];

export interface Sent {
  method: string;
  path: string;
  body: unknown;
  key: string | null;
}

const AFTER: Record<string, Status> = {
  arrive: "arrived",
  call: "called",
  start: "in_progress",
  finish: "fulfilled",
};
const BEFORE: Partial<Record<Status, Status>> = {
  arrived: "booked",
  called: "arrived",
  in_progress: "called",
  fulfilled: "in_progress",
};

export function inMinutes(count: number): string {
  return new Date(Date.now() + count * 60_000).toISOString();
}

export function visit(
  id: string,
  full_name: string,
  status: Status,
  changes: Partial<StaffAppointment> = {},
): StaffAppointment {
  return {
    id,
    patient: { id: `p${id}`, full_name, label: "" },
    specialty: { code: "massage", name_pt: "Massagem", name_en: "Massage" },
    practitioner: { id: "ines", name: "Inês Carvalho" },
    room: { id: "r1", name: "1" },
    start: inMinutes(0),
    end: inMinutes(45),
    status,
    source: "online",
    ticket: status === "booked" ? "" : `A00${id}`,
    label: "",
    arrived_at: status === "booked" ? null : inMinutes(-10),
    called_at: null,
    call_number: 0,
    started_at: null,
    ended_at: null,
    hold_expires_at: null,
    wait: null,
    told: null,
    note: "",
    changed_by: null,
    undo_until: null,
    is_missed: false,
    ...changes,
  };
}

export function problem(status: number, code: string): Response {
  return Response.json({ code, detail: code, errors: [] }, { status });
}

class Socket {
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onerror: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  close(): void {
    this.onmessage = null;
  }
}

export class StagedClinic {
  readonly sent: Sent[] = [];
  /** What the next unsafe request gets in place of its usual answer. */
  next: ((sent: Sent) => Response | Promise<Response>) | null = null;
  private sockets: Socket[] = [];
  private revision = 1;

  constructor(
    private visits: StaffAppointment[],
    private readonly role: Role = "reception",
    readonly name = "Teresa Brandão",
  ) {
    localStorage.setItem("vez.signed-in", "1");
    vi.stubGlobal("fetch", (request: Request) => this.fetch(request));
    const sockets = this.sockets;
    vi.stubGlobal(
      "WebSocket",
      class extends Socket {
        constructor() {
          super();
          sockets.push(this);
        }
      },
    );
    vi.stubGlobal("scrollTo", () => undefined);
    Element.prototype.animate = () => ({ cancel: () => undefined }) as unknown as Animation;
  }

  get me() {
    return { id: "user", role: this.role, full_name: this.name };
  }

  get day(): Day {
    const column = { id: "ines", name: "Inês Carvalho", room: { id: "r1", name: "1" } };
    return {
      type: "day",
      revision: this.revision,
      server_time: new Date().toISOString(),
      date: new Intl.DateTimeFormat("sv", { timeZone: "Europe/Lisbon" }).format(),
      limits: { late_minutes: 15, unheard_minutes: 5 },
      practitioners: [{ ...column, user: "user", appointments: this.visits }],
    };
  }

  /** Changes a visit as somebody of the staff does. */
  change(id: string, changes: Partial<StaffAppointment>, by: string, action: string): StaffAnswer {
    this.revision += 1;
    const at = new Date().toISOString();
    const changed_by = { name: by, at, action };
    this.visits = this.visits.map((one) =>
      one.id === id ? { ...one, undo_until: null, ...changes, changed_by } : one,
    );
    const changed = this.visits.find((one) => one.id === id);
    if (!changed) throw new Error(`no visit ${id}`);
    return { ...changed, revision: this.revision };
  }

  /** A colleague's press, with its frame. */
  colleague(id: string, changes: Partial<StaffAppointment>, action: string): void {
    this.change(id, { undo_until: inMinutes(1), ...changes }, "Rita Campos", action);
    this.push();
  }

  leave(id: string): void {
    this.revision += 1;
    this.visits = this.visits.filter((one) => one.id !== id);
    this.push();
  }

  push(): void {
    this.say(this.day);
  }

  /** A heartbeat, in which the server may doubt that it has told everything. */
  beat(stale: boolean, server_time = inMinutes(0)): void {
    const { revision } = this;
    this.say({ type: "heartbeat", revision, server_time, stale });
  }

  private say(frame: object): void {
    const data = JSON.stringify(frame);
    act(() => {
      for (const socket of this.sockets) socket.onmessage?.({ data });
    });
  }

  private async fetch(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname;
    if (path === "/api/auth/csrf") return Response.json({ csrf_token: "token" });
    if (path === "/api/auth/me") {
      return Response.json(this.me);
    }
    if (path === "/api/staff/day") return Response.json(this.day);
    if (request.method === "GET") return Response.json([]);
    const text = await request.text();
    const sent: Sent = {
      method: request.method,
      path: path.replace("/api/staff/", ""),
      body: text ? JSON.parse(text) : null,
      key: request.headers.get("Idempotency-Key"),
    };
    this.sent.push(sent);
    const answer = this.next;
    this.next = null;
    return answer ? answer(sent) : Response.json(this.done(sent));
  }

  /** Does what was asked, as the server would. */
  done({ method, path, body }: Sent): StaffAnswer {
    const [, id = "", button = ""] = path.split("/");
    if (method === "PATCH") {
      return this.change(id, { note: (body as { note: string }).note }, this.name, "noted");
    }
    if (button === "undo") {
      const status = this.visits.find((one) => one.id === id)?.status ?? "booked";
      return this.change(id, { status: BEFORE[status] ?? status }, this.name, "undone");
    }
    const status = AFTER[button] ?? "booked";
    return this.change(id, { status, undo_until: inMinutes(1) }, this.name, status);
  }
}
