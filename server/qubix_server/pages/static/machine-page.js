// The page of one machine: what it has, how busy it is and was, its jobs, and what can be done with
// it. Drawn from `machine` (as the server tells it) and `points`; events change both.

import { chart } from "./charts.js";
import { confirmed, element, facts, find, say, write } from "./dom.js";
import { jobCard } from "./job-card.js";
import { STATUSES, heed as heedMachine, pointOf, put, statusOf } from "./machines.js";
import { patiently, rest } from "./patience.js";
import { Trouble, call, serverNow } from "./session.js";
import { SYSTEMS, ago, bytes, celsius, gigabytes, moment, percent, plural } from "./words.js";

const POINTS = 1000;
const JOBS_SHOWN = 50;
const REREAD_SECONDS = 15;
const JOBS_AGAIN_MS = 1500;

const CHARTS = [
  { title: "Processor", value: (point) => point.cpu, say: percent, high: 100 },
  { title: "Memory", value: (point) => point.ram, say: percent, high: 100 },
  { title: "Graphics card", value: (point) => point.gpu, say: percent, high: 100 },
  { title: "Temperature", value: (point) => point.temperature, say: celsius, high: 100 },
  {
    title: "Graphics memory",
    value: ({ cardMemoryMb }) => (typeof cardMemoryMb === "number" ? cardMemoryMb / 1024 : null),
    say: gigabytes,
  },
];

let workerId = null;
let machine = null;
let points = [];
let charts = null;
let leaving = null;
let jobsTimer = 0;

export function start() {
  charts = CHARTS.map(chart);
  find("machine-charts").append(...charts.map(({ figure }) => figure));
  find("machine-range").addEventListener("change", drawCharts);
  find("machine-toggle").addEventListener("click", toggle);
  find("machine-remove").addEventListener("click", remove);
}

/** Reads and shows it until `signal` ends. Throws Trouble 404 where there is none. */
export async function show(id, signal) {
  workerId = id;
  machine = null;
  points = [];
  leaving = signal;
  write(find("machine-name"), "…");
  write(find("machine-trouble"), "");
  for (const name of ["machine-status", "machine-why"]) write(find(name), "");
  facts(find("machine-hardware"), []);
  find("machine-jobs").replaceChildren();
  find("machine-gpus").replaceChildren();
  drawCharts();
  while (!signal.aborted) {
    await read(signal);
    await rest(REREAD_SECONDS, signal);
    while (document.hidden) await rest(1, signal);
  }
}

async function read(signal) {
  const path = `/api/providers/${encodeURIComponent(workerId)}`;
  const told = await patiently(() => call(path, { signal }), signal);
  take(told.provider);
  // Asked for by the worker's own id: the address may have named the server's.
  const own = `/api/providers/${encodeURIComponent(machine.workerId)}/metrics/history`;
  const history = await patiently(() => call(`${own}?limit=${POINTS}`, { signal }), signal);
  points = history.history.map(pointOf);
  drawCharts();
  await readJobs(signal);
}

async function readJobs(signal) {
  const query = new URLSearchParams({ workerId: machine.workerId, limit: JOBS_SHOWN });
  const told = await patiently(() => call(`/api/jobs?${query}`, { signal }), signal);
  showJobs(told.jobs);
}

/** An event of this machine. */
export function heed(type, data) {
  if (!machine || data.workerId !== machine.workerId) return;
  if (type === "PROVIDER_STATUS_CHANGED") take({ ...machine, pauseReason: null, ...data });
  if (type === "GPU_METRICS_UPDATE") {
    const { usage } = data;
    machine = { ...machine, usage, lastHeartbeat: data.timestamp };
    points = [...points.slice(1 - POINTS), ofUsage(data)];
    drawCharts();
    showFacts();
  }
  if (type === "PROVIDER_REMOVED") {
    write(find("machine-trouble"), "This machine has left the network.");
  }
  if (type.startsWith("JOB_")) {
    jobsTimer ||= setTimeout(async (signal) => {
      jobsTimer = 0;
      if (signal.aborted) return;
      await readJobs(signal).catch((error) => {
        if (!signal.aborted && !(error instanceof Trouble)) throw error;
      });
    }, JOBS_AGAIN_MS, leaving);
  }
}

function take(provider) {
  machine = provider;
  put(provider);
  const status = statusOf({
    isOnline: provider.isOnline,
    isEnabled: provider.isEnabled,
    state: provider.status,
    job: provider.currentJobId,
  });
  write(find("machine-name"), provider.name);
  document.title = `${provider.name} – ${find("network").textContent}`;
  write(find("machine-status"), STATUSES[status]);
  find("machine-status").dataset.status = status;
  const why = sentence(status, provider);
  write(find("machine-why"), why);
  find("machine-why").hidden = !why;
  const button = find("machine-toggle");
  write(button, provider.isEnabled ? "Give it no more jobs" : "Give it jobs again");
  showFacts();
  showCards();
}

function sentence(status, { pauseReason, isEnabled }) {
  if (status === "paused") return pauseReason || "Its owner has paused it.";
  if (!isEnabled) return "An operator has switched it off: it is given no jobs.";
  return "";
}

