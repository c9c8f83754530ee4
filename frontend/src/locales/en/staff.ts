import type { pt } from "../pt/staff";
import type { Words } from "../words";

export const en: Words<typeof pt> = { title: "Vez" };
