import { expect, type Browser, type BrowserContext } from "@playwright/test";
import type { Person } from "./people";
import { baseUrl, CLINIC_ZONE, demo } from "./settings";

const DAY_MS = 86_400_000;

interface Slot {
  start: string;
}

export interface Booked {
  id: string;
  code: string;
}

interface NewPatient {
  new_patient: { full_name: string; phone: string };
}

function asNew({ fullName, phone }: Person): NewPatient {
  return { new_patient: { full_name: fullName, phone } };
}

/** The reception at its desk, over the API: it books for people, and sends them home again. */
export class Desk {
  private constructor(
    private readonly context: BrowserContext,
    private readonly csrf: string,
  ) {}

  static async open(browser: Browser): Promise<Desk> {
    const context = await browser.newContext({ baseURL: baseUrl() });
    const token = async () => {
      const answer = await context.request.get("/api/auth/csrf");
      return ((await answer.json()) as { csrf_token: string }).csrf_token;
    };
    const before = new Desk(context, await token());
    await before.post("/api/auth/login", demo().accounts.reception);
    return new Desk(context, await token());
  }

  /** Books today's last free time for somebody new; gives the appointment and the SMS's code. */
  bookToday(person: Person): Promise<Booked> {
    return this.book(person, "today", asNew(person));
  }

  /**
   * Books that day's last free time, for somebody with an account where `patient` names one; gives
   * the appointment and the SMS's code.
   */
  async book(
    person: Person,
    day: "today" | "tomorrow",
    patient: { patient: string } | NewPatient = asNew(person),
  ): Promise<Booked> {
    const wanted = new Date(Date.now() + (day === "today" ? 0 : DAY_MS));
    const period = {
      from: wanted.toISOString(),
      to: new Date(wanted.getTime() + DAY_MS).toISOString(),
    };
    const slots = (await this.get("/api/slots", { specialty: "massage", ...period })) as Slot[];
    const dayOf = new Intl.DateTimeFormat("en-CA", { timeZone: CLINIC_ZONE });
    const last = slots
      .filter(({ start }) => dayOf.format(new Date(start)) === dayOf.format(wanted))
      .at(-1);
    if (!last) throw new Error(`no free time ${day}; the clinic closes at midnight`);
    const { id } = (await this.post("/api/staff/appointments", {
      ...patient,
      specialty: "massage",
      start: last.start,
    })) as { id: string };
    return { id, code: await this.codeSentTo(person) };
  }

  async cancel(appointment: string): Promise<void> {
    await this.post(`/api/staff/appointments/${appointment}/cancel`, {});
  }

  async sendHome(appointment: string): Promise<void> {
    await this.post(`/api/staff/appointments/${appointment}/no-show`, {});
    await this.context.close();
  }

  private async codeSentTo(person: Person): Promise<string> {
    let code = "";
    await expect(async () => {
      const to = `+351${person.phone}`;
      const messages = (await this.get("/api/sandbox/messages", { to })) as { body: string }[];
      code = /\b[2-9A-HJ-NP-Z]{6}\b/.exec(messages[0]?.body ?? "")?.[0] ?? "";
      expect(code).not.toBe("");
    }).toPass({ intervals: [200], timeout: 10_000 });
    return code;
  }

  private async get(path: string, params: Record<string, string>): Promise<unknown> {
    const answer = await this.context.request.get(path, { params });
    expect(answer.ok(), `GET ${path}: ${answer.status()}`).toBe(true);
    return answer.json();
  }

  private async post(path: string, data: unknown): Promise<unknown> {
    const answer = await this.context.request.post(path, {
      data,
      headers: { "X-CSRFToken": this.csrf, Origin: baseUrl() },
    });
    expect(answer.ok(), `POST ${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
    return answer.json();
  }
}
