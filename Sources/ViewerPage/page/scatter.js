// Points in WebGL: columns of numbers stay on the graphics card, panels are pairs of columns.

import {rgb} from "./colours.js";

const vertexShader = `#version 300 es
in float x; in float y; in float group;
uniform vec4 frame;      // low x, low y, 1 / width, 1 / height
uniform float size;
uniform int pass;        // 0: the others, 1: the chosen
uniform vec4 colours[32];
flat out vec4 colour;
void main() {
  int place = int(group + 0.5);
  bool drawn = (place == 0) == (pass == 0);
  vec2 at = (vec2(x, y) - frame.xy) * frame.zw * 2.0 - 1.0;
  gl_Position = drawn ? vec4(at, 0, 1) : vec4(2, 2, 2, 1);
  gl_PointSize = size;
  colour = colours[place];
}`;

const fragmentShader = `#version 300 es
precision mediump float;
flat in vec4 colour;
out vec4 result;
void main() { result = vec4(colour.rgb * colour.a, colour.a); }`;

/** The most groups that have a colour, the others' among them. */
export const mostGroups = 32;

/** Draws points into a canvas. */
export class Scatter {
  #buffers = new Map();
  #chosen = 0;
  #count = 0;

  /** Throws where the browser has no WebGL 2. */
  constructor(canvas) {
    this.canvas = canvas;
    const gl = canvas.getContext("webgl2", {antialias: false, depth: false, premultipliedAlpha: true});
    if (!gl) throw new Error("This browser offers no WebGL 2, which the scatter views need.");
    this.gl = gl;
    const program = gl.createProgram();
    for (const [kind, text] of [[gl.VERTEX_SHADER, vertexShader], [gl.FRAGMENT_SHADER, fragmentShader]]) {
      const shader = gl.createShader(kind);
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
      gl.attachShader(program, shader);
    }
    ["x", "y", "group"].forEach((name, place) => gl.bindAttribLocation(program, place, name));
    gl.linkProgram(program);
    gl.useProgram(program);
    this.uniforms = Object.fromEntries(
      ["frame", "size", "pass", "colours"].map((name) => [name, gl.getUniformLocation(program, name)]));
    this.groups = gl.createBuffer();
    this.order = gl.createBuffer();
    [0, 1, 2].forEach((place) => gl.enableVertexAttribArray(place));
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  /** Keeps a column (Float32Array, a number a spike) under a name. */
  setColumn(name, values) {
    const {gl} = this;
    if (!this.#buffers.has(name)) this.#buffers.set(name, gl.createBuffer());
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#buffers.get(name));
    gl.bufferData(gl.ARRAY_BUFFER, values, gl.STATIC_DRAW);
    this.#count = values.length;
  }

  /** Whether a column is there. */
  has(name) {
    return this.#buffers.has(name);
  }

  /** Gives every spike its group (Uint8Array, 0 for the others) and says which are chosen, in the order of drawing. */
  setGroups(groups, chosen) {
    const {gl} = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.groups);
    gl.bufferData(gl.ARRAY_BUFFER, groups, gl.DYNAMIC_DRAW);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.order);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, chosen, gl.DYNAMIC_DRAW);
    this.#chosen = chosen.length;
  }

  /**
   * Draws panels: {x, y: names of columns, box: {x, y, width, height} in CSS pixels, domain: [x0, x1, y0, y1]}.
   * `colours` holds [#rrggbb, opacity] for every group.
   */
  draw(width, height, panels, colours, {size, otherSize}) {
    const {gl, canvas, uniforms} = this;
    const ratio = devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.SCISSOR_TEST);
    const table = new Float32Array(4 * mostGroups);
    colours.slice(0, mostGroups).forEach(([colour, opacity], place) => table.set([...rgb(colour), opacity], 4 * place));
    gl.uniform4fv(uniforms.colours, table);
    for (const {x, y, box, domain} of panels) {
      if (!this.has(x) || !this.has(y)) continue;
      const port = [box.x, height - box.y - box.height, box.width, box.height].map((side) => Math.round(side * ratio));
      gl.viewport(...port);
      gl.scissor(...port);
      gl.uniform4f(uniforms.frame, domain[0], domain[2], 1 / (domain[1] - domain[0]), 1 / (domain[3] - domain[2]));
      [this.#buffers.get(x), this.#buffers.get(y)].forEach((buffer, place) => {
        gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
        gl.vertexAttribPointer(place, 1, gl.FLOAT, false, 0, 0);
      });
      gl.bindBuffer(gl.ARRAY_BUFFER, this.groups);
      gl.vertexAttribPointer(2, 1, gl.UNSIGNED_BYTE, false, 0, 0);
      if (this.#chosen < this.#count) {
        gl.disable(gl.BLEND);
        gl.uniform1i(uniforms.pass, 0);
        gl.uniform1f(uniforms.size, otherSize * ratio);
        gl.drawArrays(gl.POINTS, 0, this.#count);
      }
      if (this.#chosen) {
        gl.enable(gl.BLEND);
        gl.uniform1i(uniforms.pass, 1);
        gl.uniform1f(uniforms.size, size * ratio);
        gl.drawElements(gl.POINTS, this.#chosen, gl.UNSIGNED_INT, 0);
      }
    }
  }

  /** The picture as it stands, as a data address; to be called right after `draw`. */
  image() {
    return this.canvas.toDataURL("image/png");
  }
}
