// The queue: the jobs by status, a page at a time, the newest first. It is read anew every few
// seconds, and at once when a job on the screen is told to have changed.

import { element, find, write } from "./dom.js";
import { ENDED, jobCard } from "./job-card.js";
import { patiently, rest } from "./patience.js";
import { call } from "./session.js";
import { JOB_STATUSES } from "./words.js";

const PAGE = 50;
const REREAD_SECONDS = 5;

let status = "";
let cursors = [""]; // where each page begins that was come through
let next = null;
let want = () => {};
let wake = () => {};

/** `wantLive(ids)` is told which jobs are on the screen and may change. */
export function start(wantLive) {
  want = wantLive;
  find("jobs-status").addEventListener("change", (event) => {
    const query = event.target.value ? `?status=${event.target.value}` : "";
    location.hash = `#/jobs${query}`;
  });
  find("jobs-older").addEventListener("click", () => turn([...cursors, next]));
  find("jobs-newer").addEventListener("click", () => turn(cursors.slice(0, -1)));
}

/** Reads and shows them until `signal` ends. */
export async function show(wanted, signal) {
  status = wanted in JOB_STATUSES ? wanted : "";
  find("jobs-status").value = status;
  cursors = [""];
  next = null;
  find("jobs-list").replaceChildren();
  find("jobs-none").hidden = true;
  while (!signal.aborted) {
    const asked = cursors;
    const query = new URLSearchParams({ limit: PAGE });
    if (status) query.set("status", status);
    if (asked.at(-1)) query.set("cursor", asked.at(-1));
    const page = await patiently(() => call(`/api/jobs?${query}`, { signal }), signal);
    if (asked === cursors) draw(page);
    await rest(REREAD_SECONDS, signal, (now) => (wake = now));
    while (document.hidden) await rest(1, signal);
  }
}

export function heed(type, data) {
  const id = data.jobId ?? data.id;
  if (!type.startsWith("JOB_")) return;
  if (find("jobs-list").querySelector(`[data-job="${CSS.escape(id)}"]`)) wake();
}

function turn(to) {
  cursors = to;
  wake();
  find("jobs").querySelector("h1").focus();
}

function draw(page) {
  next = page.nextCursor;
  const list = find("jobs-list");
  const focused = document.activeElement?.getAttribute("href");
  list.replaceChildren(...page.jobs.map((job) => jobCard(job)));
  if (focused && document.activeElement === document.body) {
    list.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
  find("jobs-newer").disabled = cursors.length === 1;
  find("jobs-older").disabled = !next;
  find("jobs-newer").parentElement.hidden = cursors.length === 1 && !next;
  const none = find("jobs-none");
  none.hidden = page.jobs.length > 0;
  if (!none.hidden) {
    if (status || cursors.length > 1) write(none, "There is none of these.");
    else {
      const link = element("a", { href: "#/submit" }, "Submit one");
      none.replaceChildren("There are no jobs yet. ", link, ".");
    }
  }
  want(page.jobs.filter((job) => !ENDED.has(job.status)).map((job) => job.id));
}
