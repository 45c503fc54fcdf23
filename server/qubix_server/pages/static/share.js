// The Share page: from the button to "online". One value, `state`, says where we are; `show` draws
// it; what happens makes a new one. The invitation is kept in this browser, so that closing and
// opening the page again goes on with it.

import { failure, sentences } from "./failures.js";
import { graphics, system, threads } from "./machine.js";

const POLL_MS = 5000;
const WAIT_MS = 5 * 60 * 1000;
const KEPT = "qubix.share";
const SYSTEM_NAMES = { windows: "Windows", macos: "macOS", linux: "Linux" };

const find = (id) => document.getElementById(id);

/** @type {{at: "start"|"making"|"waiting"|"online"|"timeout"|"problem"}} */
let state = { at: "start" };
let poll = 0;
let tick = 0;

// --- What happens -------------------------------------------------------------------------------

async function share() {
  go({ at: "making" });
  const chosen = find("system").value;
  try {
    const enrollment = await call("/api/enrollments", { method: "POST" });
    const query = new URLSearchParams({ enrollment: enrollment.code });
    const offer = await call(`/api/installer?${query}`).catch(() => null);
    const kept = {
      enrollment: enrollment.enrollment,
      code: enrollment.code,
      expiresAt: enrollment.expiresAt,
      system: chosen,
      application: offer?.systems?.[chosen]?.application?.fileName ?? null,
      since: Date.now(),
    };
    wait(kept);
    fetchFile(links(kept).first);
  } catch (error) {
    go({ at: "problem", text: error.message });
  }
}

function wait(kept) {
  keep(kept);
  go({ at: "waiting", kept, trouble: "", missing: "" });
  check();
}

/** Downloads a file, once it is sure that it can be had: of a download that fails, a page is told
    nothing. */
async function fetchFile(path) {
  let missing = "";
  try {
    await call(path, { method: "HEAD" });
    download(path);
  } catch (error) {
    missing = sentences("download_failed", { reason: error.message });
  }
  if (state.at === "waiting") go({ ...state, missing });
}

/** Asks once whether the computer is there, and comes back in five seconds if it is not. */
async function check() {
  clearTimeout(poll);
  if (state.at !== "waiting") return;
  const { kept } = state;
  let trouble = "";
  let provider = kept.provider ?? null;
  try {
    const query = new URLSearchParams({ enrollment: kept.enrollment });
    provider = (await call(`/api/providers/check-new?${query}`)).newProvider ?? provider;
  } catch (error) {
    trouble = error.message;
  }
  if (state.at !== "waiting" || state.kept.enrollment !== kept.enrollment) return;
  if (provider?.isOnline) return online({ ...kept, provider });
  if (Date.now() - kept.since >= WAIT_MS) return giveUp({ ...kept, provider });
  go({ ...state, kept: { ...kept, provider }, trouble });
  poll = setTimeout(check, POLL_MS);
}

/** After five minutes. A computer that joined longer ago than that is not told of any more. */
async function giveUp(kept) {
  const said = await call(`/api/enrollments/${encodeURIComponent(kept.code)}`).then(
    () => "",
    (error) => error.code,
  );
  let why = "not_online";
  if (said === "server_away") why = "unknown_not_online";
  if (said === "enrollment_used") why = "used_not_online";
  if (kept.provider) why = "joined_not_online";
  go({ at: "timeout", kept, why });
}

function online(kept) {
  keep(kept);
  go({ at: "online", kept });
}

/** Waits once more: with the same invitation while it is good, else with a new one. */
function again() {
  const { kept, why } = state;
  if (why === "used_not_online" || isExpired(kept)) return share();
  wait({ ...kept, since: Date.now() });
}

function startOver() {
  keep(null);
  go({ at: "start" });
}

/** Goes on where the page was when it was closed. */
function resume() {
  const kept = keptBefore();
  if (!kept) return go({ at: "start" });
  find("system").value = kept.system;
  if (kept.provider?.isOnline) return go({ at: "online", kept });
  wait(kept); // asks at once, and says so where the five minutes are over
}

// --- What is shown ------------------------------------------------------------------------------

function go(next) {
  const moved = next.at !== state.at;
  state = next;
  show(moved);
}

