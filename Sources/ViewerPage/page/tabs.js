// Tabs: a row of buttons, one panel at a time; arrows move between them.

import {h} from "./dom.js";

/** Makes tabs of {id, title, content}. */
export function makeTabs(name, pages) {
  const list = h("div", {role: "tablist", "aria-label": name});
  const panels = pages.map(({id, title, content}) => {
    const tab = h("button", {role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}`, onclick: () => open(id)}, title);
    list.append(tab);
    return {id, tab, panel: h("div", {role: "tabpanel", id: `panel-${id}`, "aria-labelledby": `tab-${id}`}, content)};
  });
  function open(id) {
    for (const {id: other, tab, panel} of panels) {
      tab.setAttribute("aria-selected", String(other === id));
      tab.tabIndex = other === id ? 0 : -1;
      panel.hidden = other !== id;
    }
  }
  list.addEventListener("keydown", (event) => {
    const by = {ArrowRight: 1, ArrowLeft: -1}[event.key];
    if (!by) return;
    const place = panels.findIndex(({tab}) => tab === document.activeElement);
    const next = panels[(place + by + panels.length) % panels.length];
    open(next.id);
    next.tab.focus();
    event.preventDefault();
    event.stopPropagation();
  });
  open(pages[0].id);
  return {root: [list, ...panels.map(({panel}) => panel)], open, title: (id, text) => { panels.find((page) => page.id === id).tab.textContent = text; }};
}
