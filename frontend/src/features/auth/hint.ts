/**
 * Who is likely to be logged in here. The session itself lives in cookies that no script can read;
 * this remembers only whose it was, so that a visitor isn't asked for it, and so that the other
 * pages of this browser hear when it becomes somebody else's.
 */

const KEY = "vez.signed-in";

export function mayBeSignedIn(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return true;
  }
}

export function rememberSignedIn(id: string | null): void {
  try {
    if (id === null) localStorage.removeItem(KEY);
    else if (localStorage.getItem(KEY) !== id) localStorage.setItem(KEY, id);
  } catch {
    // Private windows may refuse storage: the server is then asked at each load.
  }
}

/** Calls back with who has signed in on another page of this browser, null where somebody left. */
export function onSignedInElsewhere(listener: (id: string | null) => void): () => void {
  function hear({ key, newValue }: StorageEvent) {
    if (key === KEY || key === null) listener(newValue);
  }
  window.addEventListener("storage", hear);
  return () => window.removeEventListener("storage", hear);
}