function show(moved) {
  const section = state.at === "making" ? "start" : state.at;
  for (const each of document.querySelectorAll(".state")) each.hidden = each.id !== section;
  find("share").disabled = state.at === "making";
  find("share").textContent = state.at === "making" ? "One moment…" : "Share my GPU";
  clearInterval(tick);
  if (state.at === "waiting") {
    showWaiting(state.kept);
    tick = setInterval(showTime, 1000);
  }
  if (state.at === "online") showOnline(state.kept.provider);
  if (state.at === "timeout") showTimeout(state);
  if (state.at === "problem") find("problem-text").textContent = state.text;
  if (moved) announce(section);
}

function showWaiting(kept) {
  const { first, firstName, script, scriptName, isScript } = links(kept);
  const { title, text, picture, command } = opening(kept.system, firstName);
  find("file").textContent = firstName;
  find("file").href = first;
  find("or-script").hidden = isScript;
  find("script").textContent = scriptName;
  find("script").href = script;
  for (const each of document.querySelectorAll("[data-picture]")) {
    each.toggleAttribute("hidden", each.dataset.picture !== picture);
  }
  find("open-title").textContent = title;
  find("open-text").textContent = text;
  find("command").hidden = !command;
  find("command-text").textContent = command ?? "";
  find("code").textContent = kept.code;
  const expires = new Date(kept.expiresAt);
  find("expires").dateTime = kept.expiresAt;
  find("expires").textContent = expires.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  find("wait-text").textContent = kept.provider
    ? `${kept.provider.name} has joined and is starting…`
    : "Waiting for your computer…";
  find("trouble").textContent = state.trouble;
  find("missing").hidden = !state.missing;
  find("missing").textContent = state.missing;
  showTime();
}

/** The second step, as it is on this system with this kind of file. */
function opening(system, fileName) {
  const shown = "A window shows how far it is.";
  const isPlain = /^[\w.-]+$/.test(fileName);
  const file = `~/Downloads/${isPlain ? fileName : `'${fileName.replaceAll("'", "'\\''")}'`}`;
  if (/\.(exe|msi|bat)$/i.test(fileName)) {
    return {
      picture: "window",
      title: "Double-click that file",
      text: `${shown} Should Windows not know the file: More info, then Run anyway.`,
    };
  }
  if (/\.(dmg|pkg|zip)$/i.test(fileName)) {
    return {
      picture: "disk",
      title: "Open that file, and QUBIX in it",
      text:
        `${shown} Should macOS not open it: in System Settings, under Privacy & Security, choose ` +
        "Open Anyway.",
    };
  }
  if (/\.(tar\.gz|deb|rpm)$/i.test(fileName)) {
    return { picture: "box", title: "Unpack that file, and open QUBIX in it", text: shown };
  }
  const isScript = fileName.endsWith(".sh");
  const terminal =
    system === "macos" ? "Open Terminal, from Applications and then Utilities" : "Open a terminal";
  return {
    picture: "terminal",
    title: `${terminal}, and run it`,
    text:
      "Paste this line there, then press Enter. If your downloads go elsewhere, change the folder in it.",
    command: isScript ? `sh ${file}` : `chmod +x ${file} && ${file}`,
  };
}

function showTime() {
  const gone = Math.min(WAIT_MS, Math.max(0, Date.now() - state.kept.since));
  const minutes = Math.ceil((WAIT_MS - gone) / 60000);
  find("bar").value = gone / 1000;
  find("left").textContent = minutes > 1 ? `Up to ${minutes} minutes left.` : "Less than a minute left.";
}

function showOnline(provider) {
  find("online-name").textContent = provider.name;
  const graphicsCard = [provider.gpuModel, provider.gpuVram && `${round(provider.gpuVram)} GB`];
  const processor = [provider.cpuModel, provider.cpuCores && plural(provider.cpuCores, "core")];
  const rows = [
    ["Graphics card", together(graphicsCard) || "None that can be shared"],
    ["Processor", together(processor)],
    ["Memory", provider.ramTotal && `${round(provider.ramTotal)} GB`],
  ];
  find("online-hardware").replaceChildren(...rows.filter((row) => row[1]).map(row));
}

function showTimeout({ kept, why }) {
  const { happened, todo, checks } = failure(why, {
    name: kept.provider?.name,
    address: location.host,
  });
  find("timeout-text").textContent = happened;
  find("timeout-todo").textContent = todo;
  find("checks").replaceChildren(...checks.map(item));
}

