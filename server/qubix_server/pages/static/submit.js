// A new job. The fields become the job's spec; what is wrong with them is said beside the button
// before anything is sent. Sent again after a lost answer, it makes no second job: the key that the
// server knows it by stays the same until a field is changed.

import { find, write } from "./dom.js";
import { hexadecimal, sha256 } from "./sha256.js";
import { Trouble, call } from "./session.js";

const MODULE_BYTES = 16 * 1024 * 1024;
const INLINE_BYTES = 32 * 1024; // a module up to this size travels inside the job
const MAGIC = [0x00, 0x61, 0x73, 0x6d]; // https://webassembly.github.io/spec/core/binary/modules.html

let key = null;

export function start() {
  const form = find("submit-form");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  form.addEventListener("input", () => {
    key = null;
    showKind();
  });
  showKind();
}

function kind() {
  return new FormData(find("submit-form")).get("kind");
}

function showKind() {
  for (const one of ["wasm", "container"]) {
    for (const field of document.querySelectorAll(`#submit .for-${one}`)) {
      field.hidden = one !== kind();
    }
  }
}

async function submit() {
  const button = find("submit-go");
  if (button.disabled) return;
  button.disabled = true;
  write(find("submit-trouble"), "");
  try {
    key ??= newKey();
    const wanted = await job();
    write(find("submit-going"), "Submitting…");
    const told = await call("/api/jobs/create", { method: "POST", json: wanted });
    key = null;
    location.hash = `#/job/${encodeURIComponent(told.job.id)}`;
  } catch (error) {
    if (error instanceof FieldError) wrong(error);
    else if (error instanceof Trouble) wrong(error);
    else throw error;
  } finally {
    button.disabled = false;
    write(find("submit-going"), "");
  }
}

class FieldError extends Error {
  constructor(sentence, field) {
    super(sentence);
    this.field = field;
  }
}

function wrong(error) {
  const soon = error.retryAfterSeconds ? ` Try again in ${error.retryAfterSeconds} s.` : "";
  write(find("submit-trouble"), `${error.message}${soon}`);
  if (!error.field) return;
  const folded = find(error.field).closest("details");
  if (folded) folded.open = true;
  find(error.field).focus();
}

/** The fields as the server wants them. Uploads the program first, where it is large. */
async function job() {
  const spec = { args: lines("args") };
  const memory = whole("memory", "The memory limit");
  if (memory !== null) spec.memoryMb = memory;
  const env = lines("env").filter(Boolean);
  if (env.length) spec.env = Object.fromEntries(env.map(pair));
  const outputs = lines("outputs").filter(Boolean);
  if (outputs.length) spec.outputs = outputs;
  const timeoutSeconds = whole("timeout", "The time limit");
  if (timeoutSeconds === null || timeoutSeconds > 86_400) {
    throw new FieldError("The time limit must be from 1 to 86400 seconds.", "timeout");
  }
  const requirements = {
    ...(find("gpu").checked && { gpu: true }),
    ...amount("min-vram", "minVramGb"),
    ...amount("min-ram", "minRamGb"),
    ...(find("os").value && { os: find("os").value }),
  };
  if (kind() === "wasm") {
    const fuel = whole("fuel", "The fuel");
    if (fuel !== null) spec.fuel = fuel;
    Object.assign(spec, await program());
  } else {
    spec.image = find("image").value.trim();
    if (!/@sha256:[0-9a-f]{64}$/.test(spec.image)) {
      throw new FieldError(
        "Name the image with its registry and its digest, as in " +
          "registry.example/busybox@sha256: and 64 hexadecimal digits.",
        "image",
      );
    }
    if (find("network-wanted").checked) spec.network = true;
    if (find("gpu").checked) spec.gpu = true;
  }
  return { kind: kind(), spec, requirements, timeoutSeconds, idempotencyKey: key };
}

async function program() {
  const file = find("module").files[0];
  if (!file) throw new FieldError("Choose a program first.", "module");
  if (file.size > MODULE_BYTES) {
    throw new FieldError("The program is larger than 16 MiB.", "module");
  }
  let data;
  try {
    data = new Uint8Array(await file.arrayBuffer());
  } catch {
    throw new FieldError("The file cannot be read any more. Choose it again.", "module");
  }
  if (!MAGIC.every((byte, at) => data[at] === byte)) {
    throw new FieldError("This file is not a WebAssembly program.", "module");
  }
  if (data.length <= INLINE_BYTES) return { module: base64(data) };
  write(find("submit-going"), "Sending the program…");
  const digest = hexadecimal(await sha256(data));
  const path = `/api/modules/${digest}`;
  await call(path, { method: "PUT", body: data, type: "application/wasm" });
  return { moduleSha256: digest };
}

function lines(name) {
  const text = find(name).value.replace(/\r\n/g, "\n").replace(/\n$/, "");
  return text === "" ? [] : text.split("\n");
}

function pair(line) {
  const at = line.indexOf("=");
  if (at < 1) throw new FieldError(`"${line}" is not NAME=VALUE.`, "env");
  return [line.slice(0, at), line.slice(at + 1)];
}

function whole(name, title) {
  const field = find(name);
  if (field.value === "" && !field.validity.badInput) return null;
  const value = Number(field.value);
  if (field.validity.badInput || !Number.isSafeInteger(value) || value < 1) {
    throw new FieldError(`${title} must be a whole number, at least 1.`, name);
  }
  return value;
}

function amount(name, wireName) {
  const field = find(name);
  if (field.value === "" && !field.validity.badInput) return {};
  const value = Number(field.value);
  if (field.validity.badInput || !(value >= 0)) {
    throw new FieldError("How much a machine must have is a number of GB.", name);
  }
  return { [wireName]: value };
}

function base64(data) {
  let text = "";
  for (let at = 0; at < data.length; at += 8192) {
    text += String.fromCharCode(...data.subarray(at, at + 8192));
  }
  return btoa(text);
}

/** Not by randomUUID, which a page over plain http does not have. */
function newKey() {
  return `page-${hexadecimal(crypto.getRandomValues(new Uint8Array(16)))}`;
}
