import { expect, type APIRequestContext, type APIResponse } from "@playwright/test";
import type { Slot } from "../../src/lib/api/types";
import type { Person } from "./people";
import { baseUrl } from "./settings";

/** An unsafe request as a page of ours sends it; for what a test needs but isn't about. */
export async function send(
  request: APIRequestContext,
  path: string,
  data: object,
): Promise<APIResponse> {
  const { csrf_token } = (await (await request.get(`${baseUrl()}/api/auth/csrf`)).json()) as {
    csrf_token: string;
  };
  return request.post(`${baseUrl()}${path}`, {
    data,
    headers: { "X-CSRFToken": csrf_token, Origin: baseUrl() },
  });
}

export async function registerByApi(request: APIRequestContext, person: Person): Promise<void> {
  const { birthDate } = person;
  const answer = await send(request, "/api/auth/register", {
    username: person.username,
    password: person.password,
    full_name: person.fullName,
    email: person.email,
    phone: `+351${person.phone}`,
    birth_date: `${birthDate.year}-${birthDate.month}-${birthDate.day}`,
    language: "pt",
  });
  if (answer.status() !== 201) throw new Error(await answer.text());
  await send(request, "/api/auth/phone/code", {});
  const code = await newestDigits(request, person, /c[óo]digo/);
  const verified = await send(request, "/api/auth/phone/verify", { code });
  if (verified.status() !== 200) throw new Error(await verified.text());
}

interface Message {
  body: string;
  links: string[];
}

/** What the newest SMS to this person says, as soon as there is one that says such a thing. */
export async function newestSms(
  request: APIRequestContext,
  person: Person,
  says: RegExp,
): Promise<Message> {
  const to = new URLSearchParams({ to: `+351${person.phone}` });
  let found: Message | undefined;
  await expect
    .poll(
      async () => {
        const answer = await request.get(`${baseUrl()}/api/sandbox/messages?${to}`);
        found = ((await answer.json()) as Message[]).find(({ body }) => says.test(body));
        return found;
      },
      { timeout: 15_000 },
    )
    .toBeDefined();
  if (!found) throw new Error(`no SMS says ${says.source}`);
  return found;
}

/** The six digits that came last. */
export async function newestDigits(
  request: APIRequestContext,
  person: Person,
  says: RegExp,
): Promise<string> {
  return /\d{6}/.exec((await newestSms(request, person, says)).body)?.[0] ?? "";
}

/** Free times some days ahead, where no other test looks for one. */
export async function freeSlots(
  request: APIRequestContext,
  specialty: string,
  daysAhead: number,
): Promise<Slot[]> {
  const day = new Date(Date.now() + daysAhead * 86_400_000).toISOString().slice(0, 10);
  const query = new URLSearchParams({ specialty, from: day, to: day });
  return (await request.get(`${baseUrl()}/api/slots?${query}`)).json() as Promise<Slot[]>;
}
