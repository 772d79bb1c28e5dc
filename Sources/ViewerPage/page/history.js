// What was done: the journal, newest first.

import {json} from "./api.js";
import {h, latest} from "./dom.js";

export function makeHistory(store) {
  const root = h("div", {className: "scroll"});
  const fetchEntries = latest(
    () => json("api/journal"),
    ({entries}) => {
      const rows = [...entries].reverse().map(({revision, time, summary, active}) => h("tr", {},
        h("td", {}, String(revision)), h("td", {className: `words${active ? "" : " undone"}`}, summary),
        h("td", {className: "words"}, new Date(time).toLocaleString("sv"))));
      root.replaceChildren(rows.length
        ? h("table", {"aria-label": "History"}, h("thead", {}, h("tr", {}, h("th", {scope: "col", className: "plain"}, "Revision"),
          h("th", {scope: "col", className: "plain words"}, "Action"), h("th", {scope: "col", className: "plain words"}, "When"))), h("tbody", {}, rows))
        : h("p", {className: "nothing"}, "Nothing has been decided yet. Every action will be a line of curation.jsonl in the result folder."));
    },
    (error) => store.say("error", error.message));
  store.on("units", fetchEntries);
  return {root};
}
