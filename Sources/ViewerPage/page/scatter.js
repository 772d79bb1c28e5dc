// Points into pixels. The sums are done here and not on the graphics card: a million points in six panels take a few
// dozen milliseconds on any machine, where a browser without a card (a remote desktop, a server) needs seconds for them.

/** The most groups that have a colour, the others' among them. */
export const mostGroups = 32;

const littleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
let sums = new Uint32Array(0);

/** Red, green and blue from 0 to 255. */
function channels(colour) {
  return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
}

function packed([red, green, blue]) {
  return (littleEndian ? 255 << 24 | blue << 16 | green << 8 | red : red << 24 | green << 16 | blue << 8 | 255) >>> 0;
}

/**
 * Draws panels {key, values: [xs, ys], box: {x, y, width, height} in CSS pixels, domain: [x0, x1, y0, y1]} onto a canvas.
 *
 * Every point marks one pixel of the page; where these lie is kept in `layers`, so that a new selection need not go through all points.
 * Those listed in `chosen` are laid over them as squares of `size`: a pixel takes the mean
 * of their colours, and the more of them, the less shows through, so that the picture does not depend on their order.
 * `colours` holds #rrggbb for every group, the last of them opaque.
 */
export function drawPoints(canvas, layers, width, height, panels, {groups, chosen, colours, opacity, size}) {
  const ratio = devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  Object.assign(canvas, {width: wide, height: high});
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  const image = context.createImageData(wide, high);
  const pixels = new Uint32Array(image.data.buffer);
  // What a point of a group adds to its pixel: weight, red, green, blue.
  const table = new Uint32Array(4 * mostGroups);
  colours.forEach((colour, group) => {
    const weight = group === mostGroups - 1 ? 64 : 1;
    table.set([weight, ...channels(colour).map((part) => weight * part)], 4 * group);
  });
  const side = Math.max(1, Math.round(size * ratio));
  for (const {key, values, box, domain} of panels) {
    const panel = {
      left: Math.round(box.x * ratio), top: Math.round(box.y * ratio),
      wide: Math.round(box.width * ratio), high: Math.round(box.height * ratio), stride: wide,
    };
    panel.across = panel.wide / (domain[1] - domain[0]);
    panel.down = panel.high / (domain[3] - domain[2]);
    if (chosen.length < groups.length) paint(pixels, panel, layer(layers, key, panel, values, domain), packed(channels(colours[0])), Math.max(1, Math.round(ratio)));
    if (chosen.length) {
      addChosen(panel, values, domain, groups, chosen, table, side);
      blend(image.data, panel, opacity, side);
    }
  }
  context.putImageData(image, 0, 0);
}

/** Which pixels of a panel hold a point. */
function layer(layers, key, {wide, high, across, down}, [xs, ys], [x0, , , y1]) {
  const shape = [wide, high, x0, y1, across, down].join();
  if (layers.get(key)?.shape === shape) return layers.get(key).mask;
  const mask = new Uint8Array(wide * high);
  for (let i = 0; i < xs.length; i++) {
    const x = (xs[i] - x0) * across;
    const y = (y1 - ys[i]) * down;
    if (x >= 0 && x < wide && y >= 0 && y < high) mask[(y | 0) * wide + (x | 0)] = 1;
  }
  layers.set(key, {shape, mask});
  return mask;
}

/** Paints the pixels of a mask as squares of `side`. */
function paint(pixels, {left, top, wide, high, stride}, mask, colour, side) {
  for (let row = 0; row < high; row++) {
    const start = (top + row) * stride + left;
    for (let column = 0; column < wide; column++) {
      if (!mask[row * wide + column]) continue;
      const end = Math.min(column + side, wide);
      for (let below = 0; below < side && row + below < high; below++) pixels.fill(colour, start + below * stride + column, start + below * stride + end);
    }
  }
}

/**
 * Sums up number and colour of the chosen points of every pixel: each point in the corner of its square, then the
 * squares by sums along rows and columns. `sums` has `side` − 1 pixels more each way than the panel.
 */
function addChosen(panel, [xs, ys], [x0, , , y1], groups, chosen, table, side) {
  const {across, down} = panel;
  const [wide, high] = [panel.wide + side - 1, panel.high + side - 1];
  if (sums.length < 4 * wide * high) sums = new Uint32Array(4 * wide * high);
  const into = sums;
  into.fill(0, 0, 4 * wide * high);
  const half = (side - 1) / 2;
  for (let n = 0; n < chosen.length; n++) {
    const i = chosen[n];
    const x = (xs[i] - x0) * across + half;
    const y = (y1 - ys[i]) * down + half;
    if (!(x >= 0 && x < wide && y >= 0 && y < high)) continue;
    const from = 4 * groups[i];
    const place = 4 * ((y | 0) * wide + (x | 0));
    into[place] += table[from];
    into[place + 1] += table[from + 1];
    into[place + 2] += table[from + 2];
    into[place + 3] += table[from + 3];
  }
  if (side === 1) return;
  for (const step of [4, 4 * wide]) {
    const end = 4 * wide * high - (side - 1) * step;
    for (let place = 0; place < end; place++) {
      for (let next = 1; next < side; next++) into[place] += into[place + next * step];
    }
  }
}

/** Lays the sums over what is drawn. */
function blend(data, {left, top, wide, high, stride}, opacity, side) {
  const covered = Float32Array.from({length: 65}, (_, count) => 1 - (1 - opacity) ** count);
  for (let row = 0; row < high; row++) {
    for (let column = 0; column < wide; column++) {
      const from = 4 * (row * (wide + side - 1) + column);
      const count = sums[from];
      if (!count) continue;
      const cover = covered[count < 64 ? count : 64];
      const to = 4 * ((top + row) * stride + left + column);
      const below = data[to + 3] ? 1 - cover : 0;
      for (let part = 0; part < 3; part++) data[to + part] = sums[from + 1 + part] / count * (1 - below) + data[to + part] * below;
      data[to + 3] = below ? 255 : 255 * cover;
    }
  }
}
