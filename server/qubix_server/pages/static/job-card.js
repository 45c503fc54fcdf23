// A job as one entry of a list: what it is, how it stands, where it runs.

import { element } from "./dom.js";
import { machines } from "./machines.js";
import { JOB_STATUSES, inert, lasting, moment } from "./words.js";

export const ENDED = new Set(["COMPLETED", "FAILED", "CANCELLED"]);

export function jobCard(job, { withMachine = true } = {}) {
  const link = element(
    "a",
    { href: `#/job/${encodeURIComponent(job.id)}`, class: "name" },
    titleOf(job),
  );
  const parts = [
    element("span", { class: "status", "data-status": job.status }, statusOf(job)),
    link,
  ];
  if (withMachine && job.workerId) parts.push(machineLink(job.workerId));
  parts.push(element("span", { class: "soft" }, moment(job.createdAt)));
  const took = tookOf(job);
  if (took) parts.push(element("span", { class: "soft" }, took));
  if (job.error) {
    parts.push(element("span", { class: "card-error" }, element("bdi", {}, inert(job.error))));
  }
  return element("div", { class: "job-card", "data-job": job.id }, ...parts);
}

export const titleOf = (job) => `${job.kind} ${job.id.slice(0, 8)}`;

export function statusOf(job) {
  const word = JOB_STATUSES[job.status] ?? job.status;
  return job.status === "RUNNING" ? `${word}, ${Math.round(job.progress)} %` : word;
}

export function tookOf(job) {
  const began = Date.parse(job.startedAt ?? "");
  const ended = Date.parse(job.finishedAt ?? "");
  return Number.isNaN(began) || Number.isNaN(ended) ? null : `took ${lasting(ended - began)}`;
}

export function machineLink(workerId) {
  return element(
    "a",
    { href: `#/machine/${encodeURIComponent(workerId)}` },
    element("bdi", {}, machines.get(workerId)?.name ?? workerId),
  );
}
