// Waiting for a server that is away or busy: how long, and what is said meanwhile. One place owns
// what the notice shows; whoever waits has an entry there until it is done.

import { find, say, write } from "./dom.js";
import { Trouble } from "./session.js";

const FIRST_SECONDS = 1;
const MOST_SECONDS = 30;

/** @type {Map<object, {trouble: Trouble, until: number, now: () => void}>} */
const waiting = new Map();

/** Seconds until the try after `failures` failed ones; a little different each time, so that many
 * pages do not come back in the same moment. What the server asks for is kept to. */
export function backOff(failures, retryAfterSeconds = null) {
  const seconds = Math.min(MOST_SECONDS, FIRST_SECONDS * 2 ** Math.min(10, failures - 1));
  return Math.max(retryAfterSeconds ?? 0, seconds * (0.75 + Math.random() / 2));
}

/** What `work` gives, once it is given. Throws what waiting does not mend, and when `signal` ends. */
export async function patiently(work, signal) {
  const entry = {};
  try {
    for (let failures = 1; ; failures += 1) {
      try {
        return await work();
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof Trouble) || !error.passes) throw error;
        const seconds = backOff(failures, error.retryAfterSeconds);
        await rest(seconds, signal, (now) => {
          waiting.set(entry, { trouble: error, until: Date.now() + seconds * 1000, now });
          show();
        });
      }
    }
  } finally {
    waiting.delete(entry);
    show();
  }
}

/** Resolves after `seconds`, or when `told` is given a function that is then called. */
export function rest(seconds, signal, told = () => {}) {
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      resolve();
    };
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(end, seconds * 1000);
    if (signal?.aborted) stop();
    signal?.addEventListener("abort", stop, { once: true });
    told(end);
  });
}

/** Ends every wait now. */
export function tryNow() {
  for (const { now } of waiting.values()) now();
}

function show() {
  const first = waiting.values().next().value;
  if (first && find("notice").hidden) say(first.trouble.message);
  find("notice").hidden = !first;
  if (!first) return;
  const left = Math.ceil((first.until - Date.now()) / 1000);
  write(find("notice-text"), first.trouble.message);
  write(find("notice-wait"), left > 0 ? `Trying again in ${left} s.` : "Trying again…");
}

setInterval(() => waiting.size && show(), 500);
addEventListener("online", tryNow);
