import type { pt } from "../pt/kiosk";
import type { Words } from "../words";

export const en: Words<typeof pt> = { title: "Vez" };
