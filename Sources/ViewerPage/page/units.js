// The unit table: sorted by any column, filtered by words and comparisons, and the place where units are chosen.

import {colourOf} from "./colours.js";
import {h, number, percent} from "./dom.js";
import {sentence} from "./store.js";

const verdicts = {single: "single", multi: "multi", noise: "noise", tooFew: "too few"};

/** Columns: title, what it means, value to sort and filter by, text to show. */
const columns = [
  {name: "unit", title: "Unit", about: "The unit's number; it is never used twice", value: (u) => u.id, text: (u) => String(u.id)},
  {name: "verdict", title: "Verdict", about: "What the numbers say", words: true, value: (u) => verdicts[u.verdict] ?? u.verdict},
  {name: "chance", title: "Chance", about: "Chance that at least 95 % of its spikes are one neuron's", value: (u) => u.chance, text: (u) => (u.chance == null ? "–" : `${Math.min(99, Math.max(1, Math.round(100 * u.chance)))} %`)},
  {name: "label", title: "Label", about: "What a person said", words: true, value: (u) => u.label ?? ""},
  {name: "spikes", title: "Spikes", about: "Number of spikes", value: (u) => u.spikeCount},
  {name: "rate", title: "Hz", about: "Mean firing rate", value: (u) => u.rate, text: (u) => number(u.rate)},
  {name: "snr", title: "SNR", about: "Trough of the mean waveform over the noise of its channel", value: (u) => u.signalToNoise, text: (u) => number(u.signalToNoise)},
  {name: "violations", title: "Viol.", about: "Pairs of spikes within the refractory period", value: (u) => u.refractoryViolations},
  {name: "foreign", title: "Foreign (95 %)", about: "Share of foreign spikes that the violations speak for, with its interval", value: (u) => u.contamination?.estimate,
    text: (u) => (u.contamination ? `${percent(u.contamination.estimate)} (${percent(u.contamination.low).replace(" %", "")}–${percent(u.contamination.high).replace(" %", "")})` : "–")},
  {name: "isolation", title: "Isolation", about: "Isolation distance; larger is better", value: (u) => u.isolationDistance, text: (u) => number(u.isolationDistance)},
  {name: "lratio", title: "L-ratio", about: "L-ratio; smaller is better", value: (u) => u.lRatio, text: (u) => number(u.lRatio, 2)},
  {name: "fp", title: "FP", about: "False positives by overlap with other units", value: (u) => u.falsePositives, text: (u) => percent(u.falsePositives)},
  {name: "fn", title: "FN", about: "False negatives by overlap with other units", value: (u) => u.falseNegatives, text: (u) => percent(u.falseNegatives)},
  {name: "channel", title: "Ch.", about: "The channel where it is largest", value: (u) => u.channel, text: (u) => String(u.channel ?? "–")},
  {name: "amplitude", title: "Ampl.", about: "Size of the mean waveform there", value: (u) => u.amplitude, text: (u) => number(u.amplitude)},
  {name: "reason", title: "Reason", about: "Why the verdict is what it is", words: true, value: (u) => u.reasons?.[0] ?? ""},
  {name: "note", title: "Note", about: "What a person wrote", words: true, value: (u) => u.note ?? ""},
];
const byName = new Map(columns.map((column) => [column.name, column]));

