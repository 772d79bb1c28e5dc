// How the number of components was chosen: BIC of every fit over K, and how stable the answer is.

import {json} from "./api.js";
import {theme, colourAt} from "./colours.js";
import {percent} from "./dom.js";
import {View, bottomAxis, label, leftAxis, path, scale, svg} from "./svg.js";

export function makeMixture(store) {
  const view = new View(store, "mixture", "Number of components", {events: "mixture", draw});
  let mixture;
  json("api/mixture").then((answer) => { mixture = answer; view.redraw(); }, (error) => store.say("error", error.message));

  function draw(width, height) {
    if (mixture === undefined) return;
    const selection = mixture?.selection;
    if (!selection) {
      const k = mixture?.components;
      return view.showNothing(k ? `The number of components was given: ${k}; there was no sweep.` : "The result holds no mixture.");
    }
    const {components, bic, bestK, robustK, runnerUpK, runnerUpDistance, agreement, stuckShare, windowSeconds, componentsLeft} = selection;
    // K is what a fit starts with; the words say how many components were left where some starved.
    const named = (k) => {
      const row = components.indexOf(k);
      const values = bic[row] ?? [];
      const left = componentsLeft?.[row]?.[values.indexOf(Math.min(...values.filter((value) => Number.isFinite(value))))];
      return left === undefined || left === k ? `${k}` : `${k} (${left} left)`;
    };
    const finite = (values) => values.filter((value) => Number.isFinite(value));
    const best = bic.map((values) => Math.min(...finite(values)));
    const lowest = Math.min(...finite(best));
    const all = bic.flatMap(finite).map((value) => value - lowest);
    const sharesHeight = agreement?.length ? Math.max(36, height * 0.22) : 0;
    const [left, top, bottom] = [64, 20, 38];
    const x = scale(Math.min(...components) - 0.5, Math.max(...components) + 0.5, left, width - 12);
    const y = scale(0, Math.max(...all) * 1.05, height - bottom - (sharesHeight ? sharesHeight + 14 : 0), top);
    const colours = theme();
    const parts = [];
    const marks = bestK === robustK ? [[bestK, `best and robust K = ${named(bestK)}`, "5 4"]] : [[bestK, `best K = ${named(bestK)}`, "5 4"], [robustK, `robust K = ${robustK}`, "1.5 3"]];
    marks.forEach(([k, words, dashes], row) => {
      if (k === undefined || k === null) return;
      const anchor = x(k) > (left + width) / 2 ? "end" : "start";
      parts.push(svg("path", {d: `M${x(k).toFixed(1)} ${top - 6}V${height - bottom}`, stroke: colours.text, "stroke-dasharray": dashes, fill: "none"}),
        label(words, x(k) + (anchor === "end" ? -6 : 6), top + 6 + row * 15, {"text-anchor": anchor, "font-weight": 600}));
    });
    bic.forEach((values, place) => finite(values).forEach((value) =>
      parts.push(svg("circle", {cx: x(components[place]), cy: y(value - lowest), r: 2.4, fill: colours.bars, "fill-opacity": 0.7}))));
    parts.push(svg("path", {d: path(best.length, (i) => x(components[i]), (i) => y(best[i] - lowest)), fill: "none", stroke: colourAt(0), "stroke-width": 2}));
    best.forEach((value, i) => parts.push(svg("circle", {cx: x(components[i]), cy: y(value - lowest), r: 3.4, fill: colourAt(0)})));
    const whole = x.ticks(Math.max(3, width / 50)).filter(Number.isInteger);
    if (sharesHeight) {
      const share = scale(0, 1, height - bottom, height - bottom - sharesHeight);
      agreement.forEach((value, i) => {
        if (Number.isFinite(value)) parts.push(svg("rect", {x: x(components[i]) - 5, width: 10, y: share(value), height: share(0) - share(value), fill: colours.bars}));
      });
      parts.push(leftAxis(share, left, "agree", {ticks: [0, 1], gap: 30}), bottomAxis(x, y.start, "", {ticks: whole, numbers: false}));
    }
    parts.push(bottomAxis(x, height - bottom, "K, components a fit starts with", {ticks: whole}),
      leftAxis(y, left, "BIC − lowest", {about: Math.max(2, height / 60), gap: 52}));
    view.show(width, height, `BIC over the number of components; best K ${named(bestK)}`, parts);
    view.caption.textContent = [
      runnerUpK !== undefined && runnerUpK !== null && Number.isFinite(runnerUpDistance) ? `Next best: K = ${named(runnerUpK)}, ${runnerUpDistance.toFixed(0)} higher.` : "",
      Number.isFinite(mixture.components) ? `The mixture in the end has ${mixture.components} components.` : "",
      "Dots: every restart; bars: how far restarts agree on who belongs together (adjusted Rand index).",
      stuckShare ? `Restarts that stayed above the best of their K: ${percent(mean(stuckShare))}.` : "",
      windowSeconds ? `Chosen on seconds ${windowSeconds.map((s) => Math.round(s)).join("–")}.` : "",
      bestK === Math.max(...components) ? "The best number is the largest that was tried." : "",
    ].filter(Boolean).join(" ");
  }
  return view;
}

function mean(values) {
  const known = values.filter((value) => Number.isFinite(value));
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}
