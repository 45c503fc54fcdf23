// What changes, as it changes: one WebSocket, which comes back by itself. The server tells of every
// machine's coming, going and status, and of the use of those that are asked for by name: only what
// is on the screen is, so that a large fleet costs no more than a small one.

import { backOff } from "./patience.js";
import { REFUSED, refuse, token } from "./session.js";

const PING_MS = 20_000;
const SILENCE_MS = 45_000;
const STEADY_MS = 10_000; // a connection that stood so long was no failure
export const WANTED_MOST = 90; // the server takes 100 subscriptions of one client

export class Live {
  #socket = null;
  #wanted = new Map(); // id -> "provider" or "job"
  #asked = new Map(); // the same, as the server knows it
  #failures = 0;
  #timer = 0;
  #ping = 0;
  #heardAt = 0;
  #liveAt = Infinity;
  #closed = false;
  #onEvent;
  #onState;
  #onFresh;

  /** `onEvent(type, data)`; `onState({at: "connecting"|"live"|"waiting", until})`; `onFresh()` each
   * time that a connection stands: what was missed before it is to be read anew. */
  constructor({ onEvent, onState, onFresh }) {
    this.#onEvent = onEvent;
    this.#onState = onState;
    this.#onFresh = onFresh;
    this.#connect();
  }

  /** Asks for these, and for no others. @param {Map<string, "provider"|"job">} wanted */
  want(wanted) {
    this.#wanted = new Map([...wanted].slice(0, WANTED_MOST));
    this.#reconcile();
  }

  /** Tries to connect at once, where it waits to. */
  now() {
    if (this.#timer) this.#connect();
  }

  close() {
    this.#closed = true;
    this.#drop();
  }

  #connect() {
    this.#drop();
    if (this.#closed) return;
    this.#onState({ at: "connecting" });
    const address = new URL("/ws", location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.#socket = socket;
    this.#heardAt = Date.now();
    socket.addEventListener("message", (message) => this.#heard(JSON.parse(message.data)));
    socket.addEventListener("close", () => this.#socket === socket && this.#lost());
    this.#ping = setInterval(() => this.#check(), PING_MS);
  }

  #heard(message) {
    this.#heardAt = Date.now();
    if (message.type === "connected") {
      this.#send({ type: "subscribe:marketplace", token: token() });
    } else if (message.type === "subscribed" && message.topic === "subscribe:marketplace") {
      this.#liveAt = Date.now();
      this.#asked.clear();
      this.#onState({ at: "live" });
      this.#reconcile();
      this.#onFresh();
    } else if (message.type === "error") {
      if (message.code === "unauthorized") refuse(REFUSED);
      else if (this.#liveAt === Infinity) this.#lost();
    } else if (message.data) {
      this.#onEvent(message.type, message.data);
    }
  }

  #check() {
    if (Date.now() - this.#heardAt > SILENCE_MS) this.#lost();
    else this.#send({ type: "ping" });
  }

  #lost() {
    this.#drop();
    if (Date.now() - this.#liveAt > STEADY_MS) this.#failures = 0;
    this.#liveAt = Infinity;
    this.#failures += 1;
    const seconds = backOff(this.#failures);
    this.#onState({ at: "waiting", until: Date.now() + seconds * 1000 });
    this.#timer = setTimeout(() => this.#connect(), seconds * 1000);
  }

  #drop() {
    clearTimeout(this.#timer);
    clearInterval(this.#ping);
    this.#timer = 0;
    this.#asked.clear();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #reconcile() {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    for (const id of [...this.#asked.keys()]) {
      if (this.#wanted.has(id)) continue;
      this.#asked.delete(id);
      this.#send({ type: "unsubscribe", subscriptionId: id });
    }
    for (const [id, kind] of this.#wanted) {
      if (this.#asked.has(id)) continue;
      this.#asked.set(id, kind);
      this.#send({ type: `subscribe:${kind}`, subscriptionId: id, token: token() });
    }
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
