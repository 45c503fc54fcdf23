// Who asks, and how: the operator's token, and each question to the server. The token lives in
// sessionStorage, which ends with the tab; it travels in the Authorization header and in messages of
// the WebSocket, and never in an address.

const KEPT = "qubix.operator-token";

/** What went wrong, as a sentence for people. */
export class Trouble extends Error {
  constructor(sentence, { status = 0, code = "", retryAfterSeconds = null } = {}) {
    super(sentence);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Whether the same question may be answered a little later. */
  get passes() {
    return this.status === 0 || this.status === 408 || this.status === 429 || this.status >= 500;
  }
}

let refused = () => {};
let ahead = 0; // how far the server's clock is before ours, in milliseconds
let held = null; // where the browser keeps nothing: until the page is closed

export const token = () => {
  try {
    return sessionStorage.getItem(KEPT) ?? held;
  } catch {
    return held;
  }
};

export function keepToken(value) {
  held = value;
  try {
    if (value === null) sessionStorage.removeItem(KEPT);
    else sessionStorage.setItem(KEPT, value);
  } catch {
    // A browser that keeps nothing: the page works for as long as it is open.
  }
}

/** `work(sentence)` is called when the token opens nothing any more. */
export function whenRefused(work) {
  refused = work;
}

/** Now, by the server's clock. */
export const serverNow = () => Date.now() + ahead;

/** The JSON that `path` answers with. Throws Trouble, or the AbortError of `signal`. */
export async function call(path, { method = "GET", json, body, type, signal, as = token() } = {}) {
  const headers = { Authorization: `Bearer ${as}` };
  if (json !== undefined) headers["Content-Type"] = "application/json";
  if (type) headers["Content-Type"] = type;
  let answer;
  try {
    const content = json === undefined ? body : JSON.stringify(json);
    answer = await fetch(path, { method, headers, body: content, signal, cache: "no-store" });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Trouble(
      navigator.onLine === false
        ? "This computer is not connected to a network."
        : "The server cannot be reached just now.",
    );
  }
  noteClock(answer);
  const value = await answer.json().catch((error) => {
    if (signal?.aborted) throw error;
    return {};
  });
  if (answer.ok) return value;
  const trouble = troubleOf(answer, value);
  if (answer.status === 401 && as === token()) refused(trouble.message);
  throw trouble;
}

export function refuse(sentence) {
  refused(sentence);
}

export const REFUSED =
  "The server does not take this token any more. A newer one may have been made.";

function troubleOf(answer, value) {
  const retryAfter = Number(answer.headers.get("Retry-After"));
  const about = {
    status: answer.status,
    code: value.code ?? "",
    retryAfterSeconds: retryAfter > 0 ? retryAfter : null,
  };
  if (answer.status === 401) return new Trouble(REFUSED, about);
  if (answer.status === 403) {
    return new Trouble("This is a machine's secret, not the operator's token.", about);
  }
  return new Trouble(value.error ?? `The server answered ${answer.status}. Try again later.`, about);
}

function noteClock(answer) {
  const date = Date.parse(answer.headers.get("Date") ?? "");
  if (Number.isNaN(date)) return;
  const seen = date - Date.now();
  ahead = Math.abs(seen) > 3000 ? seen : 0; // the header counts whole seconds
}
