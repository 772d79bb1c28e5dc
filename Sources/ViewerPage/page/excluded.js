// The stretches that were left out as no brain signal, as grey behind a view.

import {round, svg} from "./svg.js";

/** Rectangles over the stretches inside a box; those that share a pixel are one. */
export function shaded(session, at, box) {
  const edges = session.excludedFrames ?? [];
  const spans = [];
  for (let i = 0; i + 1 < edges.length; i += 2) {
    const from = Math.max(at(edges[i]), box.x);
    const to = Math.min(at(edges[i + 1]), box.x + box.width);
    if (!(to > from)) continue;
    const last = spans[spans.length - 1];
    if (last && from - last[1] < 1) last[1] = to;
    else spans.push([from, to]);
  }
  return spans.length ? svg("path", {d: spans.map(([from, to]) => `M${round(from)} ${round(box.y)}H${round(Math.max(to, from + 0.5))}V${round(box.y + box.height)}H${round(from)}Z`).join(""), fill: "#808080", "fill-opacity": 0.22, stroke: "none"}) : null;
}
