import { z } from "zod";
import { isPhone } from "./phone";

/** What a patient must tell of themselves, as every form asks for it. */
export const contact = z.object({
  full_name: z
    .string()
    .trim()
    .regex(/\S+\s+\S+/),
  phone: z.string().refine(isPhone),
  email: z.email(),
});
