import type { pt } from "../pt/patient";
import type { Words } from "../words";

export const en: Words<typeof pt> = { title: "Vez" };
