// The machines as this page knows them: read once, told of changes by events, and read over again
// little by little, so that what no event tells of (the use of machines that are not on the screen)
// does not grow old. Changed in place; whoever shows them is told which.

import { patiently, rest } from "./patience.js";
import { call } from "./session.js";

export const MOST = 20_000; // what a browser sorts in a moment; the search goes on at the server
const PAGE = 500;
const REREAD_SECONDS = 3; // a page each: ten thousand machines are read anew in a minute
const HISTORY_POINTS = 40;
const HISTORIES_KEPT = 400;

export const STATUSES = {
  ready: "Ready",
  working: "Working",
  paused: "Paused",
  off: "Switched off",
  offline: "Offline",
};

/** @type {Map<string, object>} by the worker's id */
export const machines = new Map();
export const about = { loading: true, total: null };

const histories = new Map();
let changed = () => {};
let reading = null;

/** `work(workerId)` is called for each change; with null where there may be many. */
export function whenChanged(work) {
  changed = work;
}

/** Reads all machines, then goes on reading until `signal` ends. */
export async function read(signal) {
  const own = (reading = {});
  about.loading = machines.size === 0;
  await readAll(signal, 0);
  while (!signal.aborted && own === reading) {
    await rest(REREAD_SECONDS, signal);
    if (own === reading && !document.hidden) await readAll(signal, REREAD_SECONDS);
  }
}

export function forget() {
  machines.clear();
  histories.clear();
  Object.assign(about, { loading: true, total: null });
}

async function readAll(signal, pause) {
  const began = Date.now();
  const seen = new Set();
  let cursor = "";
  do {
    const query = new URLSearchParams({ limit: PAGE, ...(cursor && { cursor }) });
    const page = await patiently(() => call(`/api/providers?${query}`, { signal }), signal);
    for (const provider of page.providers) {
      seen.add(provider.workerId);
      put(provider);
    }
    cursor = page.nextCursor;
    changed(null);
    if (cursor && pause) await rest(pause, signal);
  } while (cursor && seen.size < MOST);
  for (const machine of machines.values()) {
    if (!seen.has(machine.workerId) && machine.at < began) machines.delete(machine.workerId);
  }
  about.loading = false;
  about.total = machines.size;
  if (cursor) {
    const stats = await patiently(() => call("/api/providers/heartbeat/stats", { signal }), signal);
    about.total = stats.totalProviders;
  }
  changed(null);
}

/** What an event tells. */
export function heed(type, data) {
  if (type === "PROVIDER_REMOVED") {
    machines.delete(data.workerId);
    histories.delete(data.workerId);
    changed(null);
  } else if (type === "PROVIDER_REGISTERED") {
    const isNew = !machines.has(data.workerId);
    put(data);
    changed(isNew ? null : data.workerId);
  } else if (type === "PROVIDER_STATUS_CHANGED") {
    put(data);
    changed(data.workerId);
  } else if (type === "GPU_METRICS_UPDATE") {
    const machine = machines.get(data.workerId);
    if (!machine) return;
    use(machine, data.usage);
    machine.heardAt = Date.parse(data.timestamp);
    addPoint(data.workerId, {
      at: machine.heardAt,
      cpu: machine.cpu,
      gpu: machine.gpu,
      temperature: machine.temperature,
    });
    changed(data.workerId);
  }
}

/** Takes over what an answer or an event tells of one machine; what it leaves out stays. */
export function put(provider) {
  const machine = machines.get(provider.workerId) ?? { workerId: provider.workerId, search: "" };
  machines.set(provider.workerId, machine);
  machine.at = Date.now();
  machine.name = provider.name ?? provider.workerId;
  machine.card = provider.gpuModel ?? null;
  machine.cardMemory = provider.gpuVram ?? null;
  machine.processor = provider.cpuModel ?? null;
  machine.memory = provider.ramTotal ?? null;
  machine.isOnline = provider.isOnline;
  machine.job = provider.currentJobId ?? null;
  machine.heardAt = Date.parse(provider.lastHeartbeat ?? "") || null;
  if (provider.status) machine.state = provider.status;
  if ("pauseReason" in provider) machine.why = provider.pauseReason;
  if (machine.state !== "paused") machine.why = null;
  if ("isEnabled" in provider) machine.isEnabled = provider.isEnabled;
  machine.isEnabled ??= true;
  if (provider.hardware?.os) machine.system = provider.hardware.os.name;
  if (provider.usage) use(machine, provider.usage);
  machine.status = statusOf(machine);
  const texts = [machine.name, machine.workerId, machine.card, machine.processor, machine.system];
  machine.search = texts.filter(Boolean).join("\n").toLowerCase();
  machine.nameKey = naturalKey(machine.name);
  return machine;
}

export function statusOf({ isOnline, isEnabled, state, job }) {
  if (!isOnline) return "offline";
  if (!isEnabled) return "off";
  if (state === "paused") return "paused";
  return state === "busy" || job ? "working" : "ready";
}

/** The last points of a machine's use, as far as they are known already. */
export const historyOf = (workerId) => histories.get(workerId)?.points ?? [];

/** Reads the last points of those that have none yet. Ends with `signal`. */
export async function readHistories(workerIds, signal) {
  const waiting = workerIds.filter((id) => !histories.has(id));
  const reader = async () => {
    for (let id = waiting.shift(); id !== undefined; id = waiting.shift()) {
      const path = `/api/providers/${encodeURIComponent(id)}/metrics/history`;
      const query = `limit=${HISTORY_POINTS}`;
      const told = await call(`${path}?${query}`, { signal }).catch(() => null);
      if (signal.aborted) return;
      if (told) keepHistory(id, told.history.map(pointOf));
    }
  };
  await Promise.all([reader(), reader(), reader()]);
}

export const pointOf = (row) => ({
  at: Date.parse(row.timestamp),
  cpu: row.cpu_percent,
  ram: row.ram_percent,
  gpu: row.gpu_percent,
  temperature: row.gpu_temp,
  cardMemoryMb: row.gpu_mem_used,
});

function keepHistory(workerId, points) {
  histories.set(workerId, { points });
  if (histories.size > HISTORIES_KEPT) histories.delete(histories.keys().next().value);
  changed(workerId);
}

function addPoint(workerId, point) {
  const points = histories.get(workerId)?.points;
  if (!points) return;
  points.push(point);
  if (points.length > HISTORY_POINTS) points.shift();
}

function use(machine, usage) {
  machine.cpu = usage.cpuPercent ?? null;
  machine.ram = usage.ramPercent ?? null;
  machine.gpu = usage.gpuPercent ?? null;
  machine.temperature = usage.gpuTemp ?? null;
  machine.cards = usage.gpus ?? [];
}

/** "node-9" comes before "node-10". */
function naturalKey(text) {
  return text.toLowerCase().replace(/\d{1,15}/g, (digits) => digits.padStart(15, "0"));
}
