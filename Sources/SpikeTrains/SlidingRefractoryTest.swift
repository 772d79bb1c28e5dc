internal import Foundation

/// The sliding refractory test of the International Brain Laboratory: the least contamination that some refractory
/// period makes incredible, without knowing the neuron's own.
public struct SlidingRefractoryTest: Sendable, Equatable {
  /// The contaminations tested, 0.5 % to 35 % in steps of 0.5 %.
  public let contaminations: [Double]
  /// The centres of the bins up to which pairs are counted.
  public let refractoryMilliseconds: [Double]
  /// One row a contamination, one column a refractory period: the chance that so much contamination would have shown more
  /// pairs than were seen.
  public let confidences: [[Double]]
  /// The least contamination whose confidence exceeds the level for some period; nil where none does.
  public let contamination: Double?
}

extension SpikeTrain {
  /// The sliding refractory test with SpikeInterface's `sliding_rp_violation` definitions.
  ///
  /// Bins of a quarter millisecond, rounded to whole frames. With N spikes over T, contamination c and period τ, c N
  /// strangers make 2 τ / T · c N ((1 − c) N + (c N − 1) / 2) pairs; the confidence is the Poisson chance of more than
  /// were seen. Coincidences in one frame count in both orders, as there.
  /// - Parameters:
  ///   - excludeBelowMilliseconds: periods up to here are not looked at.
  ///   - level: the confidence asked for.
  /// - Returns: nil with fewer than two spikes or a rate too low for such bins.
  public func slidingRefractoryTest(
    excludeBelowMilliseconds: Double = 0.5, level: Double = 0.9
  ) -> SlidingRefractoryTest? {
    let binFrames = nearestFrames(0.25)
    guard count > 1, binFrames > 0 else { return nil }
    let binMilliseconds = Double(binFrames) / samplingRate * 1000
    let bins = Int(10 / binMilliseconds)
    let duplicates = pairCount(lagsAbove: -1, upTo: 0)
    let observed = (1...bins).map { pairCount(lagsAbove: -1, upTo: $0 * binFrames - 1) + duplicates }
    let contaminations = (1...70).map { Double($0) * 0.005 }
    let n = Double(count)
    let confidences = contaminations.map { share in
      let strangers = share * n
      let pairsPerSecond = 2 / durationSeconds * strangers * ((1 - share) * n + (strangers - 1) / 2)
      return (1...bins).map { bin in
        let mean = Double(bin) * binMilliseconds / 1000 * pairsPerSecond
        return mean > 0 ? CountStatistics.poissonAtLeast(observed[bin - 1] + 1, mean: mean) : 0
      }
    }
    let centres = (0..<bins).map { (Double($0) + 0.5) * binMilliseconds }
    let first = confidences.firstIndex { row in
      zip(row, centres).contains { $0 > level && $1 > excludeBelowMilliseconds }
    }
    return SlidingRefractoryTest(
      contaminations: contaminations, refractoryMilliseconds: centres, confidences: confidences,
      contamination: first.map { contaminations[$0] })
  }
}
