// Features of every pair of channels: spikes as points, a mean and an ellipse a unit, and where the mean drifted.

import {bundle} from "./api.js";
import {channelsAround} from "./channels.js";
import {colourOf, theme} from "./colours.js";
import {choice, latest} from "./dom.js";
import {PointView, robustRange} from "./point-view.js";
import {label, path, round, scale, svg} from "./svg.js";

/** Channels shown at once; of more, those around the first chosen unit. */
const mostChannels = 4;
/** Pieces of the recording whose means make the drift track. */
const trackPieces = 12;

export function makeFeatures(store, points) {
  const columns = new Map();
  let component = 0;
  let shownChannels = [];
  let showsTracks = true;

  const view = new PointView(store, points, "features", "Features", {draw});
  const {session} = store;
  view.tools.prepend(
    choice("Component", Array.from({length: session.featuresPerChannel}, (_, c) => [c, `component ${c + 1}`]), 0,
      (value) => { component = Number(value); view.zoomed.clear(); fetchColumns(); }),
    choice("Overlay", [["tracks", "ellipses and drift"], ["ellipses", "ellipses"]], "tracks",
      (value) => { showsTracks = value === "tracks"; view.redraw(); }));

  const fetchMissing = latest(
    (missing) => bundle(`api/features?columns=${missing.join(",")}`),
    (answer) => {
      const count = answer.arrays[0].shape[1];
      answer.columns.forEach((column, place) => {
        columns.set(column, answer.features.subarray(place * count, (place + 1) * count));
      });
      view.redraw();
    },
    (error) => store.say("error", error.message));

  const columnOf = (channel) => channel * session.featuresPerChannel + component;

  function fetchColumns() {
    shownChannels = channelsAround(session, [store.unit(store.selection[0])?.peakChannel ?? 0], mostChannels);
    const missing = shownChannels.map(columnOf).filter((column) => !columns.has(column));
    if (missing.length) fetchMissing(missing);
    else view.redraw();
  }

  function draw(width, height) {
    const ready = shownChannels.filter((channel) => columns.has(columnOf(channel)));
    if (ready.length < Math.min(2, session.channelCount)) return;
    const pairs = [];
    ready.forEach((first, i) => ready.slice(i + 1).forEach((second) => pairs.push([columnOf(first), columnOf(second), first, second])));
    if (ready.length === 1 && session.featuresPerChannel > 1) return drawSingle();
    const across = Math.ceil(Math.sqrt(pairs.length * width / height * 0.8)) || 1;
    const columnsShown = Math.min(pairs.length, pairs.length === 6 && across > 1 ? 3 : across);
    const rows = Math.ceil(pairs.length / columnsShown);
    const [left, bottom, gap] = [18, 18, 22];
    const boxWidth = (width - left - (columnsShown - 1) * gap - 4) / columnsShown;
    const boxHeight = (height - 4 - rows * bottom - (rows - 1) * 6) / rows;
    const colours = theme();
    const panels = pairs.map(([x, y, first, second], place) => {
      const box = {x: left + place % columnsShown * (boxWidth + gap), y: 4 + Math.floor(place / columnsShown) * (boxHeight + bottom + 6),
        width: boxWidth, height: boxHeight};
      const values = [columns.get(x), columns.get(y)];
      const key = `${x},${y}`;
      const domain = view.zoomed.get(key) ?? [...rangeOf(x), ...rangeOf(y)];
      return {key, box, values, domain, names: [first, second]};
    });
    view.showPoints(width, height, panels,
      `Features of ${pairs.length} pairs of channels. Arrow keys move a cross, Enter sets a corner of a lasso, K splits; `
      + "plus and minus zoom, Page Down goes to the next pair.",
      panels.map((panel) => drawPanel(panel, colours)));
  }

  function rangeOf(column) {
    if (!rangeOf.kept.has(column)) rangeOf.kept.set(column, robustRange(columns.get(column)));
    return rangeOf.kept.get(column);
  }
  rangeOf.kept = new Map();

  function drawSingle() {
    view.showNothing("One channel: its features are in the amplitude view.");
  }

  function drawPanel({box, domain, values, names}, colours) {
    const x = scale(domain[0], domain[1], box.x, box.x + box.width);
    const y = scale(domain[2], domain[3], box.y + box.height, box.y);
    const id = `clip-${names.join("-")}`;
    const marks = [];
    for (const unit of store.selection) {
      const spikes = store.spikesOf(unit);
      const colour = colourOf(store, unit);
      const {mean, axes} = spread(values, spikes);
      if (axes) {
        const points = Array.from({length: 49}, (_, i) => {
          const turn = i / 48 * 2 * Math.PI;
          return [0, 1].map((d) => mean[d] + 2 * (axes[0][d] * Math.cos(turn) + axes[1][d] * Math.sin(turn)));
        });
        const d = path(points.length, (i) => x(points[i][0]), (i) => y(points[i][1]));
        marks.push(svg("path", {d, fill: "none", stroke: colours.paper, "stroke-width": 3.5, "stroke-opacity": 0.8}),
          svg("path", {d, fill: "none", stroke: colour, "stroke-width": 1.8}));
      }
      if (showsTracks && session.hasTimes) {
        const track = means(values, spikes, trackPieces, store.frames);
        if (track.length > 1) {
          const d = path(track.length, (i) => x(track[i][0]), (i) => y(track[i][1]));
          marks.push(svg("path", {d, fill: "none", stroke: colours.paper, "stroke-width": 4}),
            svg("path", {d, fill: "none", stroke: colours.text, "stroke-width": 1.3}),
            svg("circle", {cx: x(track.at(-1)[0]), cy: y(track.at(-1)[1]), r: 2.6, fill: colours.text}));
        }
      }
      marks.push(svg("circle", {cx: x(mean[0]), cy: y(mean[1]), r: 4, fill: colour, stroke: colours.paper, "stroke-width": 1.5}));
    }
    return svg("g", {},
      svg("clipPath", {id}, svg("rect", box)),
      svg("rect", {...box, fill: "none", stroke: colours.axis}),
      domain[0] < 0 && domain[1] > 0 ? svg("line", {x1: x(0), x2: x(0), y1: box.y, y2: box.y + box.height, stroke: colours.grid}) : null,
      domain[2] < 0 && domain[3] > 0 ? svg("line", {y1: y(0), y2: y(0), x1: box.x, x2: box.x + box.width, stroke: colours.grid}) : null,
      svg("g", {"clip-path": `url(#${id})`}, marks),
      label(`channel ${session.channels[names[0]] ?? names[0]}`, box.x + box.width / 2, box.y + box.height + 13, {"text-anchor": "middle", "font-size": 11}),
      label(`channel ${session.channels[names[1]] ?? names[1]}`, box.x - 6, box.y + box.height / 2, {"text-anchor": "middle", "font-size": 11,
        transform: `rotate(-90 ${round(box.x - 6)} ${round(box.y + box.height / 2)})`}));
  }

  function tell() {
    const inside = store.lasso?.spikes.length;
    view.caption.textContent = inside !== undefined
      ? inside
        ? `${inside.toLocaleString("en")} spikes of the selection inside the lasso: K splits them off, Esc lets go.`
        : "No spike of the selection is inside the lasso; Esc lets go."
      : "Drag around spikes of the selection, then K splits them off. Ellipses: two standard deviations; the dark line: "
        + "how the mean drifted, its dot the end." + (session.featuresAreLocal ? " On channels far from its unit a spike counts as 0." : "");
  }

  store.on("selection units", fetchColumns);
  store.on("lasso selection", tell);
  tell();
  fetchColumns();
  return view;
}

