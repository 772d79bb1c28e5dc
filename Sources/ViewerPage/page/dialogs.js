// Questions in a dialog: Esc and Cancel answer null.

import {h} from "./dom.js";

/** Shows a dialog until it is closed; `build(answer)` gives its content. */
function ask(title, build) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    let answer = null;
    const dialog = h("dialog", {"aria-label": title, onclose: () => { dialog.remove(); before?.focus?.(); resolve(answer); }});
    const done = (value) => { answer = value; dialog.close(); };
    dialog.append(h("h2", {}, title), ...build(done).flat(Infinity));
    document.body.append(dialog);
    dialog.showModal();
  });
}

const buttons = (words, done) => h("div", {className: "buttons"},
  h("button", {type: "button", onclick: () => done(null)}, "Cancel"), h("button", {className: "main"}, words));

/** Asks for a text of several lines. */
export function askText(title, text, words) {
  return ask(title, (done) => {
    const area = h("textarea", {value: text, maxLength: 2000, autofocus: true, "aria-label": title});
    area.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) done(area.value); });
    return [h("form", {onsubmit: (event) => { event.preventDefault(); done(area.value); }}, area, buttons(words, done))];
  });
}

/** Asks for a whole number. */
export function askNumber(title, {value, low, high}, words) {
  return ask(title, (done) => {
    const field = h("input", {type: "number", min: low, max: high, step: 1, value, required: true, autofocus: true, "aria-label": title});
    return [h("form", {onsubmit: (event) => { event.preventDefault(); done(Number(field.value)); }}, field, buttons(words, done))];
  });
}

/** Asks for one of several: [value, words, key]. */
export function askOne(title, options) {
  return ask(title, (done) => {
    const list = h("div", {className: "buttons"}, options.map(([value, words, key]) =>
      h("button", {type: "button", onclick: () => done({value})}, words, h("kbd", {}, key))));
    list.addEventListener("keydown", (event) => {
      const option = options.find(([, , key]) => key === event.key.toLowerCase());
      if (option) { event.preventDefault(); done({value: option[0]}); }
    });
    return [list];
  });
}

/** Shows text until it is closed. */
export function show(title, ...content) {
  return ask(title, (done) => [...content, h("div", {className: "buttons"}, h("button", {className: "main", autofocus: true, onclick: () => done(null)}, "Close"))]);
}
