import createClient from "openapi-fetch";
import { currentLanguage } from "../language";
import type { paths } from "./schema";
import { problemFrom } from "./problem";
import { sessionFetch } from "./session";

/** No refusal: what is held already is still true. */
export const NOT_MODIFIED = 304;

export function createApi(options: { renew: boolean }) {
  const session = sessionFetch({ ...options, language: currentLanguage });
  const client = createClient<paths>({ baseUrl: location.origin, fetch: session });
  client.use({
    async onResponse({ response }) {
      if (!response.ok && response.status !== NOT_MODIFIED) throw await problemFrom(response);
    },
  });
  return { client, session };
}

/** For people: the session is renewed when it ran out. */
const people = createApi({ renew: true });

export const api = people.client;
export const session = people.session;

/** For the screens in the building, which log in as devices. */
export const deviceApi = createApi({ renew: false }).client;

/** The body of an answer; refusals were thrown as Problem before. */
export async function body<D>(answer: Promise<{ data?: D }>): Promise<NonNullable<D>> {
  return (await answer).data as NonNullable<D>;
}
