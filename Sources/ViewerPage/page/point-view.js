// What the views of points share: a canvas for the points, an SVG above it for axes, a lasso, zoom, and keys for both.

import {View, svg} from "./svg.js";
import {theme} from "./colours.js";
import {h} from "./dom.js";

/** A view of points: its user calls `showPoints` with panels {key, box, domain, values: [xs, ys]}. */
export class PointView extends View {
  panels = [];
  /** Domains a person zoomed to, by the panel's key. */
  zoomed = new Map();
  #layers = new Map();
  #path = null;
  #cursor = null;
  #current = 0;

  constructor(store, points, id, title, {draw, picked}) {
    super(store, id, title, {events: "units selection lasso", draw});
    this.points = points;
    this.picked = picked;
    this.canvas = h("canvas", {"aria-hidden": "true"});
    this.overlay = svg("svg", {});
    this.body.classList.add("points");
    this.body.tabIndex = 0;
    this.body.setAttribute("role", "group");
    this.body.append(this.canvas, this.overlay);
    this.#listen();
  }

  /** Draws the points of the panels and puts a figure above them. */
  showPoints(width, height, panels, words, ...children) {
    this.panels = panels;
    const start = performance.now();
    this.points.draw(this.canvas, this.#layers, width, height, panels);
    performance.measure(`points of ${this.section.id}`, {start, end: performance.now()});
    this.lassoLayer = svg("g", {"pointer-events": "none"});
    this.picture = svg("svg", {width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true",
      "font-family": "system-ui, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif"}, children, this.lassoLayer);
    this.body.setAttribute("aria-label", words);
    this.overlay.replaceWith(this.picture);
    this.overlay = this.picture;
    if (this.canvas.parentNode !== this.body) this.body.replaceChildren(this.canvas, this.overlay);
    this.#drawLasso();
  }

  /** The file holds the points as a picture below the figure. */
  save() {
    const {width, height} = this.picture.viewBox.baseVal;
    super.save([svg("image", {href: this.canvas.toDataURL("image/png"), width, height})]);
  }

  #listen() {
    const body = this.body;
    body.addEventListener("pointerdown", (event) => this.#pressed(event));
    body.addEventListener("pointermove", (event) => this.#moved(event));
    body.addEventListener("pointerup", (event) => this.#released(event));
    body.addEventListener("pointercancel", () => { this.#path = null; this.#drawLasso(); });
    body.addEventListener("wheel", (event) => this.#zoom(event), {passive: false});
    body.addEventListener("dblclick", () => { this.zoomed.clear(); this.redraw(); });
    body.addEventListener("keydown", (event) => this.#key(event));
    body.addEventListener("blur", () => { this.#cursor = null; this.#drawLasso(); });
  }

  #position(event) {
    const frame = this.body.getBoundingClientRect();
    return [event.clientX - frame.left, event.clientY - frame.top];
  }

  #panelAt([x, y]) {
    return this.panels.findIndex(({box}) => x >= box.x && x <= box.x + box.width && y >= box.y && y <= box.y + box.height);
  }

  #pressed(event) {
    if (event.button !== 0) return;
    const at = this.#position(event);
    const panel = this.#panelAt(at);
    if (panel < 0) return;
    // Corners set one by one, as in Phy.
    if (event.ctrlKey || event.metaKey) {
      if (this.#path?.panel !== panel || !this.#path.corners) this.#path = {panel, points: [], corners: true};
      this.#path.points.push(at);
      this.#drawLasso();
      this.#finish(false);
      return;
    }
    this.#path = {panel, points: [at], corners: false};
    this.body.setPointerCapture(event.pointerId);
  }

  #moved(event) {
    if (!this.#path || this.#path.corners) return;
    const at = this.#position(event);
    const last = this.#path.points.at(-1);
    if (Math.hypot(at[0] - last[0], at[1] - last[1]) < 3) return;
    this.#path.points.push(at);
    this.#drawLasso();
  }

  #released(event) {
    if (!this.#path || this.#path.corners) return;
    if (this.#path.points.length < 3) {
      const {panel} = this.#path;
      this.#path = null;
      this.store.setLasso(null);
      this.picked?.(this.panels[panel], this.#position(event));
      return;
    }
    this.#finish(true);
  }

  /** Keeps the chosen spikes inside the outline. */
  #finish(closes) {
    const {panel: place, points} = this.#path;
    if (points.length < 3) return;
    const panel = this.panels[place];
    const outline = points.map(([x, y]) => [
      panel.domain[0] + (x - panel.box.x) / panel.box.width * (panel.domain[1] - panel.domain[0]),
      panel.domain[3] - (y - panel.box.y) / panel.box.height * (panel.domain[3] - panel.domain[2]),
    ]);
    const spikes = spikesInside(outline, panel.values, this.store.selection.map((id) => this.store.spikesOf(id)));
    if (closes) this.outline = {key: panel.key, outline};
    else this.outline = null;
    const path = this.#path;
    this.store.setLasso({spikes, view: this});
    this.#path = closes ? null : path;
  }

  #drawLasso() {
    if (!this.lassoLayer) return;
    const ink = theme().text;
    const parts = [];
    let points = this.#path?.points ?? [];
    const panel = this.outline && this.panels.find(({key}) => key === this.outline.key);
    if (!this.#path && panel && this.store.lasso?.view === this) {
      points = this.outline.outline.map(([x, y]) => [
        panel.box.x + (x - panel.domain[0]) / (panel.domain[1] - panel.domain[0]) * panel.box.width,
        panel.box.y + (panel.domain[3] - y) / (panel.domain[3] - panel.domain[2]) * panel.box.height,
      ]);
    }
    if (!this.store.lasso && this.#path?.corners && this.#path.points.length > 2) points = (this.#path = null) ?? [];
    if (points.length) {
      parts.push(svg("polygon", {points: points.map((at) => at.map(Math.round).join(",")).join(" "),
        fill: ink, "fill-opacity": 0.06, stroke: ink, "stroke-width": 1.5, "stroke-dasharray": "5 3"}));
    }
    if (this.#cursor) {
      const [x, y] = this.#cursor;
      parts.push(svg("path", {d: `M${x - 9} ${y}h18M${x} ${y - 9}v18`, stroke: ink, "stroke-width": 2}));
    }
    this.lassoLayer.replaceChildren(...parts);
  }

  #zoom(event) {
    // The page scrolls unless the points have the focus, which a click gives them.
    if (document.activeElement !== this.body && !event.ctrlKey) return;
    const at = this.#position(event);
    const place = this.#panelAt(at);
    if (place < 0) return;
    event.preventDefault();
    this.#zoomAt(place, at, Math.exp(Math.sign(event.deltaY) * 0.18));
  }

  #zoomAt(place, [x, y], factor) {
    const {box, domain, key} = this.panels[place];
    const cx = domain[0] + (x - box.x) / box.width * (domain[1] - domain[0]);
    const cy = domain[3] - (y - box.y) / box.height * (domain[3] - domain[2]);
    this.zoomed.set(key, [cx + (domain[0] - cx) * factor, cx + (domain[1] - cx) * factor,
      cy + (domain[2] - cy) * factor, cy + (domain[3] - cy) * factor]);
    this.redraw();
  }

  /** Arrows move a cross, Enter sets a corner of the lasso, T goes to a spike, + and − zoom, PageUp and PageDown change the panel. */
  #key(event) {
    if (event.target !== this.body || event.ctrlKey || event.metaKey || event.altKey || !this.panels.length) return;
    const step = event.shiftKey ? 4 : 16;
    const moves = {ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step]};
    const count = this.panels.length;
    const centre = ({box}) => [Math.round(box.x + box.width / 2), Math.round(box.y + box.height / 2)];
    if (this.#current >= count) this.#current = 0;
    const {box} = this.panels[this.#current];
    if (moves[event.key]) {
      const [x, y] = this.#cursor ?? centre(this.panels[this.#current]);
      const [dx, dy] = this.#cursor ? moves[event.key] : [0, 0];
      this.#cursor = [Math.min(Math.max(x + dx, box.x), box.x + box.width), Math.min(Math.max(y + dy, box.y), box.y + box.height)];
    } else if (event.key === "PageDown" || event.key === "PageUp") {
      this.#current = (this.#current + (event.key === "PageDown" ? 1 : count - 1)) % count;
      this.#cursor = centre(this.panels[this.#current]);
    } else if (event.key === "Enter" && this.#cursor) {
      if (this.#path?.panel !== this.#current || !this.#path.corners) this.#path = {panel: this.#current, points: [], corners: true};
      this.#path.points.push([...this.#cursor]);
      this.#finish(false);
    } else if (event.key.toLowerCase() === "t" && this.#cursor) {
      this.picked?.(this.panels[this.#current], this.#cursor);
    } else if (event.key === "+" || event.key === "-") {
      this.#zoomAt(this.#current, this.#cursor ?? centre(this.panels[this.#current]), event.key === "+" ? 0.8 : 1.25);
    } else if (event.key === "0") {
      this.zoomed.clear();
      this.redraw();
    } else if (event.key === "Escape" && (this.#path || this.store.lasso)) {
      this.#path = null;
      this.store.setLasso(null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.#drawLasso();
  }
}

/** The spikes of some lists whose point lies inside an outline (even–odd rule), ascending. */
export function spikesInside(outline, [xs, ys], lists) {
  const [lowX, highX] = [Math.min(...outline.map((p) => p[0])), Math.max(...outline.map((p) => p[0]))];
  const [lowY, highY] = [Math.min(...outline.map((p) => p[1])), Math.max(...outline.map((p) => p[1]))];
  const inside = [];
  for (const list of lists) {
    for (const spike of list) {
      const [x, y] = [xs[spike], ys[spike]];
      if (x < lowX || x > highX || y < lowY || y > highY) continue;
      let within = false;
      for (let i = 0, j = outline.length - 1; i < outline.length; j = i++) {
        const [x1, y1] = outline[i];
        const [x2, y2] = outline[j];
        if ((y1 > y) !== (y2 > y) && x < (x2 - x1) * (y - y1) / (y2 - y1) + x1) within = !within;
      }
      if (within) inside.push(spike);
    }
  }
  return Int32Array.from(inside).sort();
}

/** A range that holds all but the outermost of many numbers, a little widened. */
export function robustRange(values, rest = 0.001) {
  const step = Math.max(1, Math.floor(values.length / 20000));
  const sample = [];
  for (let i = 0; i < values.length; i += step) if (Number.isFinite(values[i])) sample.push(values[i]);
  if (!sample.length) return [0, 1];
  const sorted = Float64Array.from(sample).sort();
  const out = Math.floor(sorted.length * rest);
  const [low, high] = [sorted[out], sorted[sorted.length - 1 - out]];
  const margin = (high - low) * 0.06 || 1;
  return [low - margin, high + margin];
}
