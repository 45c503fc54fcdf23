// The page of one job: how it stands, what it logs, what it has given back, and how to end it. What
// a job says comes from a stranger's program: it is shown as text, and files are only saved.

import { confirmed, element, facts, find, say, write } from "./dom.js";
import { ENDED, machineLink, statusOf, titleOf, tookOf } from "./job-card.js";
import { patiently, rest } from "./patience.js";
import { Trouble, call } from "./session.js";
import { SYSTEMS, bytes, inert, lasting, moment } from "./words.js";

const REREAD_SECONDS = 4;
const LOG_PAGE = 1000;
const SHOWN_CHARACTERS = 100_000;
const FILES_SHOWN = 500;

let id = null;
let job = null;
let log = null;
let wake = () => {};

export function start() {
  find("job-cancel").addEventListener("click", cancel);
}

/** Reads and shows it until `signal` ends. Throws Trouble 404 where there is none. */
export async function show(jobId, signal) {
  id = jobId;
  job = null;
  log = { kept: [], tail: [], cursor: "" };
  write(find("job-name"), "…");
  write(find("job-status"), "");
  write(find("job-trouble"), "");
  facts(find("job-facts"), []);
  for (const name of ["job-error", "job-going", "job-result", "job-log"]) find(name).hidden = true;
  find("job-cancel").hidden = true;
  find("job-outputs").replaceChildren();
  const path = `/api/jobs/${encodeURIComponent(id)}`;
  for (let ended = false; !signal.aborted && !ended; ) {
    take((await patiently(() => call(path, { signal }), signal)).job);
    ended = ENDED.has(job.status);
    await readLog(`${path}/logs`, signal);
    if (ended) {
      const told = await patiently(() => call(`${path}/result`, { signal }), signal);
      showResult(told.result);
    } else {
      await rest(REREAD_SECONDS, signal, (now) => (wake = now));
      while (document.hidden) await rest(1, signal);
    }
  }
}

export function heed(type, data) {
  if (!job || (data.jobId ?? data.id) !== job.id) return;
  if (type === "JOB_PROGRESS") {
    take({
      ...job,
      status: ENDED.has(job.status) ? job.status : "RUNNING",
      progress: data.progress,
      currentOperation: data.currentOperation,
    });
  }
  wake(); // for what an event leaves out
}

function take(told) {
  const before = job?.status;
  job = told;
  write(find("job-name"), titleOf(job));
  document.title = `${titleOf(job)} – ${find("network").textContent}`;
  write(find("job-status"), statusOf(job));
  find("job-status").dataset.status = job.status;
  const failed = Boolean(job.error);
  find("job-error").hidden = !failed;
  write(find("job-error"), failed ? inert(job.error) : "");
  const going = job.status === "RUNNING" || job.status === "ASSIGNED";
  find("job-going").hidden = !going;
  find("job-progress").value = job.progress;
  write(find("job-operation"), inert(job.currentOperation ?? ""));
  find("job-cancel").hidden = ENDED.has(job.status);
  const needs = job.requirements ?? {};
  const { spec = {}, metrics = {} } = job;
  facts(find("job-facts"), [
    ["Machine", job.workerId && machineLink(job.workerId)],
    ["Created", moment(job.createdAt)],
    ["Given out", moment(job.assignedAt)],
    ["Begun", moment(job.startedAt)],
    ["Ended", moment(job.finishedAt)],
    ["Took", tookOf(job)?.replace("took ", "")],
    ["Attempt", job.attempt > 1 ? String(job.attempt) : null],
    ["Memory used", typeof metrics.memoryMb === "number" ? `${metrics.memoryMb} MB` : null],
    ["Image", typeof spec.image === "string" && inert(spec.image)],
    ["Program", typeof spec.moduleSha256 === "string" && `SHA-256 ${inert(spec.moduleSha256)}`],
    ["Arguments", Array.isArray(spec.args) && inert(spec.args.join("\n"))],
    ["Time limit", lasting(job.timeoutSeconds * 1000)],
    ["Must have", needsOf(needs)],
    ["Id", job.id],
  ]);
  if (before && before !== job.status) say(`The job: ${statusOf(job)}.`);
}

function needsOf(needs) {
  return [
    needs.gpu && "a graphics card",
    needs.minVramGb && `${needs.minVramGb} GB of graphics memory`,
    needs.minRamGb && `${needs.minRamGb} GB of memory`,
    SYSTEMS[needs.os],
  ]
    .filter(Boolean)
    .join(", ");
}

// --- The log -------------------------------------------------------------------------------------

