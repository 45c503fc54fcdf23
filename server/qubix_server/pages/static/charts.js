// Lines over time, drawn as SVG: a small one for a row of the table, a large one for a machine's
// page. A gap in what was told is a gap in the line.

import { drawn, element, write } from "./dom.js";

const SMALL = { width: 64, height: 20 };
const LARGE = { width: 420, height: 150, left: 54, right: 10, top: 10, bottom: 24 };
const GAP_TIMES = 5; // so many times the usual distance between two points is a gap

/** A small line without words: the figure stands beside it. */
export function sparkline() {
  const path = drawn("path", { class: "line" });
  const svg = drawn(
    "svg",
    {
      class: "spark",
      viewBox: `0 0 ${SMALL.width} ${SMALL.height}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    },
    path,
  );
  return { svg, path };
}

/** Draws `values` (null: not told) from `low` to `high` into a small line. */
export function drawSpark({ path }, values, low, high) {
  const step = SMALL.width / Math.max(1, values.length - 1);
  const span = high - low || 1;
  let line = "";
  let down = false;
  for (const [at, value] of values.entries()) {
    if (typeof value !== "number") {
      down = false;
      continue;
    }
    const share = Math.min(1, Math.max(0, (value - low) / span));
    const y = 1 + (1 - share) * (SMALL.height - 2);
    line += `${down ? "L" : "M"}${(at * step).toFixed(1)} ${y.toFixed(1)}`;
    down = true;
  }
  if (path.getAttribute("d") !== line) path.setAttribute("d", line);
}

/** A chart with a title, axes and the newest figure; `draw(points, from, to)` fills it.
 * `value(point)` is its figure, `say(figure)` that in words; `high` null: as the figures are. */
export function chart({ title, value, say, high = null, low = 0 }) {
  const plot = drawn("svg", {
    viewBox: `0 0 ${LARGE.width} ${LARGE.height}`,
    role: "img",
    class: "plot",
  });
  const now = element("span", { class: "chart-now" });
  const figure = element(
    "figure",
    { class: "chart" },
    element("figcaption", {}, element("span", {}, title), now),
    plot,
  );
  const draw = (points, from, to) => {
    const told = points.filter((point) => typeof value(point) === "number");
    figure.hidden = told.length === 0;
    if (!told.length) return;
    const figures = told.map(value);
    const least = Math.min(...figures);
    const greatest = Math.max(...figures);
    const top = high ?? niceTop(greatest);
    write(now, say(figures.at(-1)));
    plot.setAttribute(
      "aria-label",
      `${title}: now ${say(figures.at(-1))}, between ${say(least)} and ${say(greatest)} from ` +
        `${clock(from)} to ${clock(to)}.`,
    );
    plot.replaceChildren(...axes(low, top, say, from, to), lines(told, value, low, top, from, to));
  };
  return { figure, draw };
}

function axes(low, top, say, from, to) {
  const { width, height, left, right, bottom } = LARGE;
  const parts = [];
  for (const share of [0, 0.5, 1]) {
    const y = yOf(share);
    parts.push(drawn("path", { class: "rule", d: `M${left} ${y}H${width - right}` }));
    const label = drawn("text", { x: left - 6, y: y + 4, "text-anchor": "end" });
    label.textContent = say(low + (top - low) * share);
    parts.push(label);
  }
  const times = [
    [left, "start", from],
    [(left + width - right) / 2, "middle", (from + to) / 2],
    [width - right, "end", to],
  ];
  for (const [x, anchor, time] of times) {
    const label = drawn("text", { x, y: height - bottom + 16, "text-anchor": anchor });
    label.textContent = clock(time);
    parts.push(label);
  }
  return parts;
}

function lines(told, value, low, top, from, to) {
  const { width, left, right } = LARGE;
  const span = Math.max(1, to - from);
  const distances = told.slice(1).map((point, at) => point.at - told[at].at);
  const usual = distances.sort((a, b) => a - b)[Math.floor(distances.length / 2)] ?? 0;
  let line = "";
  let before = null;
  for (const point of told) {
    const x = left + ((point.at - from) / span) * (width - left - right);
    const y = yOf(Math.min(1, Math.max(0, (value(point) - low) / (top - low || 1))));
    const isGap = before === null || point.at - before > Math.max(usual * GAP_TIMES, 60_000);
    // A point alone is drawn as a dot: a line of no length with round ends.
    line += isGap ? `M${x.toFixed(1)} ${y.toFixed(1)}h0` : `L${x.toFixed(1)} ${y.toFixed(1)}`;
    before = point.at;
  }
  return drawn("path", { class: "line", d: line });
}

function yOf(share) {
  const { height, top, bottom } = LARGE;
  return Math.round(top + (1 - share) * (height - top - bottom)) + 0.5;
}

/** The next round figure above. */
function niceTop(greatest) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(1, greatest)));
  const step = [1, 2, 5, 10].find((times) => times * unit >= greatest);
  return step * unit;
}

function clock(time) {
  const then = new Date(time);
  const isToday = new Date().toDateString() === then.toDateString();
  const hours = { hour: "2-digit", minute: "2-digit" };
  const day = { weekday: "short" };
  return then.toLocaleString([], isToday ? hours : { ...day, ...hours });
}
