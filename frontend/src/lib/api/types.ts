/** The words of the API as the pages use them. */

export type Language = "pt" | "en";
export type Role = "patient" | "practitioner" | "reception" | "manager";
export type LabelChoice = "ticket" | "short" | "full";

export interface User {
  id: string;
  username: string;
  role: Role;
  full_name: string;
  email: string;
  phone: string;
  birth_date: string | null;
  language: Language;
  label_choice: LabelChoice;
}

export interface Clinic {
  name: string;
  time_zone: string;
  languages: string[];
  sandbox: boolean;
  phone: string;
  address_line: string;
  postal_code: string;
  city: string;
  cancel_free_hours: number;
}

export interface Specialty {
  code: string;
  name_pt: string;
  name_en: string;
  name: string;
  duration_minutes: number;
  price: string;
  vat_rate: string;
}

export interface Practitioner {
  id: string;
  name: string;
  specialties: string[];
}

export interface PractitionerRef {
  id: string;
  name: string;
}

export interface RoomRef {
  id: string;
  name: string;
}

export interface Slot {
  start: string;
  end: string;
  practitioner: PractitionerRef;
}

export type AppointmentStatus =
  | "pending"
  | "booked"
  | "arrived"
  | "called"
  | "in_progress"
  | "fulfilled"
  | "expired"
  | "cancelled"
  | "no_show";

export interface SpecialtyRef {
  code: string;
  name_pt: string;
  name_en: string;
  duration_minutes?: number;
}

export interface Appointment {
  id: string;
  specialty: SpecialtyRef;
  practitioner: PractitionerRef;
  room: string | null;
  start: string;
  end: string;
  status: AppointmentStatus;
  price: string;
  hold_expires_at: string | null;
  checkout_url: string | null;
  check_in_code: string | null;
  ticket: string;
  label_choice: LabelChoice | "";
  can_cancel: boolean;
  can_reschedule: boolean;
  created_at: string;
}

export interface Wait {
  low_minutes: number;
  high_minutes: number;
  estimate_minutes: number;
}

export interface StaffAppointment {
  id: string;
  patient: { id: string; full_name: string; label: string };
  specialty: SpecialtyRef;
  practitioner: PractitionerRef;
  room: RoomRef | null;
  start: string;
  end: string;
  status: AppointmentStatus;
  ticket: string;
  label: string;
  arrived_at: string | null;
  called_at: string | null;
  call_number: number;
  started_at: string | null;
  ended_at: string | null;
  hold_expires_at: string | null;
  source: "online" | "desk" | "walk_in";
  wait: Wait | null;
}

export interface Day {
  type: "day";
  revision: number;
  server_time: string;
  date: string;
  practitioners: {
    id: string;
    name: string;
    room: RoomRef | null;
    appointments: StaffAppointment[];
  }[];
}

export interface Visit {
  type: "visit";
  revision: number;
  server_time: string;
  appointment: string;
  specialty: SpecialtyRef;
  practitioner: PractitionerRef;
  start: string;
  end: string;
  status: AppointmentStatus;
  room: string | null;
  ticket: string;
  label: string;
  position: number | null;
  wait: Wait | null;
  call_number: number;
}

export interface Heartbeat {
  type: "heartbeat";
  revision: number;
  server_time: string;
}

export interface BoardEntry {
  id: string;
  ticket: string;
  label: string;
  room: string;
  state: "waiting" | "called" | "in_room";
  call_number: number;
  called_at: string | null;
  wait: Wait | null;
}

export interface Board {
  type: "board";
  revision: number;
  server_time: string;
  clinic: string;
  entries: BoardEntry[];
}

export type PaymentMethod = "multibanco" | "mb_way";
export type PaymentStatus = "pending" | "paid" | "refused" | "expired" | "failed" | "refunded";

export interface Payment {
  id: string;
  method: PaymentMethod;
  status: PaymentStatus;
  amount: string;
  entity?: string | null;
  reference?: string | null;
  phone?: string | null;
  expires_at: string | null;
}

export interface PaymentFrame {
  type: "payment";
  appointment: string;
  payment: Payment;
}

export interface InvoiceDetails {
  kind: "final_consumer" | "taxpayer";
  tax_id?: string;
  name?: string;
  address?: string;
  email?: string;
}

export interface Checkout {
  appointment: {
    specialty: SpecialtyRef;
    start: string;
    end: string;
    practitioner: PractitionerRef;
  };
  amount: string;
  currency: string;
  status: AppointmentStatus;
  hold_expires_at: string | null;
  payment: Payment | null;
}

export interface Invoice {
  id: string;
  number: string;
  atcud: string;
  issued_on: string;
  appointment: string;
  net_total: string;
  vat_total: string;
  gross_total: string;
  customer_name: string;
  customer_tax_id: string;
  pdf_url: string;
  training: boolean;
}

export type FaceStatus = "none" | "processing" | "enrolled" | "failed";

export interface FaceReason {
  /** Position in the upload, from 1; null where it concerns all. */
  photo: number | null;
  code: string;
}

export interface Face {
  status: FaceStatus;
  reasons: FaceReason[];
  engine: string | null;
  enrolled_at: string | null;
  expires_at: string | null;
  consent: { version: string; text_pt: string; text_en: string; given_at: string | null };
  adult: boolean;
  recommended_photos: number;
  max_photos: number;
}

export interface Access {
  at: string;
  action: string;
  subject: string;
  actor: { kind: "user" | "device" | "system" | "provider"; role: string; name: string | null };
}

export type CheckInStatus =
  | "processing"
  | "arrived"
  | "already_arrived"
  | "confirm"
  | "not_recognised"
  | "no_appointment"
  | "too_early"
  | "no_face"
  | "multiple_faces"
  | "poor_image"
  | "unavailable";

export interface CheckIn {
  id: string;
  status: CheckInStatus;
  label: string | null;
  ticket: string | null;
  room: string | null;
  wait: Wait | null;
  detail: string | null;
}

export interface CheckInFrame extends CheckIn {
  type: "check_in";
}

export interface Device {
  id: string;
  kind: "display" | "kiosk";
  name: string;
  paired_at: string | null;
  last_seen_at: string | null;
  revoked_at: string | null;
  code_expires_at: string | null;
}

export interface StaffPatient {
  id: string;
  full_name: string;
  phone: string;
  birth_date: string | null;
}

export interface Page<T> {
  count: number;
  next: string | null;
  previous: string | null;
  results: T[];
}

export interface SandboxMessage {
  id: string;
  channel: "sms" | "email";
  to: string;
  subject: string;
  body: string;
  links: string[];
  attachments: { name: string; content_type: string; url: string }[];
  created_at: string;
}

export interface MbWayRequest {
  id: string;
  phone: string;
  amount: string;
  status: string;
  created_at: string;
  expires_at: string;
}

/** Everything that comes over a websocket, told apart by `type`. */
export type LiveFrame = Board | Day | Visit | PaymentFrame | CheckInFrame | Heartbeat;