function showFacts() {
  const { hardware } = machine;
  const { processor, memory, disk, os } = hardware;
  const cores = [
    processor?.physicalCores && plural(processor.physicalCores, "core"),
    processor?.logicalCores && plural(processor.logicalCores, "thread"),
  ];
  const cards = hardware.graphicsCards ?? [];
  facts(find("machine-hardware"), [
    ["System", together(" ", SYSTEMS[os?.name] ?? os?.name, os?.version, os?.architecture)],
    ["Processor", together(", ", processor?.model, ...cores)],
    ["Memory", bytes(memory?.totalBytes)],
    ["Disk", disk && `${bytes(disk.freeBytes)} free of ${bytes(disk.totalBytes)}`],
    ...cards.map((card, at) => [
      cards.length > 1 ? `Graphics card ${at + 1}` : "Graphics card",
      cardWords(card),
    ]),
    ["Runs in", together(", ", hardware.virtualMachine, hardware.container)],
    ["Kinds of jobs", machine.capabilities?.join(", ")],
    ["Free places", machine.freeSlots === null ? null : String(machine.freeSlots)],
    ["Jobs done", String(machine.totalJobs)],
    ["Last heard", ago(Date.parse(machine.lastHeartbeat ?? ""), serverNow())],
    ["Joined", moment(machine.registeredAt)],
    ["Worker", machine.workerVersion && `version ${machine.workerVersion}`],
    ["Id", machine.workerId],
  ]);
}

function cardWords(card) {
  const states = {
    no_driver: "has no driver",
    passed_through: "is given to a virtual machine",
    off: "is switched off",
  };
  const size = card.memoryTotalBytes && bytes(card.memoryTotalBytes);
  const driver = card.driver && `driver ${card.driver}`;
  return together(", ", card.name, size, driver, card.compute, states[card.state]);
}

/** Where there are several cards, each one's figures of now. */
function showCards() {
  const cards = machine.usage?.gpus ?? [];
  const list = cards.length > 1 ? element("dl", { class: "facts" }) : null;
  if (list) {
    facts(
      list,
      cards.map((card) => [
        card.name,
        together(
          ", ",
          percent(card.percent),
          celsius(card.temperatureCelsius),
          card.memoryUsedMb !== undefined && `${gigabytes(card.memoryUsedMb / 1024)} in use`,
        ) || "not told",
      ]),
    );
  }
  find("machine-gpus").replaceChildren(...(list ? [list] : []));
}

function showJobs(jobs) {
  find("machine-jobs").replaceChildren(...jobs.map((job) => jobCard(job, { withMachine: false })));
  const none = find("machine-jobs-none");
  none.hidden = jobs.length > 0;
  write(none, "It has no job, and has ended none.");
}

function drawCharts() {
  const seconds = Number(find("machine-range").value);
  const to = Math.max(serverNow(), points.at(-1)?.at ?? 0);
  const shown = seconds ? points.filter((point) => point.at >= to - seconds * 1000) : points;
  const from = seconds ? Math.max(to - seconds * 1000, shown[0]?.at ?? 0) : (shown[0]?.at ?? to);
  for (const { draw } of charts) draw(shown, Math.min(from, to - 60_000), to);
  find("machine-charts").dataset.empty = shown.length ? "" : "yes";
}

const ofUsage = ({ timestamp, usage }) => ({
  at: Date.parse(timestamp),
  cpu: usage.cpuPercent ?? null,
  ram: usage.ramPercent ?? null,
  gpu: usage.gpuPercent ?? null,
  temperature: usage.gpuTemp ?? null,
  cardMemoryMb: usage.gpuMemUsedMb ?? null,
});

// --- What can be done ---------------------------------------------------------------------------

async function toggle() {
  const wanted = !machine.isEnabled;
  await act(find("machine-toggle"), async (path) => {
    const told = await call(`${path}/toggle`, { method: "POST", json: { online: wanted } });
    take(told.provider);
    say(wanted ? "It is given jobs again." : "It is given no more jobs.");
  });
}

async function remove() {
  // What is asked about is what is done, whatever view is shown by then.
  const { name, workerId: asked } = machine;
  const isSure = await confirmed({
    title: `Remove ${name}?`,
    text:
      "It can do no more work for this network until its owner joins again with a new invitation. " +
      "A job that it works on goes back to the queue.",
    yes: `Remove ${name}`,
  });
  if (!isSure) return;
  await act(find("machine-remove"), async () => {
    await call(`/api/providers/${encodeURIComponent(asked)}`, { method: "DELETE" });
    heedMachine("PROVIDER_REMOVED", { workerId: asked });
    location.hash = "#/";
    say(`${name} is removed.`);
  });
}

/** Does something with the shown machine; what does not work is said beside the button. */
async function act(button, work) {
  button.disabled = true;
  write(find("machine-trouble"), "");
  try {
    await work(`/api/providers/${encodeURIComponent(machine.workerId)}`);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    write(find("machine-trouble"), `${error.message} ${wayOn(error)}`);
  } finally {
    button.disabled = false;
  }
}

const wayOn = ({ retryAfterSeconds }) =>
  retryAfterSeconds ? `Try again in ${retryAfterSeconds} s.` : "Nothing was changed.";

const together = (between, ...parts) => parts.filter(Boolean).join(between);
