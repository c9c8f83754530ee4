export { AccessesPage } from "./AccessesPage";
export { AccountPage } from "./AccountPage";
export { DetailsPage } from "./DetailsPage";
export { ErasePage } from "./ErasePage";
export { ScreensPage } from "./ScreensPage";
