// What the page knows: the session, the units, which spike belongs to which, and the one selection all views share.
//
// Events: "units" (units, pairs or the spikes' units changed), "selection", "lasso", "spike" (the trace moved),
// "theme", "message".

import {bundle, json, post, Refused} from "./api.js";

export class Store extends EventTarget {
  session = null;
  units = [];
  pairs = [];
  revision = -1;
  undo = null;
  redo = null;
  /** Identifiers in the order they were chosen. */
  selection = [];
  /** The units as the table shows them: sorted and filtered. */
  shown = [];
  /** Spikes inside a lasso: {spikes, panel} or null. */
  lasso = null;
  /** The spike the trace is around, or -1. */
  spike = -1;
  frames = null;
  amplitudes = new Float32Array(0);
  unitOfSpike = new Int32Array(0);
  #byId = new Map();
  #members = null;
  /** The action under way; the next one waits for it. */
  #last = Promise.resolve(null);
  #pending = 0;

  /** Fetches everything the first picture needs. */
  async load() {
    const [session, answer, spikes] = await Promise.all([json("api/session"), json("api/units"), bundle("api/spikes")]);
    this.session = session;
    this.frames = spikes.frames ?? null;
    this.amplitudes = spikes.amplitudes;
    this.unitOfSpike = spikes.units;
    this.#take(answer);
    if (spikes.revision !== answer.revision) await this.refresh();
    await this.#fetchPairs();
  }

  /** Fetches units and assignment anew; true where something had changed. */
  async refresh() {
    const before = this.revision;
    let [answer, spikes] = [null, null];
    do {
      [answer, spikes] = await Promise.all([json("api/units"), bundle("api/spikes/units")]);
    } while (answer.revision !== spikes.revision);
    this.unitOfSpike = spikes.units;
    this.#take(answer);
    await this.#fetchPairs();
    this.#afterChange(this.selection.filter((id) => this.unit(id)));
    return this.revision !== before;
  }

  /** Whether another page has acted since; what is shown is brought up to date. */
  async look() {
    if (this.#pending) return false;
    const {revision} = await json("api/units");
    return revision !== this.revision && this.refresh();
  }

  /**
   * Carries out an action. Nothing changes here before the server says that it is on disk.
   * Returns the answer, or null where it was refused and said so. Actions are carried out one after the other.
   */
  act(action) {
    this.#pending++;
    this.#last = this.#last.then(() => this.#carryOut(action)).finally(() => this.#pending--);
    return this.#last;
  }

  async #carryOut(action) {
    try {
      const answer = await post(this.revision, action);
      const moved = answer.removed.length > 0 || answer.changed.some((unit) => !this.unit(unit.id));
      const gone = new Set(answer.removed);
      const changed = new Map(answer.changed.map((unit) => [unit.id, unit]));
      const kept = this.units.filter((unit) => !gone.has(unit.id)).map((unit) => {
        const fresh = changed.get(unit.id);
        changed.delete(unit.id);
        return fresh ?? unit;
      });
      const fresh = [...changed.values()];
      if (moved) {
        const spikes = await bundle("api/spikes/units");
        if (spikes.revision !== answer.revision) {
          await this.refresh();
          return answer;
        }
        this.unitOfSpike = spikes.units;
      }
      this.#take({...answer, units: [...kept, ...fresh].sort((a, b) => a.id - b.id)});
      if (moved || action.do === "reject" || action.do === "undo" || action.do === "redo") await this.#fetchPairs();
      if (moved) this.#afterChange([...fresh.map((unit) => unit.id), ...this.selection.filter((id) => !gone.has(id) && !changed.has(id))]);
      else this.#emit("units");
      return answer;
    } catch (error) {
      if (error instanceof Refused && error.code === "revision") {
        const was = this.revision;
        await this.refresh();
        this.say("conflict", `Another page or program acted first: this page showed revision ${was}, the sorting is at `
          + `${this.revision}. Your action was not carried out. The page now shows the present state: look, then decide again.`);
      } else {
        this.say("error", sentence(error.message));
      }
      return null;
    }
  }

  #take({revision, units, undo, redo}) {
    this.revision = revision;
    // The channel as the recording numbers it.
    for (const unit of units) unit.channel = this.session.channels[unit.peakChannel] ?? unit.peakChannel;
    this.units = units;
    this.undo = undo;
    this.redo = redo;
    this.#byId = new Map(units.map((unit) => [unit.id, unit]));
    this.#members = null;
  }

  async #fetchPairs() {
    this.pairs = (await json("api/pairs")).pairs;
  }

  #afterChange(selection) {
    this.lasso = null;
    this.selection = selection;
    this.#emit("units");
    this.#emit("selection");
  }

  /** The unit with an identifier, or undefined. */
  unit(id) {
    return this.#byId.get(id);
  }

  /** The spikes of a unit, ascending. */
  spikesOf(id) {
    if (!this.#members) {
      const places = new Map(this.units.map((unit) => [unit.id, {list: new Int32Array(unit.spikeCount), count: 0}]));
      let [last, place] = [null, null];
      for (let spike = 0; spike < this.unitOfSpike.length; spike++) {
        const unit = this.unitOfSpike[spike];
        if (unit !== last) [last, place] = [unit, places.get(unit)];
        if (place) place.list[place.count++] = spike;
      }
      this.#members = new Map([...places].map(([key, {list}]) => [key, list]));
    }
    return this.#members.get(id) ?? new Int32Array(0);
  }

  /** Chooses units, in this order. */
  select(ids) {
    const chosen = [...new Set(ids)].filter((id) => this.unit(id));
    if (chosen.length === this.selection.length && chosen.every((id, place) => id === this.selection[place])) return;
    this.selection = chosen;
    this.lasso = null;
    this.#emit("selection");
  }

  /** Adds a unit to the selection or takes it out. */
  toggle(id) {
    this.select(this.selection.includes(id) ? this.selection.filter((other) => other !== id) : [...this.selection, id]);
  }

  /** Keeps the spikes inside a lasso until they are split off; null lets go. */
  setLasso(lasso) {
    this.lasso = lasso;
    this.#emit("lasso");
  }

  /** Moves the trace to a spike. */
  goTo(spike) {
    this.spike = spike;
    this.#emit("spike");
  }

  /** Tells of a change of colours. */
  themeChanged() {
    this.#emit("theme");
  }

  /** A sentence for the person: "status" passes, "error" and "conflict" stay until closed. */
  say(kind, text) {
    this.dispatchEvent(new CustomEvent("message", {detail: {kind, text}}));
  }

  /** Calls a function at every one of these events. */
  on(names, listener) {
    for (const name of names.split(" ")) this.addEventListener(name, listener);
  }

  #emit(name) {
    this.dispatchEvent(new Event(name));
  }
}

/** A message with a capital and a full stop. */
export function sentence(text) {
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
