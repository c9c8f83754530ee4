export { appointmentQuery, checkoutPath, openVisitsQuery, useReschedule } from "./data";
export { LiveVisitsProvider, useLiveVisits } from "./live";
