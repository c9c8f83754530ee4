import type * as T from "./types";

/** The endpoints in the form openapi-fetch reads. */

interface Json<B> {
  content: { "application/json": B };
}
type Part<K extends string, V> = [V] extends [never]
  ? Partial<Record<K, never>>
  : Partial<V> extends V
    ? Partial<Record<K, V>>
    : Record<K, V>;
type Parameters<P, Q, H> = Part<"path", P> & Part<"query", Q> & Part<"header", H>;
interface Read<B, Q = never, P = never> {
  parameters: Parameters<P, Q, never>;
  responses: { 200: Json<B> };
}
interface Write<In, Out, P = never, H = never> {
  parameters: Parameters<P, never, H>;
  requestBody: Json<In>;
  responses: { 200: Json<Out> };
}
interface Act<Out, P = never> {
  parameters: Parameters<P, never, never>;
  responses: { 200: Json<Out> };
}
interface Id {
  id: string;
}

interface Move {
  post: Act<T.StaffAppointment, Id>;
}

export interface paths {
  "/api/clinic": { get: Read<T.Clinic> };
  "/api/auth/register": {
    post: Write<
      {
        username: string;
        password: string;
        full_name: string;
        email: string;
        phone: string;
        birth_date?: string;
        language?: T.Language;
      },
      T.User
    >;
  };
  "/api/auth/login": { post: Write<{ username: string; password: string }, T.User> };
  "/api/auth/logout": { post: Act<undefined> };
  "/api/auth/me": {
    get: Read<T.User>;
    patch: Write<Partial<Omit<T.User, "id" | "username" | "role">>, T.User>;
  };
  "/api/specialties": { get: Read<T.Specialty[]> };
  "/api/practitioners": { get: Read<T.Practitioner[], { specialty?: string }> };
  "/api/slots": {
    get: Read<T.Slot[], { specialty: string; practitioner?: string; from?: string; to?: string }>;
  };
  "/api/appointments": {
    get: Read<
      T.Page<T.Appointment>,
      { status?: string; from?: string; to?: string; page?: number }
    >;
    post: Write<{ specialty: string; practitioner?: string; start: string }, T.Appointment>;
  };
  "/api/appointments/{id}": {
    get: Read<T.Appointment, never, Id>;
    patch: Write<{ label_choice: T.LabelChoice | "" }, T.Appointment, Id>;
  };
  "/api/appointments/{id}/cancel": { post: Act<T.Appointment, Id> };
  "/api/appointments/{id}/reschedule": {
    post: Write<{ start: string; practitioner?: string }, T.Appointment, Id>;
  };
  "/api/checkout/{token}": { get: Read<T.Checkout, never, { token: string }> };
  "/api/checkout/{token}/payments": {
    post: Write<
      { method: T.PaymentMethod; phone?: string; invoice: T.InvoiceDetails },
      T.Payment,
      { token: string },
      { "Idempotency-Key": string }
    >;
  };
  "/api/checkout/{token}/payments/{id}": {
    get: Read<T.Payment, never, { token: string; id: string }>;
  };
  "/api/invoices": { get: Read<T.Page<T.Invoice>, { page?: number }> };
  "/api/me/face": {
    get: Read<T.Face>;
    put: Write<{ images: Blob[]; consent: boolean }, T.Face>;
    delete: Act<undefined>;
  };
  "/api/me/accesses": { get: Read<T.Page<T.Access>, { page?: number }> };
  "/api/check-ins": { post: Write<{ code: string } | { image: Blob }, T.CheckIn> };
  "/api/check-ins/{id}": { get: Read<T.CheckIn, never, Id> };
  "/api/check-ins/{id}/confirm": {
    post: Write<{ birth_year: number } | { code: string }, T.CheckIn, Id>;
  };
  "/api/devices": {
    get: Read<T.Device[]>;
    post: Write<
      { kind: T.Device["kind"]; name: string },
      Pick<T.Device, "id" | "kind" | "name" | "code_expires_at"> & { code: string }
    >;
  };
  "/api/devices/pair": {
    post: Write<{ code: string }, Pick<T.Device, "id" | "kind" | "name"> & { token: string }>;
  };
  "/api/devices/{id}": { delete: Act<undefined, Id> };
  "/api/board": { get: Read<T.Board> };
  "/api/staff/day": { get: Read<T.Day, { date?: string; practitioner?: string }> };
  "/api/staff/patients": { get: Read<T.StaffPatient[], { search: string }> };
  "/api/staff/rooms": { get: Read<T.RoomRef[]> };
  "/api/staff/appointments": {
    post: Write<
      {
        patient?: string;
        new_patient?: { full_name: string; phone: string; language?: T.Language };
        specialty: string;
        practitioner?: string;
        start?: string;
      },
      T.StaffAppointment
    >;
  };
  "/api/staff/appointments/{id}/arrive": Move;
  "/api/staff/appointments/{id}/call": Move;
  "/api/staff/appointments/{id}/call-again": Move;
  "/api/staff/appointments/{id}/start": Move;
  "/api/staff/appointments/{id}/finish": Move;
  "/api/staff/appointments/{id}/no-show": Move;
  "/api/staff/appointments/{id}/put-back": Move;
  "/api/staff/appointments/{id}/cancel": Move;
  "/api/staff/appointments/{id}/move-room": {
    post: Write<{ room: string }, T.StaffAppointment, Id>;
  };
  "/api/staff/practitioners/{id}/call-next": Move;
  "/api/sandbox/messages": { get: Read<T.SandboxMessage[], { to?: string }> };
  "/api/sandbox/bank/multibanco": {
    post: Write<{ entity: string; reference: string; amount: string }, Record<string, unknown>>;
  };
  "/api/sandbox/bank/mb-way": { get: Read<T.MbWayRequest[], { phone?: string }> };
  "/api/sandbox/bank/mb-way/{id}": {
    post: Write<{ action: "approve" | "refuse" }, Record<string, unknown>, Id>;
  };
}
