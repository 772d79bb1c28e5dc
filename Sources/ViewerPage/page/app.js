// Starts the page: fetches the result, places the views, binds buttons and keys.

import {makeActions, labels} from "./actions.js";
import {makeAmplitudes} from "./amplitudes.js";
import {makeCorrelograms} from "./correlograms.js";
import {choice, h, number} from "./dom.js";
import {makeFeatures} from "./features.js";
import {makeHistory} from "./history.js";
import {bindKeys} from "./keys.js";
import {makeMixture} from "./mixture.js";
import {Points} from "./points.js";
import {makeSimilar, makeSuggestions, openSuggestions} from "./pairs.js";
import {Store, sentence} from "./store.js";
import {makeTabs} from "./tabs.js";
import {makeTrace} from "./trace.js";
import {makeUnits} from "./units.js";
import {makeWaveforms} from "./waveforms.js";

const store = new Store();
const messages = document.getElementById("messages");

store.addEventListener("message", ({detail: {kind, text}}) => {
  const lasting = kind !== "status";
  if (!lasting) messages.querySelectorAll(".status").forEach((old) => old.remove());
  const message = h("div", {className: `message ${kind}`, role: lasting ? "alert" : null}, h("p", {}, text),
    h("button", {className: "quiet", "aria-label": "Close this message", onclick: () => message.remove()}, "Close"));
  messages.append(message);
  if (!lasting) setTimeout(() => message.remove(), 6000);
});

try {
  await store.load();
  start();
} catch (error) {
  store.say("error", sentence(error.message));
  throw error;
}

