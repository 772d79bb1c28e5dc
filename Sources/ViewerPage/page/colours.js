// The colours of units, told apart under normal, deuteranopic and protanopic vision; the same as in the report.

/** Okabe and Ito's six that stand out on white and black, then ten far from all before them. */
const palette = [
  "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#693CFF", "#D2C378",
  "#8778FF", "#D2003C", "#F0B4B4", "#875A78", "#D2874B", "#4BD2E1", "#C300A5", "#FF6987",
];

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
