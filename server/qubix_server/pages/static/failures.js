// What the Share page says when something fails: what happened, and what to do. The documents are
// made of this list too (tools/told.py): it is JSON, and what the page puts into a ‹hole› is named.

const FAILURES = {
  "server_away": {
    "happened": "The server cannot be reached just now.",
    "todo": "Check that this computer is connected to the network, then try again."
  },
  "server_answered": {
    "happened": "The server answered ‹status›, without saying why.",
    "todo": "Try again in a few minutes; if it lasts, tell the people who run the network."
  },
  "download_failed": {
    "happened": "The file could not be downloaded. ‹reason›",
    "todo": "To try once more, press the file's name."
  },
  "not_online": {
    "happened": "Five minutes have gone by, and your computer has not come online.",
    "todo": "Go through these, then press Try again: this page waits for your computer once more.",
    "checks": [
      "Was the downloaded file opened? Until then, nothing happens.",
      "Does its window say what is wrong? It says what to do, too.",
      "Is that computer connected to the network?",
      "Is a firewall in between? It must let that computer reach ‹address›."
    ]
  },
  "joined_not_online": {
    "happened": "‹name› has joined, but has not said that it is ready.",
    "todo": "Look at that computer, then press Try again: this page waits for it once more.",
    "checks": [
      "Does the installer's window say what is wrong? It says what to do, too.",
      "Is that computer still on, awake, and connected to the network?",
      "Is a firewall in between? It must let that computer reach ‹address›."
    ]
  },
  "used_not_online": {
    "happened": "A computer has joined with this invitation some time ago, but is not sharing now.",
    "todo": "If it is yours, start QUBIX on it. For another one, press Try again: that makes a new invitation."
  },
  "unknown_not_online": {
    "happened": "Five minutes have gone by, and this page cannot reach the server to ask.",
    "todo": "Your computer may be online all the same. Check that this one is connected to the network, then press Try again."
  }
};

/** What is to be said of a failure: its sentences, with `holes` filled. */
export function failure(code, holes = {}) {
  const fill = (text) => text.replace(/‹(\w+)›/g, (_, name) => holes[name]);
  const { happened, todo, checks = [] } = FAILURES[code];
  return { happened: fill(happened), todo: fill(todo), checks: checks.map(fill) };
}

/** The same as one text. */
export function sentences(code, holes) {
  const { happened, todo } = failure(code, holes);
  return `${happened} ${todo}`;
}
