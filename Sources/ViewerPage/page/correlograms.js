// Auto- and cross-correlograms of the selection.

import {bundle} from "./api.js";
import {colourOf, theme} from "./colours.js";
import {choice, latest} from "./dom.js";
import {View, bottomAxis, label, leftAxis, scale, svg} from "./svg.js";

const mostUnits = 6;
const windows = {"20,0.5": "±20 ms, 0.5 ms bins", "50,1": "±50 ms, 1 ms bins", "100,2": "±100 ms, 2 ms bins", "500,10": "±500 ms, 10 ms bins"};

export function makeCorrelograms(store) {
  const {session} = store;
  const view = new View(store, "correlograms", "Correlograms", {events: "units", draw});
  let answer = null;
  let shape = "50,1";
  view.tools.prepend(choice("Window", Object.entries(windows), shape, (value) => { shape = value; fetchCurrent(); }));

  const fetchCounts = latest(
    (units, window, bin) => bundle(`api/correlograms?units=${units.join(",")}&bin=${bin}&bins=${Math.round(window / bin)}`),
    (fresh) => { answer = fresh; view.redraw(); },
    (error) => store.say("error", error.message));

  function fetchCurrent() {
    const units = store.selection.slice(0, mostUnits);
    if (units.length && session.hasTimes) return fetchCounts(units, ...shape.split(",").map(Number));
    answer = null;
    view.redraw();
  }
  store.on("selection", fetchCurrent);

  function draw(width, height) {
    if (!session.hasTimes) return view.showNothing("No times are known, so there are no correlograms.");
    if (!answer || !store.selection.length) return view.showNothing("Choose a unit in the table.");
    const {units, counts, edgesMilliseconds: edges} = answer;
    const n = units.length;
    const bins = edges.length - 1;
    const [left, top, gap, bottom] = [46, 20, 12, 40];
    const boxWidth = (width - left - 6 - (n - 1) * gap) / n;
    const boxHeight = (height - top - bottom - (n - 1) * gap) / n;
    const colours = theme();
    const refractory = session.refractoryMilliseconds;
    const cells = [];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        const values = counts.subarray((i * n + j) * bins, (i * n + j + 1) * bins);
        const x0 = left + j * (boxWidth + gap);
        const y0 = top + i * (boxHeight + gap);
        const x = scale(edges[0], edges[bins], x0, x0 + boxWidth);
        const y = scale(0, Math.max(1, ...values) * 1.06, y0 + boxHeight, y0);
        const colour = i === j ? colourOf(store, units[i]) : colours.bars;
        let d = "";
        for (let b = 0; b < bins; b++) {
          if (!values[b]) continue;
          d += `M${x(edges[b]).toFixed(2)} ${y(0).toFixed(2)}V${y(values[b]).toFixed(2)}H${x(edges[b + 1]).toFixed(2)}V${y(0).toFixed(2)}Z`;
        }
        cells.push(svg("g", {},
          i === j ? svg("rect", {x: x0, y: y0, width: boxWidth, height: boxHeight, fill: colours.shade}) : null,
          svg("rect", {x: x(-refractory), y: y0, width: x(refractory) - x(-refractory), height: boxHeight, fill: colours.window}),
          svg("path", {d, fill: colour}),
          svg("line", {x1: x(0), x2: x(0), y1: y0, y2: y0 + boxHeight, stroke: colours.axis, "stroke-dasharray": "2 3"}),
          bottomAxis(x, y0 + boxHeight, "",
            {ticks: n === 1 ? x.ticks(6) : [-0.5, 0, 0.5].map((share) => share * edges[bins]), numbers: i === n - 1}),
          boxHeight > 34 ? label(tickMax(values), x0 + boxWidth - 3, y0 + 11, {"text-anchor": "end", "font-size": 10,
            stroke: colours.paper, "stroke-width": 3, "stroke-opacity": 0.85, "paint-order": "stroke"}) : null,
          i === 0 ? label(n === 1 ? `unit ${units[j]}` : `j: ${units[j]}`, x0 + boxWidth / 2, y0 - 6, {"text-anchor": "middle", "font-size": 11}) : null,
          j === 0 && n > 1 ? label(`i: ${units[i]}`, x0 - 8, y0 + boxHeight / 2, {"text-anchor": "end", "font-size": 11}) : null,
          n === 1 ? leftAxis(y, x0, "pairs of spikes", {about: 4, gap: 36}) : null));
      }
    }
    cells.push(label(n === 1 ? "lag (ms)" : "lag t_j − t_i (ms): right of 0, j after i", left + (width - left) / 2, height - 9, {"text-anchor": "middle"}));
    view.show(width, height, `Correlograms of units ${units.join(", ")}; lags t_j − t_i of row i and column j`, cells);
    const more = store.selection.length - n;
    view.caption.textContent = `Shaded: within ${refractory} ms, where one neuron cannot fire twice. Numbers: the highest bin.`
      + (more > 0 ? ` ${more} more units are chosen than are shown.` : "");
  }
  return view;
}

function tickMax(values) {
  return Math.max(...values).toLocaleString("en");
}
