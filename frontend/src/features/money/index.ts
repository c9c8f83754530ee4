export { Books } from "./Books";
export { Documents } from "./Documents";
export { Issues } from "./Issues";
export { Payments } from "./Payments";
export { Stuck } from "./Stuck";
export { Takings } from "./Takings";
