export type { Hint } from "./look";
export { takePicture, toJpeg } from "./picture";
export { isFault, useCamera, type CameraFault } from "./useCamera";
export { useLooks } from "./useLooks";
export { useQr } from "./useQr";
