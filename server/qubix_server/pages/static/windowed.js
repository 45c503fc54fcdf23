// Rows of a long list, of which only those on the screen (and a few around) are in the page. A row
// is known by its key, so that what has the keyboard keeps it while the list is sorted anew. Rows
// have one height, in the letters' own unit, and stand in the document in reading order.

const AROUND = 6;

export class Windowed {
  #scroller;
  #body;
  #make;
  #fill;
  #onWindow;
  #keys = [];
  #places = new Map(); // key -> its place in #keys
  #rows = new Map(); // key -> row, of those in the page
  #spare = [];
  #height = 0;
  #frame = 0;

  /** `make()` gives a new row (its element is `row.element`); `fill(row, key)` writes into it;
   * `onWindow(keys)` is told what is in the page after each change of that. */
  constructor({ scroller, body, make, fill, onWindow }) {
    this.#scroller = scroller;
    this.#body = body;
    this.#make = make;
    this.#fill = fill;
    this.#onWindow = onWindow;
    scroller.addEventListener("scroll", () => this.#later(), { passive: true });
    new ResizeObserver(() => {
      this.#height = 0;
      this.#later();
    }).observe(scroller);
  }

  get keys() {
    return this.#keys;
  }

  /** All keys, in their order. */
  show(keys) {
    this.#keys = keys;
    this.#places = new Map(keys.map((key, place) => [key, place]));
    this.#draw(true);
  }

  /** Writes one row anew, if it is in the page. */
  refresh(key) {
    const row = this.#rows.get(key);
    if (row) this.#fill(row, key);
  }

  /** Writes all rows anew that are in the page. */
  refreshAll() {
    for (const [key, row] of this.#rows) this.#fill(row, key);
  }

  /** Brings the row at `place` onto the screen, and gives it. */
  reach(place) {
    const at = Math.min(this.#keys.length - 1, Math.max(0, place));
    const height = this.#rowHeight();
    const above = this.#body.offsetTop;
    const room = this.#scroller.clientHeight - above;
    const { scrollTop } = this.#scroller;
    if (at * height < scrollTop) this.#scroller.scrollTop = at * height;
    else if ((at + 1) * height > scrollTop + room) {
      this.#scroller.scrollTop = (at + 1) * height - room;
    }
    this.#draw(false);
    return this.#rows.get(this.#keys[at]) ?? null;
  }

  placeOf(element) {
    for (const [key, row] of this.#rows) {
      if (row.element.contains(element)) return this.#places.get(key);
    }
    return null;
  }

  /** How many rows the screen has room for. */
  get room() {
    return Math.max(1, Math.floor(this.#scroller.clientHeight / this.#rowHeight()) - 1);
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => this.#draw(false));
  }

  #draw(all) {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const height = this.#rowHeight();
    this.#body.style.height = `${this.#keys.length * height}px`;
    const shown = Math.ceil(this.#scroller.clientHeight / height);
    const first = Math.max(0, Math.floor(this.#scroller.scrollTop / height) - AROUND);
    const keys = this.#keys.slice(first, first + shown + 2 * AROUND);
    const wanted = new Set(keys);
    const focused = document.activeElement;
    const focusedKey = this.#keyOf(focused);
    let moved = false;
    for (const [key, row] of this.#rows) {
      if (wanted.has(key)) continue;
      // The keyboard must not fall out of the list with a row that is scrolled away.
      if (key === focusedKey) this.#scroller.focus({ preventScroll: true });
      this.#rows.delete(key);
      this.#spare.push(row);
      moved = true;
    }
    let before = null;
    for (const [at, key] of keys.entries()) {
      let row = this.#rows.get(key);
      const isNew = !row;
      if (isNew) {
        row = this.#spare.pop() ?? this.#make();
        this.#rows.set(key, row);
        moved = true;
      }
      if (isNew || all) this.#fill(row, key);
      const { element } = row;
      const place = first + at;
      if (row.place !== place || row.height !== height) {
        row.place = place;
        row.height = height;
        element.style.transform = `translateY(${place * height}px)`;
        element.setAttribute("aria-rowindex", place + 2); // the first is the head
      }
      const next = before ? before.nextSibling : this.#body.firstChild;
      if (next !== element) this.#body.insertBefore(element, next);
      before = element;
    }
    for (const row of this.#spare) row.element.remove();
    this.#spare.length = Math.min(this.#spare.length, 40);
    if (wanted.has(focusedKey) && document.activeElement !== focused) {
      focused.focus({ preventScroll: true });
    }
    if (moved) this.#onWindow(keys);
  }

  #keyOf(element) {
    if (!this.#body.contains(element)) return null;
    for (const [key, row] of this.#rows) if (row.element.contains(element)) return key;
    return null;
  }

  #rowHeight() {
    if (!this.#height) {
      const row = this.#rows.values().next().value ?? this.#make();
      const isIn = this.#body.contains(row.element);
      if (!isIn) this.#body.append(row.element);
      this.#height = row.element.getBoundingClientRect().height || 44;
      if (!isIn) row.element.remove();
    }
    return this.#height;
  }
}