/** Reads what was added. The last page is read again each time: only a full one is kept. */
async function readLog(path, signal) {
  for (let more = true; more; ) {
    const query = new URLSearchParams({ limit: LOG_PAGE });
    if (log.cursor) query.set("cursor", log.cursor);
    const page = await patiently(() => call(`${path}?${query}`, { signal }), signal);
    more = page.nextCursor !== null;
    if (more) {
      log.kept.push(...page.logs);
      log.cursor = page.nextCursor;
    } else log.tail = page.logs;
  }
  const lines = [...log.kept, ...log.tail];
  const text = lines.map(({ timestamp, line }) => `${clock(timestamp)}  ${inert(line)}`).join("\n");
  const pane = find("job-log");
  const follows = pane.scrollTop + pane.clientHeight >= pane.scrollHeight - 4;
  pane.hidden = lines.length === 0;
  find("job-log-none").hidden = lines.length > 0;
  write(pane, text);
  if (follows) pane.scrollTop = pane.scrollHeight;
}

const clock = (timestamp) => new Date(timestamp).toLocaleTimeString([], { hour12: false });

// --- The result ----------------------------------------------------------------------------------

function showResult(result) {
  find("job-result").hidden = false;
  const parts = [];
  if (result) {
    if (Number.isInteger(result.exitCode)) {
      parts.push(element("p", {}, `It ended with exit code ${result.exitCode}.`));
    }
    const printed = bytesOf(result.stdout);
    if (printed?.length) {
      parts.push(...shown("What it printed", printed, "output.txt", result.stdoutCut));
    }
    if (typeof result.stderr === "string" && result.stderr) {
      const data = new TextEncoder().encode(result.stderr);
      parts.push(...shown("What it printed as errors", data, "errors.txt", false));
    }
    const files = Object.entries(result.files ?? {});
    if (files.length) parts.push(...filesShown(files));
  }
  find("job-result-none").hidden = parts.length > 0;
  find("job-outputs").replaceChildren(...parts);
}

function shown(title, data, name, isCut) {
  const text = inert(new TextDecoder().decode(data));
  const long = text.length > SHOWN_CHARACTERS;
  const named = { tabindex: "0", role: "region", "aria-label": title };
  const pane = element("pre", { class: "output", ...named });
  pane.textContent = long ? text.slice(0, SHOWN_CHARACTERS) : text;
  const notes = [
    long && `Only the beginning is shown: it is ${bytes(data.length)}.`,
    isCut && "It printed more than is kept.",
  ].filter(Boolean);
  const heading = element(
    "div",
    { class: "output-head" },
    element("h3", {}, title),
    saver(`Save (${bytes(data.length)})`, name, () => data, `Save what it printed as ${name}`),
  );
  return [heading, ...notes.map((note) => element("p", { class: "small" }, note)), pane];
}

function filesShown(files) {
  const items = files.slice(0, FILES_SHOWN).map(([name, text]) => {
    const size = typeof text === "string" ? bytes(Math.floor((text.length * 3) / 4)) : "";
    return element(
      "li",
      {},
      element("bdi", {}, inert(name)),
      element("span", { class: "soft" }, size),
      saver("Save", plainName(name), () => bytesOf(text), `Save ${inert(name)}`),
    );
  });
  const more = files.length - items.length;
  const rest =
    more > 0 ? `${more} more: qubix-server jobs show ${job.id} --save-files FOLDER` : null;
  return [
    element("h3", {}, "Files"),
    element("ul", { class: "files" }, ...items),
    ...(rest ? [element("p", { class: "small" }, rest)] : []),
  ];
}

function saver(text, name, data, label) {
  const named = { type: "button", class: "small-button", "aria-label": label };
  const button = element("button", named, text);
  button.addEventListener("click", () => {
    const content = data();
    if (!content) {
      write(find("job-trouble"), `${inert(name)} cannot be understood, so it is not saved.`);
      return;
    }
    // As bytes without a meaning: the browser saves it and does nothing else with it.
    const address = URL.createObjectURL(new Blob([content], { type: "application/octet-stream" }));
    element("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 60_000);
  });
  return button;
}

/** The last part of a name, with nothing in it that a file system could take for more. */
function plainName(name) {
  const last = name.split(/[/\\]/).pop() ?? "";
  const plain = last.replace(/[\p{Cc}\p{Cf}:*?"<>|]/gu, "_");
  return plain.replace(/^\.+|[. ]+$/g, "") || "file";
}

function bytesOf(text) {
  if (typeof text !== "string") return null;
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

// --- What can be done ----------------------------------------------------------------------------

async function cancel() {
  const asked = job.id; // what is asked about is what is done, whatever view is shown by then
  const isSure = await confirmed({
    title: `Cancel ${titleOf(job)}?`,
    text: "What it has done so far is lost. The machine is told with its next heartbeat.",
    yes: "Cancel this job",
    no: "Let it go on",
  });
  if (!isSure) return;
  const button = find("job-cancel");
  button.disabled = true;
  write(find("job-trouble"), "");
  try {
    const told = await call(`/api/jobs/${encodeURIComponent(asked)}/cancel`, {
      method: "POST",
      json: {},
    });
    if (job.id === asked) take({ ...job, ...told.job });
    wake();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    const soon = error.retryAfterSeconds ? ` Try again in ${error.retryAfterSeconds} s.` : "";
    write(find("job-trouble"), `${error.message}${soon}`);
    wake();
  } finally {
    button.disabled = false;
  }
}
