// The spikes as coloured points: the selection in its colours over all, those inside a lasso marked.

import {colourAt, colourCount, theme} from "./colours.js";
import {drawPoints, mostGroups} from "./scatter.js";

const lassoGroup = mostGroups - 1;

/** Which spikes are drawn in which colour; shared by all views of points. */
export class Points {
  #isOld = true;
  #groups = new Uint8Array(0);
  #chosen = new Uint32Array(0);

  constructor(store) {
    this.store = store;
    store.on("units selection lasso", () => { this.#isOld = true; });
  }

  /** Draws panels onto a canvas, as `drawPoints` does. */
  draw(canvas, layers, width, height, panels) {
    if (this.#isOld) this.#group();
    const colours = theme();
    const count = this.#chosen.length;
    drawPoints(canvas, layers, width, height, panels, {
      groups: this.#groups, chosen: this.#chosen,
      colours: Array.from({length: mostGroups}, (_, group) => (group === 0 ? colours.others : group === lassoGroup ? colours.text : colourAt(group - 1))),
      opacity: count > 30000 ? 0.35 : 0.7,
      size: count > 100000 ? 1 : count > 3000 ? 2 : 3,
    });
  }

  /** Gives every spike the group of its unit's colour. */
  #group() {
    this.#isOld = false;
    const {store} = this;
    const units = store.unitOfSpike;
    const groups = new Uint8Array(units.length);
    const place = new Map();
    (store.selection.length ? store.selection : store.units.map((unit) => unit.id))
      .forEach((unit, index) => place.set(unit, 1 + index % colourCount));
    let [last, group, count] = [null, 0, 0];
    for (let spike = 0; spike < units.length; spike++) {
      if (units[spike] !== last) {
        last = units[spike];
        group = place.get(last) ?? 0;
      }
      groups[spike] = group;
      if (group) count++;
    }
    const chosen = new Uint32Array(count);
    for (let spike = 0, n = 0; spike < groups.length; spike++) if (groups[spike]) chosen[n++] = spike;
    if (store.lasso) for (const spike of store.lasso.spikes) groups[spike] = lassoGroup;
    [this.#groups, this.#chosen] = [groups, chosen];
  }
}
