// The recording around a spike, raw or filtered, with the spikes coloured by unit.

import {bundle} from "./api.js";
import {colourOf, theme} from "./colours.js";
import {clockOf} from "./clock.js";
import {shaded} from "./excluded.js";
import {ChannelChoice, channelsAround} from "./channels.js";
import {choice, h, latest} from "./dom.js";
import {View, bottomAxis, label, leftAxis, round, scale, svg} from "./svg.js";

/** Channels around a spike on which it is coloured. */
const colouredChannels = 4;

export function makeTrace(store) {
  const {session} = store;
  const rate = session.samplingRate ?? 1;
  const seconds = clockOf(session);
  const view = new View(store, "trace", "Trace", {events: "selection units", draw});
  let milliseconds = 60;
  let filtered = true;
  let centre = null;
  let answer = null;

  const kind = choice("Signal", [["1", "filtered"], ["0", "raw"]], "1", (value) => { filtered = value === "1"; fetchCurrent(); });
  const span = choice("Length", [[20, "20 ms"], [60, "60 ms"], [200, "200 ms"], [1000, "1 s"]], milliseconds, (value) => { milliseconds = Number(value); fetchCurrent(); });
  const where = h("span", {className: "caption", role: "status"});
  const button = (words, about, run) => h("button", {className: "quiet", title: about, "aria-label": about, onclick: run}, words);
  view.tools.prepend(where, button("◂ spike", "Previous spike of the selection", () => step(-1)), button("spike ▸", "Next spike of the selection", () => step(1)),
    button("◂", "Earlier", () => move(-0.5)), button("▸", "Later", () => move(0.5)), kind, span);

  const channelChoice = new ChannelChoice(view, () => view.redraw());

  const fetchTrace = latest(
    (start, count) => bundle(`api/trace?start=${start}&count=${count}&filtered=${filtered ? 1 : 0}`),
    (fresh) => { answer = fresh; view.redraw(); },
    (error) => { answer = null; view.showNothing(error.message); });

  function fetchCurrent() {
    if (!session.recording.available || centre === null) return view.redraw();
    const count = Math.round(milliseconds / 1000 * rate);
    const start = Math.max(0, Math.min(Math.round(centre - count / 2), session.recording.frames - count));
    where.textContent = `${seconds(centre).toFixed(3)} s`;
    fetchTrace(start, Math.min(count, session.recording.frames));
  }

  store.on("spike", () => {
    if (store.spike < 0 || !store.frames) return;
    centre = store.frames[store.spike];
    fetchCurrent();
  });
  store.on("selection", () => {
    const spikes = store.spikesOf(store.selection[0]);
    if (spikes.length && store.unitOfSpike[store.spike] !== store.selection[0]) store.goTo(spikes[Math.floor(spikes.length / 2)]);
  });
  store.on("units", fetchCurrent);

  /** Goes to the next or previous spike of the selection. */
  function step(by) {
    if (centre === null) return;
    let best = -1;
    for (const id of store.selection) {
      const spikes = store.spikesOf(id);
      let [low, high] = [0, spikes.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (store.frames[spikes[middle]] <= centre - (by < 0 ? 1 : 0)) low = middle + 1;
        else high = middle;
      }
      const spike = spikes[by > 0 ? low : low - 1];
      if (spike === undefined) continue;
      if (best < 0 || (by > 0 ? spike < best : spike > best)) best = spike;
    }
    if (best >= 0) store.goTo(best);
  }

  function move(share) {
    if (centre === null) return;
    centre = Math.min(Math.max(centre + share * milliseconds / 1000 * rate, 0), session.recording.frames);
    fetchCurrent();
  }

  function draw(width, height) {
    if (!session.recording.available) return view.showNothing(`There is no trace: ${session.recording.reason}.`);
    if (!answer) return centre === null ? view.showNothing("Choose a unit in the table.") : undefined;
    const [, count] = answer.arrays.find(({name}) => name === "samples").shape;
    const shown = channelChoice.shown(store.selection.slice(0, 1));
    const channels = shown.length;
    const {samples, start, units, frames} = answer;
    const [left, right, top, bottom] = [66, 24, 20, 36];
    const x = scale(seconds(start), seconds(start) + count / rate, left, width - right);
    const lane = (height - top - bottom) / channels;
    const most = largest(samples, shown, count) || 1;
    // Many channels are crowded: spikes may reach into their neighbours' lanes, and are coloured near their peak only.
    const reach = lane * (channels > 8 ? 1.4 : 0.48);
    const near = new Map(store.selection.map((id) => [id, new Set(channelsAround(session, [store.unit(id)?.peakChannel ?? 0], colouredChannels))]));
    const labelled = Math.ceil(13 / lane);
    const colours = theme();
    const at = (frame) => x(seconds(start) + frame / rate);
    const lanes = shown.map((channel, place) => {
      const base = channel * count;
      const offset = filtered ? 0 : median(samples, base, count);
      const y0 = top + lane * (place + 0.5);
      const y = (frame) => y0 - (samples[base + frame] - offset) / most * reach;
      const parts = [svg("path", {d: traceLine(0, count, at, y, width), fill: "none", stroke: colours.bars, "stroke-width": 0.9}),
        place % labelled ? null : label(`ch. ${session.channels[channel] ?? channel}`, left - 8, y0 + 4, {"text-anchor": "end", "font-size": 11, fill: colours.soft})];
      for (let s = 0; s < frames.length; s++) {
        const colour = store.selection.length && !store.selection.includes(units[s]) ? null : colourOf(store, units[s]);
        if (!colour || (session.channelCount > colouredChannels && !near.get(units[s])?.has(channel))) continue;
        const from = Math.max(0, Math.round(frames[s] - start - 0.0004 * rate));
        const to = Math.min(count, Math.round(frames[s] - start + 0.0009 * rate));
        parts.push(svg("path", {d: traceLine(from, to, at, y, width), fill: "none", stroke: colour, "stroke-width": 2}));
      }
      return svg("g", {}, parts);
    });
    // Numbers that would overlap are left out, those of chosen units last.
    const taken = [];
    const free = (px, width) => taken.every(([left, right]) => px + width < left || px - width > right) && taken.push([px - width, px + width]) > 0;
    const isChosen = Array.from(units, (unit) => store.selection.includes(unit));
    const widthOf = (unit) => 3.5 * String(unit).length + 3;
    const isNamed = Array.from(frames, () => false);
    for (const turn of [true, false]) {
      frames.forEach((frame, s) => { if (isChosen[s] === turn) isNamed[s] = free(at(frame - start), widthOf(units[s])); });
    }
    const names = Array.from(frames, (frame, s) => {
      const px = at(frame - start);
      const chosen = isChosen[s];
      return svg("g", {},
        svg("line", {x1: px, x2: px, y1: top - 6, y2: chosen ? height - bottom : top - 1, stroke: chosen ? colourOf(store, units[s]) : colours.axis, "stroke-opacity": chosen ? 0.35 : 1}),
        isNamed[s] ? label(units[s], px, top - 8, {"text-anchor": "middle", "font-size": 11, "font-weight": chosen ? 700 : 400, fill: chosen ? colours.text : colours.soft}) : null);
    });
    const barTop = top + 2;
    const unitHeight = niceBar(most);
    const barLength = unitHeight / most * reach;
    view.show(width, height, `Trace of ${channels} channels at ${seconds(start).toFixed(3)} seconds`,
      shaded(session, (frame) => at(frame - start), {x: left, y: top, width: width - right - left, height: height - top - bottom}), lanes, names,
      bottomAxis(x, height - bottom, "time (s)", {about: Math.max(3, width / 120)}),
      svg("path", {d: `M${left - 56} ${round(barTop)}v${round(barLength)}`, stroke: colours.text, "stroke-width": 2}),
      label(`${unitHeight} ${session.amplitudeUnit}`, left - 62, barTop - 6, {"font-size": 10, fill: colours.soft}));
    const isCut = (session.excludedFrames ?? []).some((frame, i, all) => i % 2 === 0 && frame < start + count && all[i + 1] > start);
    const band = session.band ? ` ${session.band.map((edge) => Math.round(edge)).join("–")} Hz` : "";
    view.caption.textContent = `${session.recording.name}, ${filtered ? `filtered${band}` : "raw, each channel around its median"}. Numbers: units; coloured: the chosen ones.${isCut ? " Grey: left out as no brain signal." : ""} ${channelChoice.words(shown)}`;
  }

  return Object.assign(view, {step, move, toggle() { kind.value = filtered ? "0" : "1"; filtered = !filtered; fetchCurrent(); }});
}

