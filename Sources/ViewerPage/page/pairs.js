// Pairs of units: which may be one neuron, with the evidence, and which look like the chosen one.

import {h, number} from "./dom.js";
import {sentence} from "./store.js";

const verdicts = {split: "halves of one neuron", different: "two neurons", unclear: "unclear"};

const evidence = (pair) => [
  pair.similarity === null || pair.similarity === undefined ? null : `similarity ${pair.similarity.toFixed(2)}`,
  `${number(pair.shortLags)} short lags, ${number(pair.expectedShortLags)} expected of two neurons`,
].filter(Boolean).join(" · ");

/** The suggestions that are open: pairs judged halves of one neuron and not rejected, the most alike first. */
export function openSuggestions(store) {
  return store.pairs.filter((pair) => pair.verdict === "split" && !pair.decision)
    .sort((a, b) => (b.similarity ?? 0) - (a.similarity ?? 0) || a.first - b.first);
}

/** The list of merge suggestions. */
export function makeSuggestions(store, actions) {
  const root = h("div", {className: "scroll"});
  function fill() {
    const open = openSuggestions(store);
    const rejected = store.pairs.filter((pair) => pair.decision === "rejected");
    root.replaceChildren(...open.map((pair) => h("article", {className: "pair", "aria-label": `Units ${pair.first} and ${pair.second}`},
      h("div", {className: "row"}, h("span", {}, `${pair.first} + ${pair.second}`),
        h("button", {className: "quiet", onclick: () => store.select([pair.first, pair.second])}, "Look"),
        h("button", {className: "quiet", disabled: store.session.readOnly, onclick: () => actions.accept(pair)}, "Accept"),
        h("button", {className: "quiet", disabled: store.session.readOnly, onclick: () => actions.reject(pair)}, "Reject")),
      h("p", {}, evidence(pair)), pair.reasons.map((reason) => h("p", {}, sentence(reason))))));
    if (!open.length) root.append(h("p", {className: "nothing"}, "No pair of units looks like halves of one neuron."));
    if (rejected.length) root.append(h("p", {className: "caption"}, `Rejected: ${rejected.map(({first, second}) => `${first} + ${second}`).join(", ")}.`));
  }
  store.on("units", fill);
  return {root, count: () => openSuggestions(store).length};
}

/** The units most like the first chosen one. */
export function similarTo(store, id) {
  return store.pairs.filter((pair) => pair.first === id || pair.second === id)
    .map((pair) => ({...pair, other: pair.first === id ? pair.second : pair.first}))
    .sort((a, b) => (b.similarity ?? -1) - (a.similarity ?? -1) || a.other - b.other);
}

/** The table of units like the first chosen one. */
export function makeSimilar(store) {
  const root = h("div", {className: "scroll"});
  function fill() {
    const id = store.selection[0];
    if (id === undefined) return root.replaceChildren(h("p", {className: "nothing"}, "Choose a unit in the table."));
    const rows = similarTo(store, id).map((pair) => h("tr", {"aria-selected": String(store.selection.includes(pair.other))},
      h("td", {}, h("button", {className: "quiet", "aria-label": `Unit ${pair.other} beside ${id}`, onclick: () => store.toggle(pair.other)}, String(pair.other))),
      h("td", {}, pair.similarity?.toFixed(2) ?? "–"), h("td", {}, number(pair.shortLags)), h("td", {}, number(pair.expectedShortLags)),
      h("td", {className: "words"}, verdicts[pair.verdict] ?? pair.verdict), h("td", {className: "words", title: pair.reasons.join("; ")}, pair.reasons[0] ?? "")));
    root.replaceChildren(h("table", {"aria-label": `Units like ${id}`},
      h("thead", {}, h("tr", {}, ["Unit", "Similarity", "Short lags", "Expected"].map((title) => h("th", {scope: "col", className: "plain"}, title)),
        ["Verdict", "Reason"].map((title) => h("th", {scope: "col", className: "plain words"}, title)))), h("tbody", {}, rows)));
  }
  store.on("units selection", fill);

  /** Puts the next unit like the first chosen one beside it, as Phy's space bar does. */
  function step(by) {
    const [id, other] = store.selection;
    if (id === undefined) return;
    const list = similarTo(store, id);
    const place = list.findIndex((pair) => pair.other === other);
    const next = list[place < 0 ? 0 : place + by];
    if (next) store.select([id, next.other]);
    else if (place + by < 0) store.select([id]);
  }
  return {root, step};
}
