import type { components } from "./schema";

/** The words of the API as the pages use them; what comes over HTTP or a socket is in its schema. */

type Schemas = components["schemas"];

export type Language = Schemas["Language"];
export type Role = Schemas["Role"];
export type LabelChoice = Schemas["LabelChoice"];
export type User = Schemas["Me"];
export type Registration = Schemas["RegistrationRequest"];
export type ProfileChange = Schemas["PatchedProfileChangeRequest"];
export type Clinic = Schemas["ClinicOut"];

export type Specialty = Schemas["SpecialtyOut"];
export type SpecialtyRef = Schemas["SpecialtyRef"];
export type Practitioner = Schemas["PractitionerOut"];
export type PractitionerRef = Schemas["PersonRef"];
export type RoomRef = Schemas["RoomRef"];
export type Slot = Schemas["SlotOut"];
export type AppointmentStatus = Schemas["AppointmentStatus"];
export type Appointment = Schemas["AppointmentOut"];
export type Wait = Schemas["Wait"];
export type LinkedVisit = Schemas["LinkedVisit"];
export type Visit = Schemas["Visit"];
/** Everything that comes over a websocket, told apart by `type`. */
export type LiveFrame = Schemas["LiveFrame"];
export type Heartbeat = Schemas["Heartbeat"];

export type StaffAppointment = Schemas["StaffAppointment"];
export type BusyProblem = Schemas["BusyProblem"];
export type InTheWay = Schemas["InTheWayOut"];
export type StaffAnswer = Schemas["StaffAnswer"];
export type StaffPatient = Schemas["PatientOut"];
export type Day = Schemas["StaffDay"];
export type DayLimits = Schemas["DayLimits"];
export type WaitReport = Schemas["WaitReport"];
export type DayAccuracy = Schemas["DayAccuracyOut"];
export type PrivacyReport = Schemas["PrivacyReport"];
export type KeptData = Schemas["KeptData"];
export type CheckInRules = Schemas["CheckInRules"];
export type SpentTries = Schemas["SpentTries"];
export type CheckInsOfDay = Schemas["CheckInsOfDay"];
export type Board = Schemas["Board"];
export type BoardEntry = Schemas["BoardEntry"];
export type Device = Schemas["Device"];
export type DisplaySettings = Schemas["DisplaySettings"];
export type DailyHours = Schemas["DailyHours"];
export type ScreenReport = Schemas["ScreenReportRequest"];
export type ThisDevice = Schemas["ThisDevice"];
export type DeviceChange = Schemas["PatchedDeviceChangeRequest"];

export type PaymentMethod = Schemas["MethodEnum"];
export type PaymentStatus = Schemas["PaymentStatus"];
export type Payment = Schemas["PaymentBody"];
export type InvoiceDetails = Schemas["InvoiceDetailsRequest"];
export type KeptDetails = Schemas["KeptDetailsBody"];
export type Checkout = Schemas["CheckoutBody"];
export type Invoice = Schemas["InvoiceBody"];
export type DocumentType = Schemas["DocumentTypeEnum"];

export type MoneySummary = Schemas["Summary"];
export type Tally = Schemas["TallyBody"];
export type DayTally = Schemas["DayTally"];
export type MoneyPayment = Schemas["MoneyPayment"];
export type Refund = Schemas["RefundBody"];
export type RefundWish = Schemas["RefundWishRequest"];
export type MoneyIssue = Schemas["IssueBody"];
export type StuckWork = Schemas["StuckWork"];
export type Reconciliation = Schemas["ReconciliationBody"];
export type ReconciliationStanding = Schemas["StandingBody"];
export type InvoicingRules = Schemas["InvoicingRulesState"];
export type InvoicingRulesChange = Schemas["PatchedRulesChangeRequest"];
export type PaymentMechanism = Schemas["MbWayMechanismEnum"];
export type Series = Schemas["SeriesBody"];
export type NewSeries = Schemas["NewSeriesRequest"];

export type FaceStatus = Schemas["EnrolmentStatus"];
export type Face = Schemas["FaceRegistration"];
export type FaceReason = Schemas["FaceReason"];
export type Access = Schemas["Access"];
export type CheckInStatus = Schemas["CheckInStatus"];
export type CheckIn = Schemas["CheckInResult"];
export type LivenessSession = Schemas["LivenessSession"];

export type SandboxMessage = Schemas["SandboxMessage"];
export type MbWayRequest = Schemas["MbWayRequest"];
export type PaidMoney = Schemas["PaidMoney"];
export type BankNotice = Schemas["NoticeEnum"];

/** The invoice details that a patient had kept, and the way to keep others in their place. */
export interface InvoiceMemory {
  kept: KeptDetails;
  keep: (details: Omit<KeptDetails, "kept_at">) => Promise<unknown>;
}

export interface Page<T> {
  count: number;
  next?: string | null;
  previous?: string | null;
  results: T[];
}
