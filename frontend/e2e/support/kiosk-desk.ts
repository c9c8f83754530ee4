import { expect, type Browser, type BrowserContext } from "@playwright/test";
import type { Person } from "./people";
import { baseUrl, CLINIC_ZONE, demo } from "./settings";

const DAY_MS = 86_400_000;

interface Slot {
  start: string;
}

interface Sms {
  body: string;
  links: string[];
}

export interface Booked {
  id: string;
  code: string;
  /** The SMS's, which opens the visit without a login. */
  link: string;
}

interface NewPatient {
  new_patient: { full_name: string; phone: string };
}

function asNew({ fullName, phone }: Person): NewPatient {
  return { new_patient: { full_name: fullName, phone } };
}

type Day = "today" | "tomorrow";

/** The reception at its desk, over the API: it books for people, and sends them home again. */
export class Desk {
  private readonly codes = new Set<string>();

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

  /** When that day's massages can still begin, in order. */
  async freeTimes(day: Day): Promise<string[]> {
    const wanted = new Date(Date.now() + (day === "today" ? 0 : DAY_MS));
    const period = {
      from: wanted.toISOString(),
      to: new Date(wanted.getTime() + DAY_MS).toISOString(),
    };
    const slots = (await this.get("/api/slots", { specialty: "massage", ...period })) as Slot[];
    const dayOf = new Intl.DateTimeFormat("en-CA", { timeZone: CLINIC_ZONE });
    const times = slots
      .map(({ start }) => start)
      .filter((start) => dayOf.format(new Date(start)) === dayOf.format(wanted));
    if (!times.length) throw new Error(`no free time ${day}; the clinic closes at midnight`);
    return times;
  }

  /**
   * Books that day's last free time, for somebody with an account where `patient` names one; gives
   * the appointment with what the SMS says.
   */
  async book(
    person: Person,
    day: Day,
    patient: { patient: string } | NewPatient = asNew(person),
  ): Promise<Booked> {
    const { id } = (await this.post("/api/staff/appointments", {
      ...patient,
      specialty: "massage",
      start: (await this.freeTimes(day)).at(-1),
    })) as { id: string };
    return { id, ...(await this.smsTo(person)) };
  }

  /** From the arrival to the end of the treatment, at once; another one of that room ends first. */
  async treat(appointment: string): Promise<void> {
    const path = `/api/staff/appointments/${appointment}`;
    await this.post(`${path}/arrive`, {});
    await this.post(`${path}/call`, { override: true });
    await this.post(`${path}/start`, { override: true });
    await this.post(`${path}/finish`, {});
  }

  async cancel(appointment: string): Promise<void> {
    await this.post(`/api/staff/appointments/${appointment}/cancel`, {});
  }

  async sendHome(appointment: string): Promise<void> {
    await this.post(`/api/staff/appointments/${appointment}/no-show`, {});
  }

  close(): Promise<void> {
    return this.context.close();
  }

  /** What the newest SMS with a code that no visit before had says. */
  private async smsTo(person: Person): Promise<{ code: string; link: string }> {
    const to = `+351${person.phone}`;
    const found: { code: string; link: string }[] = [];
    await expect(async () => {
      for (const { body, links } of (await this.get("/api/sandbox/messages", { to })) as Sms[]) {
        const code = /\b[2-9A-HJ-NP-Z]{6}\b/.exec(body)?.[0];
        const [link] = links;
        if (code && link && !this.codes.has(code)) found.push({ code, link });
      }
      expect(found).not.toEqual([]);
    }).toPass({ intervals: [200], timeout: 10_000 });
    const [newest] = found;
    if (!newest) throw new Error("no SMS");
    this.codes.add(newest.code);
    return newest;
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
