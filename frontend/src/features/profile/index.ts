export { AccessesPage } from "./AccessesPage";
export { AccountPage } from "./AccountPage";
export { DetailsPage } from "./DetailsPage";
export { ScreensPage } from "./ScreensPage";
