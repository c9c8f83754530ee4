export { faceQuery } from "./data";
export { FacePage } from "./FacePage";
