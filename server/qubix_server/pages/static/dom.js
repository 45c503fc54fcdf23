// Small ways of the page's own to find and make elements. Text goes in as text only: nothing here
// reads markup, so that no name or output from a stranger's computer can become part of the page.

export const find = (id) => document.getElementById(id);

/** An element with attributes (`null` and `false` leave one out) and children, text or elements. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** An element of a drawing. */
export function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Writes only what is new: a page that stands still costs nothing, and a selection survives. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** The pairs of a description list; a pair without a text is left out. */
export function facts(list, pairs) {
  const told = pairs.filter(([, text]) => text);
  list.replaceChildren(
    ...told.map(([term, text]) =>
      element("div", {}, element("dt", {}, term), element("dd", {}, text)),
    ),
  );
}

/** Asks before something is lost. @returns {Promise<boolean>} */
export function confirmed({ title, text, yes, no = "Keep it" }) {
  const dialog = find("confirm");
  find("confirm-title").textContent = title;
  find("confirm-text").textContent = text;
  find("confirm-yes").textContent = yes;
  find("confirm-no").textContent = no;
  return new Promise((resolve) => {
    const close = (answer) => () => dialog.close(answer);
    find("confirm-yes").onclick = close("yes");
    find("confirm-no").onclick = close("no");
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
    find("confirm-no").focus();
  });
}

/** Has a screen reader say it, once. */
export function say(text) {
  find("said").textContent = "";
  requestAnimationFrame(() => (find("said").textContent = text));
}