/** Mean and the two axes (one standard deviation long) of points. */
export function spread([xs, ys], spikes) {
  let [mx, my] = [0, 0];
  for (const i of spikes) { mx += xs[i]; my += ys[i]; }
  mx /= spikes.length; my /= spikes.length;
  let [xx, xy, yy] = [0, 0, 0];
  for (const i of spikes) {
    const [dx, dy] = [xs[i] - mx, ys[i] - my];
    xx += dx * dx; xy += dx * dy; yy += dy * dy;
  }
  if (spikes.length < 3) return {mean: [mx, my], axes: null};
  [xx, xy, yy] = [xx, xy, yy].map((sum) => sum / (spikes.length - 1));
  const middle = (xx + yy) / 2;
  const half = Math.hypot((xx - yy) / 2, xy);
  const turn = Math.atan2(2 * xy, xx - yy) / 2;
  const [long, short] = [Math.sqrt(middle + half), Math.sqrt(Math.max(middle - half, 0))];
  return {mean: [mx, my], axes: [[long * Math.cos(turn), long * Math.sin(turn)], [-short * Math.sin(turn), short * Math.cos(turn)]]};
}

/** Means over equal pieces of time, of pieces with at least ten spikes. */
function means([xs, ys], spikes, pieces, frames) {
  const [first, last] = [frames[0], frames[frames.length - 1] + 1];
  const sums = Array.from({length: pieces}, () => [0, 0, 0]);
  for (const i of spikes) {
    const sum = sums[Math.floor((frames[i] - first) / (last - first) * pieces)];
    sum[0] += xs[i]; sum[1] += ys[i]; sum[2]++;
  }
  return sums.filter((sum) => sum[2] >= 10).map(([x, y, n]) => [x / n, y / n]);
}
