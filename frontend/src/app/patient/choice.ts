import type { Choice } from "@/features/booking";

/** The choice of a booking lives in the address, so that a login or a reload keeps it. */
export function choiceFrom(params: URLSearchParams): Choice {
  return {
    specialty: params.get("tipo") ?? "",
    practitioner: params.get("com") ?? "",
    start: params.get("hora"),
  };
}

export function choiceParams({ specialty, practitioner, start }: Choice): URLSearchParams {
  const params = new URLSearchParams();
  if (specialty) params.set("tipo", specialty);
  if (practitioner) params.set("com", practitioner);
  if (start) params.set("hora", start);
  return params;
}

/** Where to go after a login: only places of this app. */
export function nextPath(params: URLSearchParams): string {
  const next = params.get("next") ?? "";
  return /^\/(?![/\\])/.test(next) ? next : "/consultas";
}
