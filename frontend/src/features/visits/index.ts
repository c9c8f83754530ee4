export { appointmentQuery, checkoutPath, useReschedule } from "./data";
export { LiveVisitsProvider, useLiveVisits } from "./live";