export function makeUnits(store) {
  let sorting = {name: "unit", down: false};
  let focused = null;
  let anchor = null;
  const body = h("tbody");
  const heads = new Map();
  const filter = h("input", {type: "search", placeholder: "filter: good  rate>2", "aria-label": "Filter the units", title:
    `Words and comparisons such as “good rate>2 snr<8”. Columns: ${columns.map(({name}) => name).join(", ")}`, oninput: fill});
  const found = h("span", {className: "caption", role: "status"});
  const about = h("div", {className: "about", id: "about", "aria-live": "polite"});
  const table = h("table", {role: "grid", "aria-multiselectable": "true", "aria-label": "Units"},
    h("thead", {}, h("tr", {}, columns.map((column) => {
      const head = h("th", {scope: "col", className: column.words ? "words" : ""},
        h("button", {title: column.about, onclick: () => sortBy(column.name)}, column.title));
      heads.set(column.name, head);
      return head;
    }))), body);
  const section = h("section", {id: "units", className: "view", "aria-labelledby": "units-title", tabIndex: -1},
    h("header", {}, h("h2", {id: "units-title"}, "Units"), found, filter), h("div", {className: "scroll"}, table), about);

  function sortBy(name) {
    const words = byName.get(name).words || name === "unit" || name === "channel";
    sorting = sorting.name === name ? {name, down: !sorting.down} : {name, down: !words};
    fill();
  }

  function fill() {
    const {value} = byName.get(sorting.name);
    const turn = sorting.down ? -1 : 1;
    const accepts = filterOf(filter.value);
    store.shown = store.units.filter(accepts).sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      const missing = (v) => v === null || v === undefined || v === "";
      if (missing(x) || missing(y)) return missing(x) - missing(y) || a.id - b.id;
      return (x < y ? -1 : x > y ? 1 : 0) * turn || a.id - b.id;
    });
    for (const [name, head] of heads) {
      const state = name !== sorting.name ? "none" : sorting.down ? "descending" : "ascending";
      head.setAttribute("aria-sort", state);
      head.firstChild.textContent = byName.get(name).title + {none: "", descending: " ↓", ascending: " ↑"}[state];
    }
    const had = body.contains(document.activeElement);
    body.replaceChildren(...store.shown.map(row));
    found.textContent = store.shown.length < store.units.length ? `${store.shown.length} of ${store.units.length}` : "";
    paint();
    if (had) attend(rowOf(focused) ? focused : store.selection[0] ?? store.shown[0]?.id);
  }

  function row(unit) {
    const element = h("tr", {"data-unit": String(unit.id), tabIndex: -1,
      onclick: (event) => choose(unit.id, event), onfocus: () => { focused = unit.id; paintTabStop(); }},
      columns.map((column) => {
        const words = column.text?.(unit) ?? column.value(unit) ?? "–";
        const text = typeof words === "number" ? words.toLocaleString("en") : words;
        const cell = h("td", {className: [column.words ? "words" : "", column.name].join(" ")}, column.name === "unit" ? [h("span", {className: "chip"}), text] : text);
        if (column.name === "label" && unit.label) cell.classList.add("hand");
        if (column.name === "reason" || column.name === "note") cell.title = text;
        return cell;
      }));
    return element;
  }

  function choose(id, {shiftKey, ctrlKey, metaKey}) {
    if (shiftKey && anchor !== null) {
      const places = [anchor, id].map((one) => store.shown.findIndex((unit) => unit.id === one));
      const range = store.shown.slice(Math.min(...places), Math.max(...places) + 1).map((unit) => unit.id);
      store.select(places[0] <= places[1] ? range : range.reverse());
      return;
    }
    anchor = id;
    if (ctrlKey || metaKey) store.toggle(id);
    else store.select([id]);
  }

  /** Arrows move and choose; with Ctrl they only move, Ctrl+Enter adds; with Shift they add. */
  body.addEventListener("keydown", (event) => {
    const place = store.shown.findIndex((unit) => unit.id === focused);
    const targets = {ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: store.shown.length - 1};
    if (event.altKey) return;
    if (event.key in targets) {
      const next = store.shown[targets[event.key]];
      if (!next) return event.preventDefault();
      attend(next.id);
      if (event.shiftKey) store.select([...store.selection.filter((id) => id !== next.id), next.id]);
      else if (!event.ctrlKey && !event.metaKey) { anchor = next.id; store.select([next.id]); }
    } else if (event.key === "Enter" && focused !== null) {
      choose(focused, event);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });

  const rowOf = (id) => body.querySelector(`[data-unit="${Number(id)}"]`);

  function attend(id) {
    const element = rowOf(id);
    element?.focus({preventScroll: true});
    reveal(element);
  }

  /** Scrolls a row into sight, up and down only. */
  function reveal(element) {
    if (!element) return;
    const frame = table.parentNode;
    const [top, head] = [element.offsetTop, table.tHead.offsetHeight];
    if (top - head < frame.scrollTop) frame.scrollTop = top - head;
    else if (top + element.offsetHeight > frame.scrollTop + frame.clientHeight) frame.scrollTop = top + element.offsetHeight - frame.clientHeight;
  }

  function paintTabStop() {
    const stop = rowOf(focused) ?? rowOf(store.selection[0]) ?? body.rows[0];
    for (const element of body.rows) element.tabIndex = element === stop ? 0 : -1;
  }

  function paint() {
    for (const element of body.rows) {
      const id = Number(element.dataset.unit);
      element.setAttribute("aria-selected", String(store.selection.includes(id)));
      const chip = element.querySelector(".chip");
      const colour = colourOf(store, id);
      chip.classList.toggle("none", !colour);
      chip.style.background = colour ?? "transparent";
    }
    paintTabStop();
    tell();
  }

  function tell() {
    const unit = store.unit(store.selection[0]);
    if (!unit) return about.replaceChildren("Choose a unit: click, or ↓ and ↑; Ctrl+click or Shift+↓ adds one. Press ? for all keys.");
    const origin = {merge: `merged from ${unit.parents.join(", ")}`, split: `split from ${unit.parents.join(", ")}`, import: "imported from Phy"}[unit.origin];
    const parts = [h("strong", {}, `Unit ${unit.id}: ${verdicts[unit.verdict] ?? unit.verdict}`), unit.label ? `, labelled ${unit.label}` : "", origin ? `, ${origin}` : "",
      h("ul", {}, unit.reasons.map((reason) => h("li", {}, sentence(reason)))), unit.note ? h("p", {}, `Note: ${unit.note}`) : null];
    about.replaceChildren(...parts.filter((part) => part));
  }

  store.on("units", fill);
  store.on("selection", () => {
    paint();
    reveal(rowOf(store.selection.at(-1)));
  });

  /** Chooses the next unit of the table, or the previous one, as Phy's arrows do. */
  function step(by) {
    const place = store.shown.findIndex((unit) => unit.id === store.selection[0]);
    const next = store.shown[place < 0 ? 0 : Math.min(Math.max(place + by, 0), store.shown.length - 1)];
    if (next) focusUnit(next.id);
  }

  function focusUnit(id) {
    anchor = id;
    store.select([id]);
    attend(id);
  }

  return {
    section, step,
    first: () => store.shown[0] && focusUnit(store.shown[0].id),
    last: () => store.shown.length && focusUnit(store.shown.at(-1).id),
    filter: () => filter.focus(),
    clearFilter() {
      if (!filter.value) return false;
      filter.value = "";
      fill();
      return true;
    },
  };
}

/** What a filter accepts: every word must occur somewhere, every comparison must hold. */
export function filterOf(text) {
  const tests = text.toLowerCase().split(/\s+/).filter(Boolean).map((word) => {
    const parts = /^([a-z]+)(<=|>=|<|>|=)(.+)$/.exec(word);
    const column = parts && byName.get(parts[1]);
    if (!column) {
      return (unit) => columns.some(({value, words, name}) => (words ? String(value(unit)).toLowerCase().includes(word) : name === "unit" && String(unit.id) === word));
    }
    const [, , sign, wanted] = parts;
    const limit = Number(wanted);
    return (unit) => {
      const value = column.value(unit);
      if (sign === "=") return String(value).toLowerCase() === wanted || value === limit;
      if (value === null || value === undefined || value === "" || Number.isNaN(limit)) return false;
      return {"<": value < limit, ">": value > limit, "<=": value <= limit, ">=": value >= limit}[sign];
    };
  });
  return (unit) => tests.every((test) => test(unit));
}
