export { AppointmentsPage } from "./AppointmentsPage";
export { appointmentQuery, checkoutPath, useReschedule } from "./data";
export { LiveVisitsProvider, useLiveVisits } from "./live";
export { VisitPage } from "./VisitPage";
