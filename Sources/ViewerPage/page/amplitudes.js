// Amplitude of every spike against time; a click moves the trace to the spike.

import {PointView, robustRange} from "./point-view.js";
import {bottomAxis, leftAxis, scale, svg} from "./svg.js";
import {theme} from "./colours.js";
import {clockOf} from "./clock.js";
import {shaded} from "./excluded.js";

export function makeAmplitudes(store, points) {
  const {session} = store;
  const seconds = clockOf(session);
  const view = new PointView(store, points, "amplitudes", "Amplitude against time", {draw, picked});
  // Single precision holds times from the first one on, not those of a clock that began long ago.
  const zero = store.frames?.length ? Math.floor(seconds(store.frames[0])) : 0;
  const start = zero >= 1000 ? zero : 0;
  const times = Float32Array.from(store.frames ?? store.amplitudes, (value, i) => (store.frames ? seconds(value) - start : i));
  const range = robustRange(store.amplitudes, 0.0005);
  const timeRange = times.length ? [times[0], times[times.length - 1]] : [0, 1];

  function draw(width, height) {
    if (!session.hasAmplitudes) return view.showNothing("The result holds no amplitudes.");
    const box = {x: 52, y: 6, width: width - 60, height: height - 46};
    const margin = (timeRange[1] - timeRange[0]) * 0.01;
    const domain = view.zoomed.get("all") ?? [timeRange[0] - margin, timeRange[1] + margin, Math.min(range[0], 0), range[1]];
    const x = scale(domain[0], domain[1], box.x, box.x + box.width);
    const y = scale(domain[2], domain[3], box.y + box.height, box.y);
    const colours = theme();
    const at = store.spike;
    view.showPoints(width, height, [{key: "all", box, domain, values: [times, store.amplitudes]}],
      "Amplitude of the spikes against time. Arrow keys move a cross, Enter sets a corner of a lasso, T moves the trace to the nearest spike.",
      store.frames ? shaded(session, (frame) => x(seconds(frame) - start), box) : null,
      svg("rect", {...box, fill: "none", stroke: colours.grid}),
      bottomAxis(x, box.y + box.height, store.frames ? (start ? `time (s) after ${start} s` : "time (s)") : "spike", {about: Math.max(3, width / 110)}),
      leftAxis(y, box.x, `amplitude (${session.amplitudeUnit})`, {about: Math.max(3, height / 55)}),
      at >= 0 && times[at] >= domain[0] && times[at] <= domain[1]
        ? svg("path", {d: `M${x(times[at]).toFixed(1)} ${box.y}v${box.height}`, stroke: colours.text, "stroke-dasharray": "3 3", fill: "none"}) : null);
  }

  /** The spike nearest to a click, of the selection where there is one. */
  function picked({box, domain}, [px, py]) {
    const lists = (store.selection.length ? store.selection : store.units.map((unit) => unit.id)).map((id) => store.spikesOf(id));
    let [best, nearest] = [-1, 12];
    for (const list of lists) {
      for (const spike of list) {
        const dx = box.x + (times[spike] - domain[0]) / (domain[1] - domain[0]) * box.width - px;
        if (Math.abs(dx) > nearest) continue;
        const dy = box.y + (domain[3] - store.amplitudes[spike]) / (domain[3] - domain[2]) * box.height - py;
        const distance = Math.hypot(dx, dy);
        if (distance < nearest) [best, nearest] = [spike, distance];
      }
    }
    if (best >= 0) store.goTo(best);
  }

  store.on("spike", () => view.redraw());
  view.caption.textContent = "A click moves the trace to a spike; dragging makes a lasso. After a click the wheel zooms; a double click shows all.";
  return view;
}