/** A line through frames; where several fall on a pixel, their lowest and highest. */
function traceLine(from, to, x, y, width) {
  const step = Math.max(1, Math.floor((to - from) / width / 2));
  let d = "";
  for (let f = from; f < to; f += step) {
    let [low, high] = [Infinity, -Infinity];
    for (let g = f; g < Math.min(f + step, to); g++) {
      const value = y(g);
      if (value < low) low = value;
      if (value > high) high = value;
    }
    d += `${d ? "L" : "M"}${x(f).toFixed(1)} ${low.toFixed(1)}`;
    if (step > 1) d += `V${high.toFixed(1)}`;
  }
  return d;
}

/** The largest size among enough of the samples of some channels. */
function largest(samples, channels, count) {
  const step = Math.max(1, Math.floor(channels.length * count / 40000));
  let most = 0;
  for (const channel of channels) {
    for (let i = channel * count; i < (channel + 1) * count; i += step) most = Math.max(most, Math.abs(samples[i]));
  }
  return most;
}

function median(values, start, count) {
  return values.slice(start, start + count).sort()[Math.floor(count / 2)];
}

/** A round size that fits between two lanes. */
function niceBar(most) {
  const raw = most * 2;
  const power = 10 ** Math.floor(Math.log10(raw));
  return [5, 2, 1].map((factor) => factor * power).find((size) => size <= raw) ?? power;
}
