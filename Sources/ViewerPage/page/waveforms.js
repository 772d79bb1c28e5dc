// Mean waveforms of the selection on all channels, with deviations and examples.

import {bundle} from "./api.js";
import {ChannelChoice} from "./channels.js";
import {colourOf, theme} from "./colours.js";
import {choice, latest} from "./dom.js";
import {View, bottomAxis, label, leftAxis, path, scale, svg} from "./svg.js";

const mostUnits = 12;
const bases = {examples: "stored examples", recording: "examples read from the recording"};

export function makeWaveforms(store) {
  const {session} = store;
  const view = new View(store, "waveforms", "Waveforms", {events: "units", draw});
  let answer = null;
  let detail = "examples";
  view.tools.prepend(choice("Detail", [["examples", "single spikes"], ["band", "mean ± deviation"], ["mean", "means only"]], detail,
    (value) => { detail = value; view.redraw(); }));
  const channelChoice = new ChannelChoice(view, () => view.redraw());

  const fetchWaveforms = latest(
    (units) => bundle(`api/waveforms?units=${units.join(",")}`),
    (fresh) => { answer = fresh; view.redraw(); },
    (error) => store.say("error", error.message));

  store.on("selection", () => {
    const units = store.selection.slice(0, mostUnits);
    if (units.length && session.hasWaveforms) fetchWaveforms(units);
    else { answer = null; view.redraw(); }
  });

  function draw(width, height) {
    if (!session.hasWaveforms) return view.showNothing("The result holds no waveforms.");
    if (!answer || !store.selection.length) return view.showNothing("Choose a unit in the table.");
    const [unitCount, channelCount, samples] = answer.arrays.find(({name}) => name === "means").shape;
    const {means, deviations, examples, exampleUnits, units, troughFrame} = answer;
    const shown = channelChoice.shown(units);
    const channels = shown.length;
    const most = detail === "examples" ? extent(examples, means) : detail === "band" ? extent(means, deviations, 1) : extent(means);
    const across = channels <= 4 ? (width / channels > 90 ? channels : 2) : Math.max(1, Math.round(Math.sqrt(channels * width / height * 1.1)));
    const rows = Math.ceil(channels / across);
    const [left, bottom, gap, top] = [52, 38, 8, 18];
    const boxWidth = (width - left - 4 - (across - 1) * gap) / across;
    const boxHeight = (height - bottom - rows * top) / rows;
    const milliseconds = (frame) => (frame - (troughFrame ?? 0)) / (session.samplingRate ?? 1000) * 1000;
    const colours = theme();
    const size = channelCount * samples;
    const cells = shown.map((channel, place) => {
      const [column, row] = [place % across, Math.floor(place / across)];
      const x0 = left + column * (boxWidth + gap);
      const y0 = top + row * (boxHeight + top);
      const x = scale(milliseconds(0), milliseconds(samples - 1), x0, x0 + boxWidth);
      const y = scale(most[0], most[1], y0 + boxHeight, y0);
      const at = (frame) => x(milliseconds(frame));
      const parts = [
        svg("rect", {x: x0, y: y0, width: boxWidth, height: boxHeight, fill: "none", stroke: colours.grid}),
        svg("line", {x1: x0, x2: x0 + boxWidth, y1: y(0), y2: y(0), stroke: colours.grid}),
        label(`channel ${session.channels[channel] ?? channel}`, x0 + boxWidth / 2, y0 - 5, {"text-anchor": "middle", "font-size": 11}),
      ];
      if (detail === "examples") {
        for (let e = 0; e < exampleUnits.length; e++) {
          const start = e * size + channel * samples;
          parts.push(svg("path", {d: path(samples, at, (i) => y(examples[start + i])), fill: "none", "stroke-width": 0.8,
            stroke: colourOf(store, exampleUnits[e]), "stroke-opacity": exampleUnits.length > 80 ? 0.13 : 0.25}));
        }
      }
      for (let u = 0; u < unitCount; u++) {
        const start = u * size + channel * samples;
        const colour = colourOf(store, units[u]);
        if (!colour || answer.basis[u] === "none") continue;
        if (detail === "band") {
          const edge = (i) => (i < samples ? means[start + i] + deviations[start + i]
            : means[start + 2 * samples - 1 - i] - deviations[start + 2 * samples - 1 - i]);
          parts.push(svg("path", {d: path(2 * samples, (i) => at(i < samples ? i : 2 * samples - 1 - i), (i) => y(edge(i))) + "Z",
            fill: colour, "fill-opacity": 0.18}));
        }
        const d = path(samples, at, (i) => y(means[start + i]));
        parts.push(svg("path", {d, fill: "none", stroke: colours.paper, "stroke-width": 4, "stroke-opacity": 0.7}),
          svg("path", {d, fill: "none", stroke: colour, "stroke-width": 2.2}));
      }
      if (column === 0) parts.push(leftAxis(y, x0, row === Math.floor((rows - 1) / 2) ? `voltage (${session.amplitudeUnit})` : "", {about: Math.max(3, boxHeight / 55)}));
      if (row === rows - 1 || place + across >= channels) {
        parts.push(bottomAxis(x, y0 + boxHeight, column === Math.floor((across - 1) / 2) ? "time (ms)" : "", {about: Math.max(3, boxWidth / 60)}));
      }
      return svg("g", {}, parts);
    });
    view.show(width, height, `Waveforms of units ${units.join(", ")} on ${channels} channels`, cells);
    const inexact = Object.entries(bases).flatMap(([basis, words]) => {
      const some = units.filter((_, place) => answer.basis[place] === basis);
      return some.length ? [`Mean${some.length > 1 ? "s" : ""} of ${some.join(", ")}: ${words}.`] : [];
    });
    const more = store.selection.length - units.length;
    view.caption.textContent = [channelChoice.words(shown), ...inexact, more > 0 ? `${more} more units are chosen than are shown.` : ""].filter(Boolean).join(" ");
  }
  return view;
}

/** The range of waveforms with a margin; of bands where deviations are given. */
function extent(values, others, band = 0) {
  let [low, high] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const out = band ? others[i] : 0;
    if (values[i] - out < low) low = values[i] - out;
    if (values[i] + out > high) high = values[i] + out;
  }
  if (others && !band) {
    const [l, u] = extent(others);
    [low, high] = [Math.min(low, l), Math.max(high, u)];
  }
  const margin = (high - low) * 0.04 || 1;
  return [low - margin, high + margin];
}
