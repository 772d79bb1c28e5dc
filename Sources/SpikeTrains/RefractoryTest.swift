internal import Foundation

/// How many spikes of a unit are not its neuron's, judged by spikes that come too soon after one another.
///
/// One neuron never fires twice within its refractory period, so every pair of spikes that does holds a stranger.
/// The count of such pairs is a Poisson variable; the interval maps its exact interval through the same formula as
/// the estimate. A slow or short train expects so few pairs that the interval spans everything: it says nothing,
/// and shows it.
public struct RefractoryTest: Sendable, Equatable {
  /// The number of spikes.
  public let spikes: Int
  /// Pairs of spikes within the refractory period.
  public let violations: Int
  /// The pairs expected if every spike came from another neuron (independent spikes at the same mean rate).
  public let expected: Double
  /// The refractory period tested.
  public let refractoryMilliseconds: Double
  /// Lags up to here are not counted: a detector cannot tell such spikes apart.
  public let censoredMilliseconds: Double
  /// The estimate of the contamination.
  public let contamination: Double
  /// The confidence interval of the contamination.
  public let interval: ClosedRange<Double>
  /// The confidence of the interval.
  public let confidence: Double

  /// A count of violations, and what follows from it in Llobet's model.
  ///
  /// - Parameter expected: the pairs expected if every spike came from another neuron.
  public init(
    spikes: Int, violations: Int, expected: Double, refractoryMilliseconds: Double = 2,
    censoredMilliseconds: Double = 0, confidence: Double = 0.95
  ) {
    func contamination(_ pairs: Double) -> Double {
      guard expected > 0 else { return pairs > 0 ? 1 : 0 }
      let rest = 1 - pairs / expected
      return rest >= 0 ? 1 - rest.squareRoot() : 1
    }
    let pairs = CountStatistics.poissonInterval(violations, confidence: confidence)
    self.init(
      spikes: spikes, violations: violations, expected: expected,
      refractoryMilliseconds: refractoryMilliseconds, censoredMilliseconds: censoredMilliseconds,
      contamination: contamination(Double(violations)),
      interval: contamination(pairs.lowerBound)...contamination(pairs.upperBound), confidence: confidence)
  }

  fileprivate init(
    spikes: Int, violations: Int, expected: Double, refractoryMilliseconds: Double,
    censoredMilliseconds: Double, contamination: Double, interval: ClosedRange<Double>, confidence: Double
  ) {
    self.spikes = spikes
    self.violations = violations
    self.expected = expected
    self.refractoryMilliseconds = refractoryMilliseconds
    self.censoredMilliseconds = censoredMilliseconds
    self.contamination = contamination
    self.interval = interval
    self.confidence = confidence
  }

  /// The chance of at least as many violations if `share` of the spikes were strangers (in Llobet's model).
  public func chanceOfViolations(ifContamination share: Double) -> Double {
    CountStatistics.poissonAtLeast(violations, mean: expected * (1 - (1 - share) * (1 - share)))
  }
}

extension SpikeTrain {
  /// Llobet's contamination: the share of spikes from other neurons, many and independent, from all pairs of spikes.
  ///
  /// With n pairs at lags in (t_c, t_r], N spikes and T frames: 1 − √D, D = 1 − n (T − 2 N t_c) / (N² (t_r − t_c)),
  /// and 1 where D < 0 (Llobet, Wyngaard and Barbour 2022). t_r and t_c are rounded to whole frames.
  /// SpikeInterface's `rp_contamination`, which also counts the pairs within t_c; with t_c = 0 they agree but for
  /// spikes in one frame, which `censoredMilliseconds` = 0 counts as well.
  /// - Returns: nil with fewer than two spikes or an empty window.
  /// - Complexity: O(spikes).
  public func llobetTest(
    refractoryMilliseconds: Double = 1, censoredMilliseconds: Double = 0, confidence: Double = 0.95
  ) -> RefractoryTest? {
    let refractory = nearestFrames(refractoryMilliseconds)
    let censored = nearestFrames(censoredMilliseconds)
    guard count > 1, refractory > censored else { return nil }
    let violations = pairCount(lagsAbove: censored == 0 ? -1 : censored, upTo: refractory)
    let n = Double(count)
    let free = Double(frames) - 2 * n * Double(censored)
    guard free > 0 else { return nil }
    return RefractoryTest(
      spikes: count, violations: violations, expected: n * n * Double(refractory - censored) / free,
      refractoryMilliseconds: refractoryMilliseconds, censoredMilliseconds: censoredMilliseconds,
      confidence: confidence)
  }

