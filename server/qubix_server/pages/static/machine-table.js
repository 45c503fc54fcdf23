// The table of machines: which columns there are, how it is sorted and filtered, how a row looks.

import { drawSpark, sparkline } from "./charts.js";
import { element, find, say, write } from "./dom.js";
import { MOST, STATUSES, about, historyOf, machines, readHistories } from "./machines.js";
import { serverNow } from "./session.js";
import { Windowed } from "./windowed.js";
import { ago, celsius, gigabytes, percent, plural } from "./words.js";

const SORT_AGAIN_MS = 400;
const QUIET_MS = 150; // after the last scroll, what is on the screen is asked for
const AGE_MS = 5000;
const ORDER = ["working", "ready", "paused", "off", "offline"];

// `key(machine)`: what is compared; null comes last either way.
const COLUMNS = [
  { id: "name", title: "Machine", key: (machine) => machine.nameKey },
  { id: "status", title: "Status", key: (machine) => ORDER.indexOf(machine.status) },
  { id: "card", title: "Graphics card", key: (machine) => machine.card?.toLowerCase() ?? null },
  { id: "cpu", title: "Processor", key: (machine) => machine.cpu ?? null, falls: true },
  { id: "gpu", title: "Graphics", key: (machine) => machine.gpu ?? null, falls: true },
  {
    id: "temperature",
    title: "Temperature",
    key: (machine) => machine.temperature ?? null,
    falls: true,
  },
  { id: "heard", title: "Last heard", key: (machine) => machine.heardAt, falls: true },
];

/** @type {{by: string, falls: boolean, text: string, status: string}} */
const wanted = { by: "name", falls: false, text: "", status: "" };
let table = null;
let want = () => {};
let sortTimer = 0;
let quietTimer = 0;
let asking = new AbortController();

/** Makes the table, once. `wantLive(ids)` is told which machines are on the screen. */
export function start(wantLive) {
  want = wantLive;
  find("machines-head").replaceChildren(...COLUMNS.map(head));
  find("sort").replaceChildren(
    ...COLUMNS.map(({ id, title }) => element("option", { value: id }, title)),
  );
  table = new Windowed({
    scroller: find("machines-scroller"),
    body: find("machines-body"),
    make: makeRow,
    fill: fillRow,
    onWindow: onScreen,
  });
  find("search").addEventListener("input", (event) => {
    wanted.text = event.target.value.trim().toLowerCase();
    fromTheTop();
  });
  find("status").addEventListener("change", (event) => {
    wanted.status = event.target.value;
    fromTheTop();
  });
  find("sort").addEventListener("change", (event) => sortBy(event.target.value));
  find("machines-scroller").addEventListener("keydown", onKey);
  setInterval(() => isShown() && !document.hidden && table.refreshAll(), AGE_MS);
}

/** Called when the view comes onto the screen: it may have changed meanwhile. */
export function enter() {
  sortNow();
  askSoon();
}

export function leave() {
  asking.abort();
  clearTimeout(quietTimer);
}

/** A machine has changed; null: many may have. */
export function heed(workerId) {
  if (!isShown()) return;
  if (workerId !== null) table.refresh(workerId);
  sortTimer ||= setTimeout(sortNow, SORT_AGAIN_MS);
}

function sortNow() {
  clearTimeout(sortTimer);
  sortTimer = 0;
  if (!isShown()) return;
  table.show(sorted());
  showCount();
}

function fromTheTop() {
  find("machines-scroller").scrollTop = 0;
  sortNow();
}

/** The ids of those that fit the filter, in order. */
function sorted() {
  const { key } = COLUMNS.find((column) => column.id === wanted.by);
  const words = wanted.text.split(/\s+/).filter(Boolean);
  const found = [];
  for (const machine of machines.values()) {
    if (wanted.status && machine.status !== wanted.status) continue;
    if (!words.every((word) => machine.search.includes(word))) continue;
    found.push({ id: machine.workerId, key: key(machine), then: machine.nameKey });
  }
  const way = wanted.falls ? -1 : 1;
  found.sort((one, other) => {
    if (one.key !== other.key) {
      if (one.key === null) return 1;
      if (other.key === null) return -1;
      return one.key < other.key ? -way : way;
    }
    if (one.then !== other.then) return one.then < other.then ? -1 : 1;
    return one.id < other.id ? -1 : 1;
  });
  return found.map(({ id }) => id);
}

function showCount() {
  const shown = table.keys.length;
  const known = machines.size;
  let text = plural(known, "machine");
  if (shown !== known) text = `${shown.toLocaleString("en")} of ${text}`;
  if (about.loading) text = known ? `${text}, reading on…` : "Reading…";
  else if (about.total > known && known >= MOST) {
    text += `: the first of ${about.total.toLocaleString("en")}`;
  }
  write(find("machines-count"), text);
  find("machines-table").setAttribute("aria-rowcount", shown + 1);
  const none = find("machines-none");
  none.hidden = shown > 0 || about.loading;
  find("machines-scroller").hidden = shown === 0 && !about.loading;
  if (none.hidden) return;
  none.replaceChildren();
  if (known) none.append("No machine fits. Search for something else, or for another status.");
  else {
    none.append(
      "No machine has joined yet. Open ",
      element("a", { href: "/" }, "the page for sharing a computer"),
      " on one.",
    );
  }
}

