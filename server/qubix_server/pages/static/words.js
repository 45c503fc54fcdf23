// Figures as people read them. `null` where nothing was told: nothing is guessed.

export const plural = (count, thing) =>
  `${count.toLocaleString("en")} ${thing}${count === 1 ? "" : "s"}`;

export const percent = (value) => (isNumber(value) ? `${Math.round(value)} %` : null);

export const celsius = (value) => (isNumber(value) ? `${Math.round(value)} °C` : null);

export const gigabytes = (value) => (isNumber(value) ? `${Math.round(value * 10) / 10} GB` : null);

export function bytes(count) {
  if (!isNumber(count)) return null;
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let at = 0;
  while (count >= 1024 && at < units.length - 1) {
    count /= 1024;
    at += 1;
  }
  return `${count < 10 ? Math.round(count * 10) / 10 : Math.round(count)} ${units[at]}`;
}

/** How long ago, both in milliseconds: "just now", "40 s ago", "3 min ago", then the day. */
export function ago(then, now) {
  if (!isNumber(then)) return "never";
  const seconds = Math.max(0, Math.round((now - then) / 1000));
  if (seconds < 5) return "just now";
  if (seconds < 100) return `${seconds} s ago`;
  if (seconds < 100 * 60) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} days ago`;
}

/** How long, in milliseconds: "0.4 s", "12 s", "3 min 20 s", "2 h 5 min". */
export function lasting(ms) {
  if (!isNumber(ms)) return null;
  const seconds = ms / 1000;
  if (seconds < 10) return `${Math.max(0, seconds).toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A time of the server's, in this place's way; `null` where there is none. */
export function moment(text) {
  const then = Date.parse(text ?? "");
  if (Number.isNaN(then)) return null;
  return new Date(then).toLocaleString([], { dateStyle: "medium", timeStyle: "medium" });
}

export const SYSTEMS = { windows: "Windows", macos: "macOS", linux: "Linux" };

export const JOB_STATUSES = {
  PENDING: "Waiting",
  ASSIGNED: "Given out",
  RUNNING: "Running",
  COMPLETED: "Completed",
  FAILED: "Failed",
  CANCELLED: "Cancelled",
};

/** Text from a stranger's program: what could play tricks with the reader is shown, not obeyed. */
export function inert(text) {
  return text
    .replace(/\r\n/g, "\n")
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, (c) => {
      const code = c.charCodeAt(0);
      return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd";
    })
    .replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, (c) => {
      return `⟨U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
    });
}

const isNumber = (value) => typeof value === "number" && Number.isFinite(value);
