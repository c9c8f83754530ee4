import type { Page, Route } from "@playwright/test";
import type {
  Appointment,
  Checkout,
  Face,
  KeptDetails,
  LinkedVisit,
  Payment,
  Visit,
} from "../../src/lib/api/types";

/**
 * States that are rare or short-lived in a real clinic, answered in its place: for looking at
 * pages, never for telling whether the clinic works.
 */

export const APPOINTMENT_ID = "61b1254b-49ae-451e-9547-4d4b9c597aa0";
export const VISIT_PATH = `/consultas/${APPOINTMENT_ID}`;
export const PAY_PATH = "/pay/YbElS0muRR6VR01LnFl6oGsISPIqPYVwqu57hRI6fGBodSMq";

export const LINK_PATH = "/v/YbElS0muRR6VR01LnFl6oGsISPIqPYVwqu4";

const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

const specialty = {
  code: "musculoskeletal",
  name_pt: "Fisioterapia musculoesquelética",
  name_en: "Musculoskeletal physiotherapy",
  duration_minutes: 45,
};
const practitioner = { id: "0de4778a-3e2b-4720-ba69-74f4cc80ee49", name: "Marta Figueiredo" };

function appointment(changes: Partial<Appointment>): Appointment {
  return {
    id: APPOINTMENT_ID,
    specialty,
    practitioner,
    room: "3",
    start: inMinutes(26 * 60),
    end: inMinutes(26 * 60 + 45),
    status: "booked",
    price: "40.00",
    hold_expires_at: null,
    checkout_url: null,
    check_in_code: "K7M2QX",
    ticket: "",
    label_choice: "",
    can_cancel: true,
    can_reschedule: true,
    is_refundable: true,
    created_at: inMinutes(-60),
    ...changes,
  };
}

export function visit(changes: Partial<Visit>): Visit {
  return {
    type: "visit",
    revision: 99_999,
    server_time: inMinutes(0),
    appointment: APPOINTMENT_ID,
    specialty,
    practitioner,
    start: inMinutes(20),
    end: inMinutes(65),
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

export function payment(changes: Partial<Payment>): Payment {
  return {
    id: "11111111-1111-4111-8111-111111111111",
    method: "multibanco",
    status: "pending",
    reason: "",
    amount: "40.00",
    currency: "EUR",
    entity: "99999",
    reference: "999012373",
    phone: null,
    expires_at: inMinutes(12),
    created_at: inMinutes(-1),
    paid_at: null,
    ...changes,
  };
}

const answer = (body: unknown) => (route: Route) => route.fulfill({ json: body });

export async function showVisit(
  page: Page,
  changes: Partial<Appointment>,
  live?: Partial<Visit>,
): Promise<void> {
  await page.route(`**/api/appointments/${APPOINTMENT_ID}`, answer(appointment(changes)));
  if (!live) return;
  await page.routeWebSocket(/\/ws\/me/, (socket) => socket.send(JSON.stringify(visit(live))));
}

/** The visit of a link, its refusal, or no answer at all. */
type LinkAnswer = Partial<LinkedVisit> | 404 | 410 | null;

export async function showLinkedVisit(page: Page, changes: LinkAnswer): Promise<void> {
  await page.route("**/api/visits/*", (route) => {
    if (changes === null) return route.abort("internetdisconnected");
    if (typeof changes === "number") {
      const code = changes === 410 ? "link_over" : "link_invalid";
      return route.fulfill({ status: changes, json: { code } });
    }
    const { status = "arrived" } = changes;
    const isHere = ["arrived", "called", "in_progress"].includes(status);
    const isWaiting = status === "arrived";
    const isBooked = status === "booked";
    const { label, ticket, room, position, wait } = visit({});
    const body: LinkedVisit = {
      server_time: inMinutes(0),
      start: inMinutes(isBooked ? 26 * 60 : 20),
      practitioner: practitioner.name,
      language: "pt",
      status,
      is_missed: false,
      check_in_code: isBooked ? "K7M2QX" : null,
      label: isHere ? label : "",
      ticket: isHere ? ticket : "",
      room: isHere ? room : null,
      position: isWaiting ? position : null,
      wait: isWaiting ? wait : null,
      call_number: 0,
      called_at: null,
      ...changes,
    };
    return route.fulfill({ json: body });
  });
}

/** Answers so from now on, and lets the page ask, as it does when it is seen again. */
export async function readLinkAgain(page: Page, changes: LinkAnswer): Promise<void> {
  await showLinkedVisit(page, changes);
  const asked = page.waitForRequest("**/api/visits/*");
  await page.evaluate(() =>
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true })),
  );
  await asked;
}

export async function showCheckout(page: Page, changes: Partial<Checkout>): Promise<void> {
  const checkout: Checkout = {
    appointment: { specialty, practitioner, start: inMinutes(1560), end: inMinutes(1605) },
    amount: "40.00",
    currency: "EUR",
    status: "pending",
    hold_expires_at: inMinutes(13),
    payment: null,
    ...changes,
  };
  await page.route(/\/api\/checkout\/[^/]+$/, answer(checkout));
  await page.route(/\/api\/checkout\/[^/]+\/payments\/./, answer(checkout.payment));
}

export async function showKeptDetails(page: Page): Promise<void> {
  const kept: KeptDetails = {
    tax_id: "501964843",
    name: "Ana & Filhos, Lda.",
    address: "Rua do Ouro 3, Lisboa",
    kept_at: inMinutes(-60),
  };
  await page.route("**/api/me/invoice-details", answer(kept));
}

export async function showFace(page: Page, changes: Partial<Face>): Promise<void> {
  const face: Face = {
    status: "none",
    reasons: [],
    engine: null,
    enrolled_at: null,
    expires_at: null,
    consent: {
      version: "1",
      text_pt: "Autorizo a clínica a reconhecer-me.\nPosso desistir quando quiser.",
      text_en: "I allow the clinic to recognise me.\nI can withdraw at any time.",
      given_at: null,
    },
    adult: true,
    recommended_photos: 3,
    max_photos: 5,
    ...changes,
  };
  await page.route("**/api/me/face", answer(face));
}