  /// Llobet's contamination held against strangers whose rates change with the unit's own.
  ///
  /// The pairs expected of strangers are those of independent trains with this one's rates in stretches of 10 s, times how
  /// much more often than so its spikes have others of the recording near them (2 to 20 ms). Of steady, independent trains
  /// it is `llobetTest`. The unit's own correlogram is no measure of that: in its flanks stand its own bursts.
  /// - Parameter others: all other spikes of the recording; nil where none are known.
  /// - Returns: nil with fewer than two spikes or an empty window.
  /// - Complexity: O(spikes of both).
  public func refractoryTest(
    among others: SpikeTrain?, refractoryMilliseconds: Double = 2, censoredMilliseconds: Double = 0,
    confidence: Double = 0.95
  ) -> RefractoryTest? {
    let refractory = nearestFrames(refractoryMilliseconds)
    let censored = nearestFrames(censoredMilliseconds)
    guard count > 1, refractory > censored else { return nil }
    let violations = pairCount(lagsAbove: censored == 0 ? -1 : censored, upTo: refractory)
    let company = others.map { SharedRates.company(of: self, among: $0) } ?? 1
    return RefractoryTest(
      spikes: count, violations: violations,
      expected: company * SharedRates.pairsPerFrame(within: self) * Double(refractory - censored),
      refractoryMilliseconds: refractoryMilliseconds, censoredMilliseconds: censoredMilliseconds,
      confidence: confidence)
  }

  /// Hill's ratio of refractory violations: those of neighbouring spikes over those expected of independent ones.
  ///
  /// With n intervals strictly below t: n T / (2 N² (t − t_min)) (Hill, Mehta and Kleinfeld 2011). It may exceed 1
  /// and is no share of spikes. SpikeInterface's `isi_violations_ratio`, in whole frames instead of rounded seconds;
  /// as there, t_min shortens the time that can be violated but excludes no interval.
  /// - Returns: nil with fewer than two spikes or t ≤ t_min.
  /// - Complexity: O(spikes).
  public func hillTest(
    thresholdMilliseconds: Double = 1.5, minimumMilliseconds: Double = 0, confidence: Double = 0.95
  ) -> RefractoryTest? {
    guard count > 1, thresholdMilliseconds > minimumMilliseconds else { return nil }
    let limit = FrameLags.notBefore(milliseconds: thresholdMilliseconds, samplingRate: samplingRate)
    let violations = intervals.count { $0 < limit }
    let violationSeconds = 2 * Double(count) * (thresholdMilliseconds - minimumMilliseconds) / 1000
    func ratio(_ pairs: Double) -> Double { pairs / violationSeconds / rateHertz }
    let pairs = CountStatistics.poissonInterval(violations, confidence: confidence)
    return RefractoryTest(
      spikes: count, violations: violations, expected: violationSeconds * rateHertz / 2,
      refractoryMilliseconds: thresholdMilliseconds, censoredMilliseconds: minimumMilliseconds,
      contamination: ratio(Double(violations)), interval: ratio(pairs.lowerBound)...ratio(pairs.upperBound),
      confidence: confidence)
  }

  /// A time as the nearest whole number of frames, halves to even as NumPy rounds.
  func nearestFrames(_ milliseconds: Double) -> Int {
    Int((milliseconds * samplingRate / 1000).rounded(.toNearestOrEven))
  }
}
