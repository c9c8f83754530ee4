import type { pt } from "../pt/sandbox";
import type { Words } from "../words";

export const en: Words<typeof pt> = { title: "Vez" };
