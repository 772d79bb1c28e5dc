// Keys: Phy's where Phy has one. The list is what `?` shows.

import {h} from "./dom.js";
import {show} from "./dialogs.js";

/** Binds groups [title, {keys, words, run, phy}], where `run` is a function or one a key, and returns what shows the list. */
export function bindKeys(groups) {
  const byKey = new Map();
  for (const [, entries] of groups) {
    for (const {keys, run} of entries) keys.forEach((key, place) => run && byKey.set(key, Array.isArray(run) ? run[place] : run));
  }

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
    const target = event.target;
    const types = target.matches?.("input, textarea, select");
    const presses = target.matches?.("button, a, summary") && (event.key === " " || event.key === "Enter");
    const name = nameOf(event);
    if (presses || (types && name !== "Esc")) return;
    const run = byKey.get(name);
    if (!run) return;
    event.preventDefault();
    run();
  });

  return () => show("Keys", h("p", {}, "Those of Phy where Phy has one (marked ●)."),
    groups.map(([title, entries]) => h("section", {}, h("h3", {}, title), h("div", {className: "keys"}, entries.map(({keys, words, phy}) =>
      h("div", {}, h("span", {}, keys.flatMap((key, place) => [place ? " " : "", h("kbd", {}, key)])), h("span", {}, words + (phy ? "\u00a0●" : ""))))))));
}

/** A key with its modifiers, such as `Ctrl+Shift+Z`; ⌘ counts as Ctrl. */
export function nameOf(event) {
  const names = {" ": "Space", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc"};
  let key = names[event.key] ?? event.key;
  // With Alt some keyboards write another sign.
  if (event.altKey && /^Key[A-Z]$/.test(event.code) && !/^[a-z]$/i.test(key)) key = event.code.slice(3);
  if (key.length === 1) key = key.toUpperCase();
  const shift = event.shiftKey && (key.length > 1 || /[A-Z]/.test(key));
  return [event.ctrlKey || event.metaKey ? "Ctrl+" : "", event.altKey ? "Alt+" : "", shift ? "Shift+" : "", key].join("");
}
