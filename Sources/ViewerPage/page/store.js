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
  /** What is under way; the next thing waits for it and starts however it ended. */
  #last = Promise.resolve(null);
  #pending = 0;
  /** Whether what is shown may be older than what was decided, and when to look again. */
  #isBehind = false;
  #pause = 0;

  /** Fetches everything the first picture needs. */
  async load() {
    const [session, spikes] = await Promise.all([json("api/session"), bundle("api/spikes")]);
    this.session = session;
    this.frames = spikes.frames ?? null;
    this.amplitudes = spikes.amplitudes;
    await this.#refresh();
  }

  /** Fetches units, assignment and pairs anew, all or none; true where something had changed. */
  async #refresh() {
    for (let attempt = 0; attempt < 10; attempt++) {
      const [answer, spikes, pairs] = await Promise.all([json("api/units"), bundle("api/spikes/units"), json("api/pairs")]);
      // Somebody decided between the answers: they are of different times.
      if (answer.revision !== spikes.revision || answer.revision !== pairs.revision) continue;
      const before = this.revision;
      this.unitOfSpike = spikes.units;
      this.pairs = pairs.pairs;
      this.#take(answer);
      this.#isBehind = false;
      this.#pause = 0;
      this.#afterChange(this.selection.filter((id) => this.unit(id)));
      return this.revision !== before;
    }
    throw new Error("Another program decides faster than this page can follow.");
  }

  /** Whether another page has acted since; what is shown is brought up to date. */
  async look() {
    if (this.#pending) return false;
    return this.#queue(async () => {
      if (this.#isBehind) return this.#refresh();
      const {revision} = await json("api/units");
      return revision !== this.revision && this.#refresh();
    });
  }

  /**
   * Carries out an action. Nothing changes here before the server says that it is on disk.
   * Returns the server's answer, or null where the action was not carried out or nobody knows, and says so. Actions are
   * carried out one after the other; none is lost because one before it failed.
   */
  act(action) {
    return this.#queue(() => this.#carryOut(action));
  }

  /** Does something after all that is under way, whether that succeeds or fails. */
  #queue(work) {
    this.#pending++;
    const done = this.#last.then(work).finally(() => this.#pending--);
    this.#last = done.catch(() => null);
    return done;
  }

  async #carryOut(action) {
    if (this.#isBehind && !await this.#catchUp()) return null;
    const answer = await this.#send(action);
    if (!answer) return null;
    try {
      await this.#show(action, answer);
    } catch (error) {
      // What comes next is decided upon what the server has.
      this.revision = answer.revision;
      this.#fallBehind();
      this.say("error", `The action is recorded, as revision ${answer.revision}, but this page could not fetch what it changed. `
        + `It tries again by itself and before the next action. ${sentence(error.message)}`);
    }
    return answer;
  }

  /** Brings the page up to date before an action; false, and said so, where the action is not to be sent. */
  async #catchUp() {
    const known = this.revision;
    try {
      await this.#refresh();
    } catch (error) {
      this.say("error", `The action was not sent, so nothing is recorded: the page is behind and could not be brought up to date. ${sentence(error.message)}`);
      return false;
    }
    if (this.revision === known) return true;
    this.say("conflict", `The action was not sent, so nothing is recorded: the sorting is at revision ${this.revision} by now. `
      + "The page shows the present state: look, then decide again.");
    return false;
  }

  /** Sends an action: the answer where it is recorded; else null, and the person is told what is known. */
  async #send(action) {
    try {
      return await post(this.revision, action);
    } catch (error) {
      const known = this.revision;
      // The server says no; anything else says nothing about the journal.
      const isRefused = error instanceof Refused && error.code !== "failed";
      if (isRefused && error.code !== "revision") {
        this.say("error", sentence(error.message));
        return null;
      }
      const isFresh = await this.#refresh().then(() => true, () => false);
      if (!isFresh) this.#fallBehind();
      if (isRefused) {
        this.say("conflict", `Another page or program acted first: this page showed revision ${known}, the sorting is at `
          + `${isFresh ? this.revision : error.revision ?? "another"}. Your action was not carried out. `
          + (isFresh ? "The page now shows the present state: look, then decide again."
            : "The page could not fetch the present state; it tries again by itself and before the next action."));
      } else if (!isFresh) {
        this.say("error", `It is not known whether the action was recorded. ${sentence(error.message)} Once the server answers, History shows what is recorded.`);
      } else if (this.revision === known) {
        this.say("error", `The action is not recorded: the journal is at revision ${known} still. ${sentence(error.message)}`);
      } else {
        this.say("conflict", `The answer to the action was lost. The sorting went from revision ${known} to ${this.revision}, and the page shows it; `
          + "History tells whether that was your action.");
      }
      return null;
    }
  }

  /** Shows what an action changed: everything is fetched before anything is replaced. */
  async #show(action, answer) {
    const moved = answer.removed.length > 0 || answer.changed.some((unit) => !this.unit(unit.id));
    const [spikes, pairs] = await Promise.all([
      moved ? bundle("api/spikes/units") : null,
      moved || ["reject", "undo", "redo"].includes(action.do) ? json("api/pairs") : null]);
    if ([spikes, pairs].some((fetched) => fetched && fetched.revision !== answer.revision)) return void await this.#refresh();
    const gone = new Set(answer.removed);
    const changed = new Map(answer.changed.map((unit) => [unit.id, unit]));
    const kept = this.units.filter((unit) => !gone.has(unit.id)).map((unit) => {
      const fresh = changed.get(unit.id);
      changed.delete(unit.id);
      return fresh ?? unit;
    });
    const fresh = [...changed.values()];
    if (spikes) this.unitOfSpike = spikes.units;
    if (pairs) this.pairs = pairs.pairs;
    this.#take({...answer, units: [...kept, ...fresh].sort((a, b) => a.id - b.id)});
    if (moved) this.#afterChange([...fresh.map((unit) => unit.id), ...this.selection.filter((id) => !gone.has(id) && !changed.has(id))]);
    else this.#emit("units");
  }

  /** Notes that the page is behind, and looks again after a while, later and later. */
  #fallBehind() {
    this.#isBehind = true;
    this.#pause = Math.min(2 * this.#pause || 1000, 30_000);
    setTimeout(() => this.#queue(async () => {
      if (!this.#isBehind) return;
      try {
        await this.#refresh();
        this.say("status", `This page is up to date again, at revision ${this.revision}.`);
      } catch {
        this.#fallBehind();
      }
    }), this.#pause);
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
