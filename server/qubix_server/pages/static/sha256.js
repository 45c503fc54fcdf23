// SHA-256 (FIPS 180-4). A browser's own is there only for pages over https or of this computer; over
// plain http, as in a closed network, it is worked out here.

/** @param {Uint8Array} data @returns {Promise<Uint8Array>} */
export async function sha256(data) {
  if (globalThis.crypto?.subtle) return new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return workedOut(data);
}

export const hexadecimal = (data) =>
  [...data].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function workedOut(data) {
  const length = data.length;
  const padded = new Uint8Array(Math.ceil((length + 9) / 64) * 64);
  padded.set(data);
  padded[length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setUint32(padded.length - 8, Math.floor(length / 0x2000_0000));
  view.setUint32(padded.length - 4, (length << 3) >>> 0);
  const hash = Int32Array.from(FIRST);
  const words = new Int32Array(64);
  for (let block = 0; block < padded.length; block += 64) {
    for (let at = 0; at < 16; at += 1) words[at] = view.getInt32(block + at * 4);
    for (let at = 16; at < 64; at += 1) {
      const two = words[at - 2];
      const fifteen = words[at - 15];
      const one = turn(two, 17) ^ turn(two, 19) ^ (two >>> 10);
      const zero = turn(fifteen, 7) ^ turn(fifteen, 18) ^ (fifteen >>> 3);
      words[at] = (one + words[at - 7] + zero + words[at - 16]) | 0;
    }
    mix(hash, words);
  }
  const digest = new DataView(new ArrayBuffer(32));
  hash.forEach((word, at) => digest.setInt32(at * 4, word));
  return new Uint8Array(digest.buffer);
}

function mix(hash, words) {
  let [a, b, c, d, e, f, g, h] = hash;
  for (let at = 0; at < 64; at += 1) {
    const chosen = (e & f) ^ (~e & g);
    const most = (a & b) ^ (a & c) ^ (b & c);
    const first =
      (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + chosen + ROUNDS[at] + words[at]) | 0;
    const second = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + most) | 0;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, at) => (hash[at] = (hash[at] + word) | 0));
}

const turn = (word, by) => (word >>> by) | (word << (32 - by));

/** The first 32 bits behind the point of `root(p)`, for the first `count` primes. */
function fractions(count, root) {
  const found = [];
  for (let p = 2; found.length < count; p += 1) {
    let isPrime = true;
    for (let d = 2; d * d <= p; d += 1) isPrime &&= p % d !== 0;
    if (isPrime) found.push(((root(p) % 1) * 2 ** 32) | 0);
  }
  return found;
}

const FIRST = fractions(8, Math.sqrt);
const ROUNDS = fractions(64, Math.cbrt);
