// What the recording's clock says.

/** A function that gives the seconds of a frame: the last stretch that begins at or before it runs evenly. */
export function clockOf(session) {
  const stretches = session.clock ?? [{frame: 0, seconds: 0, samplingRate: session.samplingRate ?? 1}];
  return (frame) => {
    let [low, high] = [0, stretches.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (stretches[middle].frame <= frame) low = middle; else high = middle;
    }
    const {frame: first, seconds, samplingRate} = stretches[low];
    return seconds + (frame - first) / samplingRate;
  };
}
