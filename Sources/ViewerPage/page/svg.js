// Figures as SVG: elements, scales, axes, and a figure that redraws itself and can be saved as a file.

import {h} from "./dom.js";
import {theme} from "./colours.js";

const space = "http://www.w3.org/2000/svg";
const fonts = "system-ui, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif";

/** An SVG element; strings become text. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined && value !== null) element.setAttribute(name, typeof value === "number" ? round(value) : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Text in a figure. */
export function label(text, x, y, attributes = {}) {
  return svg("text", {x, y, "font-size": 12, fill: theme().text, ...attributes}, String(text));
}

/** A line from data to pixels, with `ticks`. */
export function scale(low, high, start, end) {
  if (!(high > low)) [low, high] = [low - 0.5, low + 0.5];
  const map = (value) => start + (value - low) / (high - low) * (end - start);
  map.invert = (pixel) => low + (pixel - start) / (end - start) * (high - low);
  map.ticks = (about) => ticks(low, high, about);
  return Object.assign(map, {low, high, start, end});
}

/** Round numbers within a range, about as many as asked for. */
export function ticks(low, high, about = 5) {
  const raw = (high - low) / Math.max(about, 1);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= raw * 0.999) ?? 10);
  const values = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) values.push(n === 0 ? 0 : Number((n * step).toPrecision(12)));
  return values;
}

/** A tick's text with a true minus. */
export function tickText(value) {
  const size = Math.abs(value);
  const text = size >= 1e6 || (size > 0 && size < 1e-3) ? value.toExponential(0) : size >= 1e4 ? value.toLocaleString("en") : String(value);
  return text.replace("-", "−");
}

/** The horizontal axis below a panel. */
export function bottomAxis(x, y, text, {about = 5, ticks: values = x.ticks(about), numbers = true} = {}) {
  const colours = theme();
  const parts = [svg("line", {x1: x.start, x2: x.end, y1: y, y2: y, stroke: colours.axis})];
  for (const value of values) {
    parts.push(svg("line", {x1: x(value), x2: x(value), y1: y, y2: y + 4, stroke: colours.axis}));
    if (numbers) parts.push(label(tickText(value), x(value), y + 16, {"text-anchor": "middle", "font-size": 11, fill: colours.soft}));
  }
  if (text) parts.push(label(text, (x.start + x.end) / 2, y + 31, {"text-anchor": "middle"}));
  return svg("g", {}, parts);
}

/** The vertical axis left of a panel. */
export function leftAxis(y, x, text, {about = 4, ticks: values = y.ticks(about), numbers = true, gap = 40} = {}) {
  const colours = theme();
  const parts = [svg("line", {x1: x, x2: x, y1: y.start, y2: y.end, stroke: colours.axis})];
  for (const value of values) {
    parts.push(svg("line", {x1: x - 4, x2: x, y1: y(value), y2: y(value), stroke: colours.axis}));
    if (numbers) parts.push(label(tickText(value), x - 6, y(value) + 4, {"text-anchor": "end", "font-size": 11, fill: colours.soft}));
  }
  if (text) {
    const middle = (y.start + y.end) / 2;
    parts.push(label(text, x - gap, middle, {"text-anchor": "middle", transform: `rotate(-90 ${round(x - gap)} ${round(middle)})`}));
  }
  return svg("g", {}, parts);
}

/** A path through points given by two functions of the index. */
export function path(count, x, y) {
  let text = "";
  for (let i = 0; i < count; i++) text += `${i ? "L" : "M"}${round(x(i))} ${round(y(i))}`;
  return text;
}

/** Two decimals are a fiftieth of what an eye tells apart. */
export function round(value) {
  return Math.round(value * 100) / 100;
}

/**
 * A view with a title, tools, a caption and a figure that is drawn anew when its size, the theme or one of the
 * store's events asks for it.
 */
export class View {
  #draw;
  #waiting = false;
  #size = {width: 0, height: 0};

  constructor(store, id, title, {events = "selection", draw, save = true}) {
    this.store = store;
    this.#draw = draw;
    this.tools = h("div", {className: "tools"});
    this.caption = h("p", {className: "caption"});
    this.body = h("div", {className: "figure"});
    this.section = h("section", {id, className: "view", "aria-labelledby": `${id}-title`},
      h("header", {}, h("h2", {id: `${id}-title`}, title), this.tools), this.body, this.caption);
    if (save) {
      this.tools.append(h("button", {className: "quiet", title: `Save “${title}” as an SVG file`,
        "aria-label": `Save ${title} as SVG`, onclick: () => this.save()}, "SVG"));
    }
    store.on(`${events} theme`, () => this.redraw());
    new ResizeObserver(([entry]) => {
      const {width, height} = entry.contentRect;
      if (Math.abs(width - this.#size.width) < 1 && Math.abs(height - this.#size.height) < 1) return;
      this.#size = {width, height};
      this.redraw();
    }).observe(this.body);
  }

  /** Asks for a picture at the next frame. */
  redraw() {
    if (this.#waiting) return;
    this.#waiting = true;
    requestAnimationFrame(() => {
      this.#waiting = false;
      const {width, height} = this.#size;
      if (width > 60 && height > 40 && this.store.session) this.#draw(Math.floor(width), Math.floor(height));
    });
  }

  /** Shows an SVG of this size; `words` say what it shows to those who do not see it. */
  show(width, height, words, ...children) {
    this.picture = svg("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words,
      "font-family": fonts}, children);
    this.body.replaceChildren(this.picture);
  }

  /** Shows a sentence instead of a figure. */
  showNothing(text) {
    this.picture = null;
    this.caption.textContent = "";
    this.body.replaceChildren(h("p", {className: "nothing"}, text));
  }

  /** Saves the figure as it stands. */
  save(extra = []) {
    if (!this.picture) return;
    const copy = this.picture.cloneNode(true);
    copy.setAttribute("xmlns", space);
    copy.prepend(svg("rect", {width: "100%", height: "100%", fill: theme().paper}), ...extra);
    const file = new Blob([new XMLSerializer().serializeToString(copy)], {type: "image/svg+xml"});
    const link = h("a", {href: URL.createObjectURL(file), download: `${this.store.session.folder}-${this.section.id}.svg`});
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}
