// The fleet page: who is signed in, which view the address asks for, and what connects them. A view
// is a module that knows nothing of the others; this one starts and ends them.

import { find, say, write } from "./dom.js";
import * as jobPage from "./job-page.js";
import * as jobs from "./jobs.js";
import { Live } from "./live.js";
import * as machinePage from "./machine-page.js";
import * as machineTable from "./machine-table.js";
import * as machines from "./machines.js";
import { tryNow } from "./patience.js";
import { Trouble, call, keepToken, token, whenRefused } from "./session.js";
import * as submit from "./submit.js";

const VIEWS = ["signin", "machines", "machine", "jobs", "job", "submit", "missing"];

let view = null; // the one that is shown
let leaving = new AbortController(); // ends what the shown view does
let signedIn = null; // ends what is done while somebody is signed in
let live = null;
let reading = new AbortController();

// --- Who is signed in ----------------------------------------------------------------------------

async function signIn() {
  const field = find("token");
  const given = field.value.trim();
  const button = find("signin-go");
  if (!given || button.disabled) return;
  button.disabled = true;
  write(find("signin-trouble"), "");
  try {
    if (!/^[\x21-\x7e]+$/.test(given)) throw new Trouble("A token has no such characters.");
    await call("/api/providers/heartbeat/stats", { as: given });
    field.value = "";
    keepToken(given);
    begin();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    write(find("signin-trouble"), signInSentence(error));
    field.select();
    field.focus();
  } finally {
    button.disabled = false;
  }
}

function signInSentence(error) {
  if (error.status === 401) {
    return "This is not the operator's token. Look for it on the server's computer.";
  }
  if (error.retryAfterSeconds) return `${error.message} Try again in ${error.retryAfterSeconds} s.`;
  return error.status === 0 ? `${error.message} Try again.` : error.message;
}

function begin() {
  signedIn = new AbortController();
  for (const name of ["nav", "connection", "sign-out"]) find(name).hidden = false;
  live = new Live({ onEvent: heed, onState: showConnection, onFresh: readAnew });
  route();
}

function signOut(sentence = "") {
  keepToken(null);
  signedIn?.abort();
  signedIn = null;
  reading.abort();
  live?.close();
  live = null;
  machines.forget();
  for (const name of ["nav", "connection", "sign-out"]) find(name).hidden = true;
  route();
  write(find("signin-trouble"), sentence);
}

/** A connection stands (again): what was missed is read. */
function readAnew() {
  reading.abort();
  reading = new AbortController();
  tryNow();
  quietly(machines.read(reading.signal), reading.signal);
}

function heed(type, data) {
  machines.heed(type, data);
  if (view === "machine") machinePage.heed(type, data);
  if (view === "jobs") jobs.heed(type, data);
  if (view === "job") jobPage.heed(type, data);
}

// --- Where we are --------------------------------------------------------------------------------

function route() {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  machineTable.leave();
  if (find("confirm").open) find("confirm").close();
  live?.want(new Map());
  if (!signedIn) {
    showView("signin");
    find("token").focus();
    return;
  }
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, id] = path.split("/").map(plain);
  if (name === "") {
    showView("machines");
    machineTable.enter();
  } else if (name === "machine" && id) {
    showView("machine");
    live.want(new Map([[id, "provider"]]));
    quietly(machinePage.show(id, signal), signal);
  } else if (name === "jobs") {
    showView("jobs");
    quietly(jobs.show(new URLSearchParams(query).get("status") ?? "", signal), signal);
  } else if (name === "job" && id) {
    showView("job");
    live.want(new Map([[id, "job"]]));
    quietly(jobPage.show(id, signal), signal);
  } else if (name === "submit") {
    showView("submit");
  } else {
    missing("There is nothing at this address.");
  }
}

function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function showView(name) {
  const moved = view !== null && (view !== name || name === "machine" || name === "job");
  view = name;
  for (const each of VIEWS) find(each).hidden = each !== name;
  const heading = find(name).querySelector("h1");
  const title = name === "machine" || name === "job" ? "…" : heading.textContent;
  document.title = `${title} – ${find("network").textContent}`;
  const current = { machine: "machines", job: "jobs" }[name] ?? name;
  for (const each of ["machines", "jobs", "submit"]) {
    if (each === current) find(`to-${each}`).setAttribute("aria-current", "page");
    else find(`to-${each}`).removeAttribute("aria-current");
  }
  if (!moved) return;
  scrollTo(0, 0);
  heading.focus({ preventScroll: true });
}

function missing(sentence) {
  write(find("missing-text"), sentence);
  showView("missing");
}

/** Lets a view's work end with its signal, and says what else ends it. */
async function quietly(work, signal) {
  try {
    await work;
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof Trouble)) throw error;
    if (error.status === 401) return; // the page has gone to "Sign in"
    missing(error.status === 404 ? "It is not there (any more)." : error.message);
  }
}

// --- The connection ------------------------------------------------------------------------------

const WORDS = { connecting: "Connecting…", live: "Live" };
let connection = { at: "connecting" };

function showConnection(state) {
  const was = connection.at;
  connection = state;
  tellConnection();
  if (state.at === "live" && was !== "live") say("Connected.");
  if (state.at === "waiting" && was === "live") say("The connection is lost. Trying again.");
}

function tellConnection() {
  const { at, until } = connection;
  find("connection").dataset.state = at;
  const left = Math.max(1, Math.ceil((until - Date.now()) / 1000));
  write(find("connection-text"), WORDS[at] ?? `Not connected, trying again in ${left} s`);
}

find("signin-form").addEventListener("submit", (event) => {
  event.preventDefault();
  signIn();
});
find("sign-out").addEventListener("click", () => signOut());
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault(); // what stands behind # says which view is shown
  find("main").focus();
});
find("notice-now").addEventListener("click", () => {
  tryNow();
  live?.now();
});
addEventListener("hashchange", route);
addEventListener("online", () => live?.now());
document.addEventListener("visibilitychange", () => document.hidden || live?.now());
setInterval(() => connection.at === "waiting" && tellConnection(), 500);

whenRefused((sentence) => signedIn && signOut(sentence));
machines.whenChanged(machineTable.heed);
machineTable.start((ids) => {
  if (view === "machines") live?.want(new Map(ids.map((id) => [id, "provider"])));
});
machinePage.start();
jobs.start((ids) => {
  if (view === "jobs") live?.want(new Map(ids.map((id) => [id, "job"])));
});
jobPage.start();
submit.start();

if (token()) begin();
else route();
