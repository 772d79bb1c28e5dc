internal import Foundation

extension SpikeTrain {
  /// The number of spikes in each full bin of the given length; spikes in an incomplete last bin are left out.
  func countsPerBin(frames binFrames: Int) -> [Int] {
    precondition(binFrames > 0, "a bin has a length")
    var counts = [Int](repeating: 0, count: frames / binFrames)
    for time in times where time >= 0 && time / binFrames < counts.count { counts[time / binFrames] += 1 }
    return counts
  }

  /// The share of time bins in which the unit fires.
  ///
  /// A bin counts when it holds more than ⌊mean rate × bin × `rateRatio`⌋ spikes. An incomplete last bin is dropped.
  /// SpikeInterface's `presence_ratio`.
  /// - Returns: 0…1; nil without spikes or where the recording is shorter than a bin.
  public func presenceRatio(binSeconds: Double = 60, rateRatio: Double = 0) -> Double? {
    let binFrames = Int(binSeconds * samplingRate)
    guard count > 0, binFrames > 0, frames >= binFrames else { return nil }
    let threshold = Int((rateHertz * binSeconds * rateRatio).rounded(.down))
    let counts = countsPerBin(frames: binFrames)
    return Double(counts.count { $0 > threshold }) / Double(counts.count)
  }

  /// The spread of the firing rate: the difference of two percentiles of the rate over full bins, in hertz.
  ///
  /// Percentiles interpolate linearly. SpikeInterface's `firing_range`.
  /// - Returns: nil without spikes or where the recording is shorter than a bin.
  public func firingRangeHertz(
    binSeconds: Double = 5, percentiles: ClosedRange<Double> = 5...95
  ) -> Double? {
    let binFrames = Int(binSeconds * samplingRate)
    guard count > 0, binFrames > 0, frames >= binFrames else { return nil }
    let rates = countsPerBin(frames: binFrames).map { Double($0) / binSeconds }.sorted()
    return percentile(percentiles.upperBound, ofSorted: rates)
      - percentile(percentiles.lowerBound, ofSorted: rates)
  }

  /// Mean, median and two measures of irregularity of the intervals between neighbouring spikes.
  ///
  /// - Returns: nil with fewer than two spikes.
  public var intervalStatistics: IntervalStatistics? {
    let intervals = self.intervals.map(Double.init)
    guard !intervals.isEmpty else { return nil }
    let n = Double(intervals.count)
    let mean = intervals.reduce(0, +) / n
    let variance = intervals.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / n
    var local = 0.0
    for (first, second) in zip(intervals, intervals.dropFirst()) where first + second > 0 {
      local += 3 * ((first - second) / (first + second)) * ((first - second) / (first + second))
    }
    return IntervalStatistics(
      meanSeconds: mean / samplingRate,
      medianSeconds: percentile(50, ofSorted: intervals.sorted()) / samplingRate,
      coefficientOfVariation: mean > 0 ? variance.squareRoot() / mean : 0,
      localVariation: intervals.count > 1 ? local / (n - 1) : nil)
  }

  /// The intervals between neighbouring spikes by length.
  ///
  /// - Returns: `bins` counts; bin k holds intervals from k to below k + 1 widths, the last one its end as well.
  public func intervalHistogram(binMilliseconds: Double = 1, bins: Int = 50) -> [Int] {
    let edges = (0...bins).map {
      FrameLags.notBefore(milliseconds: binMilliseconds, times: $0, samplingRate: samplingRate)
    }
    let end = FrameLags.notAfter(milliseconds: binMilliseconds * Double(bins), samplingRate: samplingRate)
    var counts = [Int](repeating: 0, count: bins)
    for interval in intervals where interval <= end {
      counts[min((edges.firstIndex { $0 > interval } ?? bins) - 1, bins - 1)] += 1
    }
    return counts
  }
}

/// How long and how regular the intervals of a train are.
public struct IntervalStatistics: Sendable, Equatable {
  /// The mean interval.
  public let meanSeconds: Double
  /// The median interval.
  public let medianSeconds: Double
  /// Standard deviation over mean: 1 for a Poisson train, 0 for a clock.
  public let coefficientOfVariation: Double
  /// Shinomoto's local variation, the mean of 3 ((I − I′) / (I + I′))² over neighbouring intervals: 1 for a Poisson
  /// train whatever its slow changes of rate; nil with one interval.
  public let localVariation: Double?
}

/// A percentile of ascending values, interpolated linearly between the two nearest.
///
/// - Precondition: there is a value, 0 ≤ `percent` ≤ 100.
func percentile(_ percent: Double, ofSorted values: [Double]) -> Double {
  let position = percent / 100 * Double(values.count - 1)
  let index = min(Int(position), values.count - 1)
  guard index + 1 < values.count else { return values[index] }
  return values[index] + (position - Double(index)) * (values[index + 1] - values[index])
}