// --- The head ------------------------------------------------------------------------------------

function head(column) {
  const button = element("button", { type: "button", class: "sort" }, column.title);
  button.addEventListener("click", () => sortBy(column.id));
  const cell = element("div", { role: "columnheader", class: `cell c-${column.id}` }, button);
  if (column.id === wanted.by) cell.setAttribute("aria-sort", "ascending");
  return cell;
}

function sortBy(id) {
  const column = COLUMNS.find((one) => one.id === id);
  wanted.falls = wanted.by === id ? !wanted.falls : Boolean(column.falls);
  wanted.by = id;
  find("sort").value = id;
  for (const [at, cell] of [...find("machines-head").children].entries()) {
    if (COLUMNS[at].id === id) {
      cell.setAttribute("aria-sort", wanted.falls ? "descending" : "ascending");
    } else cell.removeAttribute("aria-sort");
  }
  fromTheTop();
  say(`Sorted by ${column.title}, ${wanted.falls ? "greatest" : "least"} first.`);
}

// --- The rows ------------------------------------------------------------------------------------

function makeRow() {
  const cells = Object.fromEntries(
    COLUMNS.map(({ id }, at) => [
      id,
      element("div", { role: at ? "cell" : "rowheader", class: `cell c-${id}` }),
    ]),
  );
  const row = { element: element("div", { role: "row", class: "row" }, ...Object.values(cells)) };
  row.link = element("a", { class: "name" });
  row.name = element("bdi");
  row.link.append(row.name);
  cells.name.append(row.link);
  row.status = element("span", { class: "status" });
  cells.status.append(row.status);
  row.card = element("bdi");
  row.cardMemory = element("span", { class: "soft" });
  cells.card.append(row.card, row.cardMemory);
  for (const id of ["cpu", "gpu", "temperature"]) {
    row[id] = { ...sparkline(), text: element("span", { class: "figure" }) };
    cells[id].append(row[id].svg, row[id].text);
  }
  row.heard = cells.heard;
  return row;
}

function fillRow(row, workerId) {
  const machine = machines.get(workerId);
  if (!machine) return;
  row.link.href = `#/machine/${encodeURIComponent(workerId)}`;
  write(row.name, machine.name);
  write(row.status, STATUSES[machine.status]);
  row.status.dataset.status = machine.status;
  row.status.title = machine.why ?? "";
  write(row.card, machine.card ?? "–");
  write(row.cardMemory, machine.cardMemory ? ` ${gigabytes(machine.cardMemory)}` : "");
  const points = historyOf(workerId);
  const isOnline = machine.status !== "offline";
  figure(row.cpu, isOnline ? percent(machine.cpu) : null, points.map((point) => point.cpu), 0, 100);
  figure(row.gpu, isOnline ? percent(machine.gpu) : null, points.map((point) => point.gpu), 0, 100);
  const temperatures = points.map((point) => point.temperature);
  figure(row.temperature, isOnline ? celsius(machine.temperature) : null, temperatures, 20, 100);
  write(row.heard, ago(machine.heardAt, serverNow()));
}

function figure(parts, text, values, low, high) {
  write(parts.text, text ?? "–");
  drawSpark(parts, values, low, high);
}

function onScreen() {
  askSoon();
}

/** Once it stands still: the lines of what is on the screen, and its changes. */
function askSoon() {
  clearTimeout(quietTimer);
  quietTimer = setTimeout(() => {
    asking.abort();
    asking = new AbortController();
    const ids = visible();
    want(ids);
    readHistories(ids, asking.signal);
  }, QUIET_MS);
}

function visible() {
  return [...find("machines-body").querySelectorAll("a.name")].map((link) =>
    decodeURIComponent(link.hash.slice("#/machine/".length)),
  );
}

// --- The keyboard --------------------------------------------------------------------------------

function onKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const isInHead = find("machines-head").contains(event.target);
  if (isInHead || !table.keys.length) return;
  const here = table.placeOf(event.target);
  const last = table.keys.length - 1;
  const steps = {
    ArrowDown: here === null ? topmost() : here + 1,
    ArrowUp: here === null ? topmost() : here - 1,
    PageDown: (here ?? topmost()) + table.room,
    PageUp: (here ?? topmost()) - table.room,
    Home: 0,
    End: last,
  };
  if (!(event.key in steps)) return;
  event.preventDefault();
  table.reach(steps[event.key])?.link.focus({ preventScroll: true });
}

function topmost() {
  const scroller = find("machines-scroller");
  const first = find("machines-body").querySelector(".row");
  return first ? Math.ceil(scroller.scrollTop / first.offsetHeight) : 0;
}

const isShown = () => !find("machines").hidden;
