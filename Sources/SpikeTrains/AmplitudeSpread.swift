internal import Foundation

extension SpikeTrain {
  /// How much a unit's amplitudes vary within stretches of time that hold some fifty spikes: the median of standard
  /// deviation over mean amplitude, and the difference of its 5th and 95th percentile.
  ///
  /// The mean is that of all spikes. SpikeInterface's `amplitude_cv`; an empty stretch, whose deviation is not a number
  /// there and makes both values so, is left out here.
  /// - Parameters:
  ///   - amplitudes: one a spike.
  ///   - spikesPerBin: the spikes a stretch holds at the mean rate.
  /// - Returns: nil with fewer than ten stretches.
  public func amplitudeVariation(
    _ amplitudes: [Double], spikesPerBin: Double = 50
  ) -> (median: Double, range: Double)? {
    precondition(amplitudes.count == count, "every spike has an amplitude")
    guard count > 0 else { return nil }
    let mean = abs(amplitudes.reduce(0, +) / Double(count))
    let binFrames = Int(spikesPerBin / rateHertz * samplingRate)
    guard mean > 0, binFrames > 0, frames / binFrames >= 10 else { return nil }
    var spreads: [Double] = []
    var start = 0
    for bin in 0..<frames / binFrames {
      var end = start
      while end < count, times[end] < (bin + 1) * binFrames { end += 1 }
      if end > start { spreads.append(deviation(amplitudes[start..<end]) / mean) }
      start = end
    }
    spreads.sort()
    guard spreads.count >= 10 else { return nil }
    return (
      percentile(50, ofSorted: spreads), percentile(95, ofSorted: spreads) - percentile(5, ofSorted: spreads)
    )
  }

  /// The scatter of a unit's amplitudes over the noise's: 1 for one waveform in noise, more where units are mixed.
  ///
  /// Differences of successive amplitudes are taken, so that slow drift does not count, over spikes at least 4 ms after
  /// the last one kept, so that bursts do not. SpikeInterface's `sd_ratio`; there the noise is the deviation of the whole
  /// trace, from which the template's own variance is taken off first, here it is what the caller says.
  /// - Parameters:
  ///   - amplitudes: one a spike, with its sign.
  ///   - noise: the standard deviation of the trace between spikes, in the amplitudes' unit.
  /// - Returns: nil without two spikes or a noise.
  public func amplitudeNoiseRatio(
    _ amplitudes: [Double], noise: Double, censoredMilliseconds: Double = 4
  ) -> Double? {
    precondition(amplitudes.count == count, "every spike has an amplitude")
    let censored = nearestFrames(censoredMilliseconds)
    var kept: [Double] = []
    var last: Int?
    for (time, amplitude) in zip(timesApart, amplitudes) where last.map({ time - $0 > censored }) ?? true {
      kept.append(amplitude)
      last = time
    }
    guard kept.count > 1, noise > 0 else { return nil }
    let steps = zip(kept.dropFirst(), kept).map { $0 - $1 }
    return deviation(steps[...]) / 2.0.squareRoot() / noise
  }
}

/// The variance that a unit's own spikes add to a trace, were they all there is: what `sd_ratio` takes off the trace's.
///
/// - Parameters:
///   - template: the unit's mean waveform on its channel.
///   - spikes: its spikes.
///   - frames: the length of the recording.
public func templateVariance(_ template: [Double], spikes: Int, frames: Int) -> Double {
  guard !template.isEmpty, frames > 0 else { return 0 }
  let share = Double(template.count) * Double(spikes) / Double(frames)
  let mean = template.reduce(0, +) / Double(template.count)
  let square = template.reduce(0) { $0 + $1 * $1 } / Double(template.count)
  return share * square - share * share * mean * mean
}

/// Whether amplitudes are cut where they end, by counts instead of a shape: how many deviations the bins of the lowest
/// tenth of spikes lie above those of the highest quarter, and their mean over the tallest bin. SpikeInterface's
/// `noise_cutoff`.
///
/// - Parameter amplitudes: positive; any unit.
/// - Returns: values that cannot be told are nil: without a bin in the lowest tenth, or fewer than two bins, or bins all
///   alike, in the highest quarter.
public func noiseCutoff(
  _ amplitudes: [Double], lowQuantile: Double = 0.1, highQuantile: Double = 0.25, bins: Int = 100
) -> (cutoff: Double?, ratio: Double?) {
  guard let low = amplitudes.min(), let high = amplitudes.max(), high > low else { return (nil, nil) }
  let counts = histogram(amplitudes, from: low, to: high, bins: bins)
  let step = (high - low) / Double(bins)
  let edges = (0...bins).map { $0 == bins ? high : low + Double($0) * step }
  let sorted = amplitudes.sorted()
  let lowValue = percentile(100 * lowQuantile, ofSorted: sorted)
  let highValue = percentile(100 * (1 - highQuantile), ofSorted: sorted)
  let lowCounts = counts.indices.filter { edges[$0 + 1] <= lowValue }.map { Double(counts[$0]) }
  let highCounts = counts.indices.filter { edges[$0] >= highValue }.map { Double(counts[$0]) }
  guard !lowCounts.isEmpty, let tallest = counts.max(), tallest > 0 else { return (nil, nil) }
  func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
  let ratio = mean(lowCounts) / Double(tallest)
  let spread = highCounts.count > 1 ? deviation(highCounts[...]) : 0
  return (spread > 0 ? (mean(lowCounts) - mean(highCounts)) / spread : nil, ratio)
}

/// The share of every unit's spikes in whose frame there are at least `size` spikes of all units together.
/// SpikeInterface's `synchrony`, whose sizes are 2, 4 and 8.
///
/// - Parameters:
///   - times: the frame of every spike, ascending.
///   - units: the unit of every spike, 0 ..< `unitCount`.
/// - Returns: nil for a unit without spikes.
public func synchronyShares(times: [Int], units: [Int], unitCount: Int, size: Int) -> [Double?] {
  precondition(times.count == units.count, "every spike needs a unit")
  var all = [Int](repeating: 0, count: unitCount)
  var shared = all
  var start = 0
  while start < times.count {
    var end = start + 1
    while end < times.count, times[end] == times[start] { end += 1 }
    for n in start..<end {
      all[units[n]] += 1
      if end - start >= size { shared[units[n]] += 1 }
    }
    start = end
  }
  return zip(shared, all).map { $1 > 0 ? Double($0) / Double($1) : nil }
}

/// The population standard deviation.
private func deviation(_ values: ArraySlice<Double>) -> Double {
  let n = Double(values.count)
  let mean = values.reduce(0, +) / n
  return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n).squareRoot()
}
