internal import Foundation

/// The share of a unit's spikes missed because their amplitude lay below the threshold.
///
/// A cut-off distribution of amplitudes starts high; the tail it lacks is taken to mirror its upper one. The
/// histogram is smoothed with a Gaussian of three bins and truncated to whole counts, and the counts beyond the
/// last bin as high as the first are the missed ones. SpikeInterface's `amplitude_cutoff`.
/// - Parameters:
///   - amplitudes: positive, larger is farther from the threshold; any unit.
///   - bins: the number of bins between the smallest and the largest.
/// - Returns: 0…0.5; nil with fewer than five spikes a bin or with equal amplitudes.
/// - Complexity: O(spikes + bins).
public func amplitudeCutoff(_ amplitudes: [Double], bins: Int = 100) -> Double? {
  precondition(bins > 0, "a histogram needs a bin")
  guard amplitudes.count >= 5 * bins, let low = amplitudes.min(), let high = amplitudes.max(), high > low
  else {
    return nil
  }
  let smooth = smoothed(histogram(amplitudes, from: low, to: high, bins: bins))
  guard let last = smooth.lastIndex(where: { $0 >= smooth[0] }) else { return nil }
  let missed = Double(smooth[(last + 1)...].reduce(0, +))
  return min(missed / (Double(amplitudes.count) + missed), 0.5)
}

/// Counts in equal bins, each with its start, the last with its end as well; edges in floating point as NumPy's.
func histogram(_ values: [Double], from low: Double, to high: Double, bins: Int) -> [Int] {
  let step = (high - low) / Double(bins)
  let edges = (0...bins).map { $0 == bins ? high : low + Double($0) * step }
  var counts = [Int](repeating: 0, count: bins)
  for value in values {
    var bin = min(Int((value - low) / (high - low) * Double(bins)), bins - 1)
    if value < edges[bin] { bin -= 1 } else if bin < bins - 1, value >= edges[bin + 1] { bin += 1 }
    counts[bin] += 1
  }
  return counts
}

/// Counts smoothed with a Gaussian of standard deviation 3 out to 12 bins, ends repeated, truncated to whole counts.
private func smoothed(_ counts: [Int]) -> [Int] {
  let weights = (-12...12).map { exp(-0.5 * Double($0 * $0) / 9) }
  let total = weights.reduce(0, +)
  return counts.indices.map { index in
    var sum = 0.0
    for (offset, weight) in weights.enumerated() {
      let neighbour = min(max(index + offset - 12, 0), counts.count - 1)
      sum += weight / total * Double(counts[neighbour])
    }
    return Int(sum)
  }
}
