// The colours of units, told apart under normal, deuteranopic and protanopic vision; the server makes their list from
// that of the report's figures.

import {palette} from "./palette.js";

/** How many units have a colour of their own. */
export const colourCount = palette.length;

/** The colour at a place; it starts over after the last. */
export function colourAt(place) {
  return palette[place % palette.length];
}

/** A unit's colour: its place in the selection; without a selection its place in the list; else null. */
export function colourOf(store, id) {
  const place = placeOf(store, id);
  return place < 0 ? null : colourAt(place);
}

/** The place that decides a unit's colour, -1 for units outside the selection. */
export function placeOf(store, id) {
  if (store.selection.length) return store.selection.indexOf(id);
  return store.units.findIndex((unit) => unit.id === id);
}

/** The colours of the present theme, by the names of the style sheet's custom properties. */
export function theme() {
  const style = getComputedStyle(document.documentElement);
  const names = ["paper", "text", "soft", "axis", "grid", "shade", "window", "bars", "others"];
  return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}
