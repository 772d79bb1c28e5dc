// Which channels a view shows: all of a tetrode, of probes those near the chosen units.

import {choice} from "./dom.js";

/** So many channels are shown around the chosen units. */
const most = 8;

/** The `count` channels nearest to one of some on the probe, in order. */
export function channelsAround({channelCount, channelPositions}, peaks, count) {
  const all = Array.from({length: channelCount}, (_, channel) => channel);
  if (channelCount <= count) return all;
  const place = (channel) => channelPositions[channel] ?? [0, channel];
  const centres = (peaks.length ? peaks : [0]).map(place);
  const distances = all.map((channel) => Math.min(...centres.map(([x, y]) => Math.hypot(place(channel)[0] - x, place(channel)[1] - y))));
  return all.sort((a, b) => distances[a] - distances[b] || a - b).slice(0, count).sort((a, b) => a - b);
}

/** A list beside a view's tools by which a person says whether a probe's far channels are shown too. */
export class ChannelChoice {
  #store;
  #showsAll = false;

  constructor(view, changed) {
    this.#store = view.store;
    if (view.store.session.channelCount <= most) return;
    view.tools.prepend(choice("Channels", [["near", "nearby channels"], ["all", "all channels"]], "near",
      (value) => { this.#showsAll = value === "all"; changed(); }));
  }

  /** The channels to show for some units. */
  shown(units) {
    const {session} = this.#store;
    const peaks = units.map((id) => this.#store.unit(id)?.peakChannel).filter((channel) => channel !== undefined);
    return channelsAround(session, peaks, this.#showsAll ? session.channelCount : most);
  }

  /** What is left out of so many, in words; nothing where all are shown. */
  words(shown) {
    const count = this.#store.session.channelCount;
    return shown.length < count ? `The ${shown.length} of ${count} channels nearest to the chosen units.` : "";
  }
}
