/** The value of the X-CSRFToken header, for pages that do without the API client. */
export async function csrfToken(signal: AbortSignal | undefined): Promise<string> {
  const answer = await fetch("/api/auth/csrf", { credentials: "same-origin", signal });
  const body = (await answer.json()) as { csrf_token: string };
  return body.csrf_token;
}
