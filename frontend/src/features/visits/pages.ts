// Apart from what every page of the app needs of the visits: these come when they are asked for.
export { AppointmentsPage } from "./AppointmentsPage";
export { LinkedVisitPage } from "./LinkedVisitPage";
export { VisitPage } from "./VisitPage";
