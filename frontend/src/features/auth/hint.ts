/**
 * Whether somebody is likely to be logged in here. The session itself lives in cookies that no
 * script can read; this remembers only that there was one, so that a visitor isn't asked for it.
 */

const KEY = "vez.signed-in";

export function mayBeSignedIn(): boolean {
  try {
    return localStorage.getItem(KEY) !== null;
  } catch {
    return true;
  }
}

export function rememberSignedIn(is: boolean): void {
  try {
    if (is) localStorage.setItem(KEY, "1");
    else localStorage.removeItem(KEY);
  } catch {
    // Private windows may refuse storage: the server is then asked at each load.
  }
}