function start() {
  const {session} = store;
  nameResult(session);

  const actions = makeActions(store);
  const units = makeUnits(store);
  const similar = makeSimilar(store);
  const trace = makeTrace(store);
  const suggestions = makeSuggestions(store, actions);
  const mixture = makeMixture(store);
  const tabs = makeTabs("More", [
    {id: "suggestions", title: "Suggestions", content: suggestions.root},
    {id: "similar", title: "Similar units", content: similar.root},
    {id: "mixture", title: "Components", content: mixture.section},
    {id: "history", title: "History", content: makeHistory(store).root},
  ]);
  const points = new Points(store);
  const views = [makeFeatures(store, points), makeWaveforms(store), makeAmplitudes(store, points), makeCorrelograms(store), trace];
  document.getElementById("views").append(units.section, ...views.map(({section}) => section),
    h("section", {id: "more", className: "view", "aria-label": "Suggestions, similar units, components, history"}, tabs.root));

  const update = placeButtons(actions, () => help());
  store.on("units selection lasso", () => {
    update();
    const singles = store.units.filter((unit) => unit.group === "good").length;
    document.getElementById("counts").textContent = `${number(store.units.length)} units, ${singles} good · ${number(session.spikeCount)} spikes`
      + (session.seconds ? ` in ${duration(session.seconds)}` : "") + ` · revision ${store.revision}` + (session.readOnly ? " · read only" : "");
    const open = openSuggestions(store).length;
    tabs.title("suggestions", open ? `Suggestions (${open})` : "Suggestions");
  });

  const help = bindKeys(keyGroups({actions, units, similar, trace, tabs, help: () => help()}));
  for (const event of ["units", "selection"]) store.dispatchEvent(new Event(event));
  if (store.units.length) store.select([store.units[0].id]);
  offerPhyEdits(actions);
  for (const text of [...session.notices, ...session.warnings]) store.say("note", sentence(text));

  // Another page may have acted while this one was away.
  addEventListener("focus", async () => {
    try {
      if (await store.look()) store.say("conflict", `The sorting was changed elsewhere; this page now shows revision ${store.revision}.`);
    } catch { /* the next action will say that the server is gone */ }
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => store.themeChanged());
  document.documentElement.dataset.ready = "true";
}

/** Says what is shown; of several groups the others can be chosen, each a page of its own. */
function nameResult({folder, groups}) {
  const name = document.getElementById("name");
  name.textContent = groups ? groups.folder : folder;
  document.title = `${groups ? `${groups.folder}, ${groups.all[groups.shown].name}` : folder} – spikesort`;
  if (!groups) return;
  const list = choice("Group", groups.all.map(({name, failure}, place) => [place, failure ? `${name} (not sorted)` : name]), groups.shown,
    (place) => { location.href = `../${place}/`; });
  groups.all.forEach(({failure}, place) => { if (failure) Object.assign(list.options[place], {disabled: true, title: failure}); });
  name.after(list);
}

/** The tool bar; returns what brings it up to the present state. */
function placeButtons(actions, help) {
  const bar = document.getElementById("actions");
  const updates = [];
  const button = (words, key, action, about) => {
    const element = h("button", {title: about, "aria-label": words, "aria-keyshortcuts": key.replace("Ctrl", "Control") || null, onclick: () => action.run()}, words, key ? h("kbd", {}, key) : null);
    updates.push(() => { element.disabled = !action.can(); });
    return element;
  };
  const label = (name) => button(name, "", {can: actions.label.can, run: () => actions.labelUnits([...store.selection], name)},
    `Label the selected units ${name} (Ctrl+Alt+${name[0].toUpperCase()}; Alt+${name[0].toUpperCase()}: only the first)`);
  const undo = button("Undo", "Ctrl+Z", actions.undo);
  const redo = button("Redo", "Ctrl+Y", actions.redo);
  updates.push(() => { undo.title = store.undo ? `Undo: ${store.undo}` : "Nothing to undo"; redo.title = store.redo ? `Redo: ${store.redo}` : "Nothing to redo"; });
  const group = (name, ...children) => h("div", {className: "group", role: "group", "aria-label": name}, children);
  bar.append(
    group("Merge and split", button("Merge", "G", actions.merge, "Make the selected units one"), button("Split", "K", actions.split, "Split off the spikes inside the lasso"),
      button("Split by mixture", "Shift+K", actions.splitMixture, "Part the selected units by a mixture")),
    group("Labels", labels.map(label), button("Note", "N", actions.note, "Write a note on the selected units")),
    group("Undo", undo, redo),
    group("Page", h("button", {title: "Light or dark", onclick: changeTheme}, "Light/dark"), h("button", {title: "All keys", onclick: help}, "Keys", h("kbd", {}, "?"))));
  return () => updates.forEach((update) => update());
}

function changeTheme() {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  store.themeChanged();
}

function keyGroups({actions, units, similar, trace, tabs, help}) {
  const when = (action) => () => action.can() && action.run();
  const first = (label) => () => store.selection.length && actions.label.can() && actions.labelUnits([store.selection[0]], label);
  const all = (label) => () => actions.label.can() && actions.labelUnits([...store.selection], label);
  const suggestion = (run) => () => {
    const open = openSuggestions(store);
    const shown = open.find((pair) => store.selection.length === 2 && store.selection.includes(pair.first) && store.selection.includes(pair.second));
    if (shown && !store.session.readOnly) run(shown);
    else if (open.length) { tabs.open("suggestions"); store.select([open[0].first, open[0].second]); }
  };
  const letters = (modifier) => labels.map((label) => `${modifier}+${label[0].toUpperCase()}`).join(" ");
  const key = (keys, words, run, phy = false) => ({keys: keys.split(" "), words, run, phy});
  return [
    ["Decide", [
      key("G", "merge the selected units", when(actions.merge), true),
      key("K", "split off the spikes inside the lasso", when(actions.split), true),
      key("Shift+K", "split the selected units by a mixture", when(actions.splitMixture)),
      key(letters("Alt"), `label the first selected unit ${labels.join(", ")}`, labels.map(first), true),
      key(letters("Ctrl+Alt"), "label all selected units so", labels.map(all), true),
      key("L", "choose a label, or take it back", when(actions.label), true),
      key("N", "write a note", when(actions.note)),
      key("A", "show the first suggestion; when shown, accept it", suggestion(actions.accept)),
      key("R", "show the first suggestion; when shown, reject it", suggestion(actions.reject)),
      key("Ctrl+Z", "undo", when(actions.undo), true),
      key("Ctrl+Y Ctrl+Shift+Z", "redo", when(actions.redo), true),
    ]],
    ["Choose", [
      key("↓", "next unit", () => units.step(1), true), key("↑", "previous unit", () => units.step(-1), true),
      key("Home", "first unit", units.first, true), key("End", "last unit", units.last, true),
      key("Space", "put the next most similar unit beside it", () => similar.step(1), true),
      key("Shift+Space", "the previous similar unit", () => similar.step(-1), true),
      key("Backspace", "keep only the first selected unit", () => store.select(store.selection.slice(0, 1)), true),
      key("Shift+↓", "in the table: add the next unit"), key("Ctrl+Enter", "in the table: add or take out the unit (Ctrl+↓ moves)"),
      key("F /", "filter the table", units.filter),
      key("Esc", "let go of the lasso, then clear the filter", () => (store.lasso ? store.setLasso(null) : units.clearFilter()), true),
    ]],
    ["Look", [
      key("Alt+PageDown", "next spike of the selection", () => trace.step(1), true), key("Alt+PageUp", "previous spike", () => trace.step(-1), true),
      key("Alt+→", "later in the trace", () => trace.move(0.5), true), key("Alt+←", "earlier", () => trace.move(-0.5), true),
      key("Alt+R", "raw or filtered trace", trace.toggle, true),
      key("Ctrl+click", "in a scatter view: set a corner of a lasso", null, true),
      key("Enter", "in a scatter view: the same at the cross that the arrows move"),
      key("T", "in the amplitudes: move the trace to the spike nearest to the cross"),
      key("PageDown", "in the features: next pair of channels"), key("+ - 0", "in a scatter view: zoom in, out, show all"),
      key("? H", "this list", help, true),
    ]],
  ];
}

/** Offers to take over what was changed in Phy. */
function offerPhyEdits(actions) {
  const {phyEdits, readOnly} = store.session;
  if (!phyEdits) return;
  const message = h("div", {className: "message", role: "status"}, h("p", {}, sentence(phyEdits.summary)),
    readOnly ? null : h("button", {className: "main", onclick: async () => { if (await actions.importPhy()) message.remove(); }}, "Import"),
    h("button", {className: "quiet", onclick: () => message.remove()}, "Not now"));
  messages.append(message);
}

function duration(seconds) {
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return minutes ? `${minutes} min ${Math.round(seconds % 60)} s` : `${seconds.toFixed(1)} s`;
}