/** Moves the keyboard and the screen reader to what is new. */
function announce(section) {
  const heading = find(section).querySelector("h1");
  if (heading.tabIndex === -1 && heading.hasAttribute("tabindex")) heading.focus();
  const said = section === "waiting" ? find("wait-text") : heading;
  find("said").textContent = section === "start" ? "" : said.textContent;
}

async function showMachine() {
  const found = system();
  find("machine").hidden = false;
  find("share").hidden = false;
  find("choice").hidden = found in SYSTEM_NAMES;
  find("phone").hidden = found !== "phone";
  if (found in SYSTEM_NAMES) find("system").value = found;
  find("machine-system").textContent = SYSTEM_NAMES[found] ?? (found ? "Phone or tablet" : "Unknown");
  find("machine-processor").textContent = threads() ? plural(threads(), "thread") : "Unknown";
  find("machine-graphics").textContent = (await graphics()) ?? "Unknown: the installer looks more closely";
}

// --- Small things -------------------------------------------------------------------------------

/** The JSON that `path` answers with. Throws an Error whose message is for people. */
async function call(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, { cache: "no-store", ...options });
  } catch {
    throw Object.assign(new Error(sentences("server_away")), { code: "server_away" });
  }
  const value = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const sentence = value.error ?? sentences("server_answered", { status: answer.status });
    const seconds = Number(answer.headers.get("Retry-After"));
    const soon = seconds > 0 ? ` Try again in ${plural(seconds, "second")}.` : "";
    throw Object.assign(new Error(sentence + soon), { code: value.code });
  }
  return value;
}

function links(kept) {
  const query = new URLSearchParams({ enrollment: kept.enrollment });
  const script = `/api/installer/${kept.system}?${query}`;
  const scriptName = `qubix-worker-installer.${kept.system === "windows" ? "bat" : "sh"}`;
  if (!kept.application) return { first: script, firstName: scriptName, script, scriptName, isScript: true };
  // The application learns of its invitation from its file name, where the short code stands.
  const application = `/api/installer/app/${kept.system}?${new URLSearchParams({ enrollment: kept.code })}`;
  return { first: application, firstName: kept.application, script, scriptName, isScript: false };
}

function download(path) {
  const link = document.createElement("a");
  link.href = path;
  link.download = "";
  link.click();
}

function keptBefore() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT));
    if (!kept?.enrollment || !(kept.system in SYSTEM_NAMES) || isExpired(kept)) {
      keep(null);
      return null;
    }
    return kept;
  } catch {
    return null;
  }
}

function keep(kept) {
  try {
    if (kept) localStorage.setItem(KEPT, JSON.stringify(kept));
    else localStorage.removeItem(KEPT);
  } catch {
    // A browser that keeps nothing: the page works for as long as it is open.
  }
}

const isExpired = (kept) => !(Date.parse(kept.expiresAt) > Date.now());
const together = (parts) => parts.filter(Boolean).join(", ");
const round = (number) => Math.round(number * 10) / 10;
const plural = (count, thing) => `${count} ${thing}${count === 1 ? "" : "s"}`;

function row([term, text]) {
  const pair = document.createElement("div");
  pair.append(document.createElement("dt"), document.createElement("dd"));
  pair.firstChild.textContent = term;
  pair.lastChild.textContent = text;
  return pair;
}

function item(text) {
  const entry = document.createElement("li");
  entry.textContent = text;
  return entry;
}

async function copy() {
  try {
    await navigator.clipboard.writeText(find("command-text").textContent);
    find("copy").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(find("command-text")); // ready for the keyboard's own copy
  }
}

find("share").addEventListener("click", share);
find("copy").addEventListener("click", copy);
for (const id of ["file", "script"]) {
  find(id).addEventListener("click", (event) => {
    event.preventDefault();
    fetchFile(find(id).href);
  });
}
find("again").addEventListener("click", again);
find("retry").addEventListener("click", share);
for (const id of ["other", "another", "fresh"]) {
  find(id).addEventListener("click", () => {
    find("choice").hidden = false;
    startOver();
  });
}
document.addEventListener("visibilitychange", () => document.hidden || check());

showMachine();
resume();
