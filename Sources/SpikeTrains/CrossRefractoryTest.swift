internal import Foundation

/// Whether two trains keep each other's refractory period, as two halves of one neuron do.
///
/// Two neurons fire without regard to each other's refractory periods: some spikes of one fall within it after
/// spikes of the other. The test counts those and compares with what independent trains would show, estimated twice:
/// from the rates of both trains within short stretches of the recording (halves that take turns, as under drift, are not
/// expected to meet), and from the flanks of their correlogram (trains driven together meet more often than their
/// rates say). Each verdict uses the more careful of the two.
public struct CrossRefractoryTest: Sendable, Equatable {
  /// Pairs of spikes, one of each train, with `censored` < |lag| ≤ `refractory`.
  public let coincidences: Int
  /// The pairs expected of independent trains with the same rates in every stretch of the recording.
  public let expectedFromRates: Double
  /// The pairs expected from the correlogram's flanks.
  public let expectedFromFlanks: Double
  /// The pairs counted in the flanks.
  public let flankPairs: Int
  /// The refractory period tested.
  public let refractoryMilliseconds: Double
  /// Lags up to here are not counted: a detector cannot tell such spikes apart.
  public let censoredMilliseconds: Double
  /// The chance that independent trains show so few coincidences: the larger of the Poisson chance under the rates
  /// and the binomial chance under the flanks.
  public let chanceOfSoFew: Double
  /// The share of their spikes the trains fire at the same times, stretch by stretch: 1 for equal courses, 0 for
  /// trains that take turns.
  public let activityOverlap: Double

  /// The smaller of both expectations.
  public var leastExpected: Double { min(expectedFromRates, expectedFromFlanks) }
  /// The larger of both expectations.
  public var mostExpected: Double { max(expectedFromRates, expectedFromFlanks) }
  /// Coincidences over the larger expectation: 1 for independent trains, 0 for one neuron; nil if none is expected.
  public var ratio: Double? { mostExpected > 0 ? Double(coincidences) / mostExpected : nil }

  /// The chance of at least as many coincidences if only `share` of those of independent trains occurred.
  public func chanceOfSoMany(ifShare share: Double) -> Double {
    CountStatistics.poissonAtLeast(coincidences, mean: share * mostExpected)
  }

  /// How much likelier the coincidences are two neurons' than one's, as the log of their ratio.
  ///
  /// Of one neuron's spikes parted in two only strangers coincide: any share of what independent trains have is as likely up to
  /// what those make. Two neurons show any share from there and a third on as likely, as detection loses some of two close spikes.
  /// - Parameters:
  ///   - expected: the coincidences of independent trains.
  ///   - strangers: the share of one neuron's spikes that may be others'.
  public func natsOfTwoNeurons(expecting expected: Double, strangers: Double = 0.05) -> Double {
    Self.natsOfTwoNeurons(coincidences, expecting: expected, strangers: strangers)
  }

  static func natsOfTwoNeurons(_ coincidences: Int, expecting expected: Double, strangers: Double) -> Double {
    guard expected > 0, strangers > 0, strangers < 1 else { return 0 }
    let most = 1 - (1 - strangers) * (1 - strangers)
    let fewest = max(most, 1.0 / 3)
    // The mean of Poisson(n; s e) over s from a to b is (P(n + 1, b e) − P(n + 1, a e)) / (b − a) e.
    func atLeast(_ share: Double) -> Double {
      CountStatistics.poissonAtLeast(coincidences + 1, mean: share * expected)
    }
    let least = Double.leastNormalMagnitude
    let two = max(atLeast(1) - atLeast(fewest), least) / (1 - fewest)
    return log(two) - log(max(atLeast(most), least) / most)
  }

  /// Counts the coincidences of two trains.
  ///
  /// - Parameters:
  ///   - refractoryMilliseconds: the longest lag that counts as a coincidence.
  ///   - censoredMilliseconds: lags up to here are left out; 0 leaves out nothing but spikes in one frame.
  ///   - flankMilliseconds: the lags of the flanks. They start beyond any refractory period and end before rates
  ///     change.
  ///   - stretchSeconds: the length of the stretches within which rates are taken as steady.
  /// - Precondition: one recording length and rate, censored < refractory ≤ start of the flanks.
  /// - Complexity: O(spikes of both + stretches).
  public init(
    _ first: SpikeTrain, _ second: SpikeTrain, refractoryMilliseconds: Double = 2,
    censoredMilliseconds: Double = 0, flankMilliseconds: ClosedRange<Double> = 10...50,
    stretchSeconds: Double = 10
  ) {
    precondition(
      first.frames == second.frames && first.samplingRate == second.samplingRate,
      "trains of one recording are compared")
    precondition(
      censoredMilliseconds < refractoryMilliseconds && refractoryMilliseconds <= flankMilliseconds.lowerBound,
      "the censored period, the refractory period and the flanks follow one another")
    // At low rates each of them still takes a frame.
    let censored = first.nearestFrames(censoredMilliseconds)
    let refractory = max(first.nearestFrames(refractoryMilliseconds), censored + 1)
    let flankStart = max(first.nearestFrames(flankMilliseconds.lowerBound), refractory)
    let flankEnd = max(first.nearestFrames(flankMilliseconds.upperBound), flankStart + 1)
    self.refractoryMilliseconds = refractoryMilliseconds
    self.censoredMilliseconds = censoredMilliseconds
    coincidences = first.pairCount(with: second, lagsAbove: censored, upTo: refractory)
    flankPairs = first.pairCount(with: second, lagsAbove: flankStart, upTo: flankEnd)
    let window = Double(2 * (refractory - censored))
    let flank = Double(2 * (flankEnd - flankStart))
    expectedFromFlanks = Double(flankPairs) * window / flank

    let stretch = max(1, min(first.frames, Int(stretchSeconds * first.samplingRate)))
    let activity = Self.activity(first, second, stretchFrames: stretch)
    expectedFromRates = activity.pairsPerFrame * window
    activityOverlap = activity.overlap
    let chanceByRates = CountStatistics.poissonAtMost(coincidences, mean: expectedFromRates)
    let chanceByFlanks = CountStatistics.binomialAtMost(
      coincidences, trials: coincidences + flankPairs, probability: window / (window + flank))
    chanceOfSoFew = max(chanceByRates, chanceByFlanks)
  }

  /// Expected pairs per frame of lag, and the overlap of the activities, both by stretches of the recording.
  private static func activity(
    _ first: SpikeTrain, _ second: SpikeTrain, stretchFrames: Int
  ) -> (pairsPerFrame: Double, overlap: Double) {
    guard first.count > 0, second.count > 0 else { return (0, 0) }
    let counts = (first.counts(inStretchesOf: stretchFrames), second.counts(inStretchesOf: stretchFrames))
    var pairsPerFrame = 0.0
    var overlap = 0.0
    for (index, (a, b)) in zip(counts.0, counts.1).enumerated() {
      let length = min(stretchFrames, first.frames - index * stretchFrames)
      pairsPerFrame += a * b / Double(length)
      overlap += min(a / Double(first.count), b / Double(second.count))
    }
    return (pairsPerFrame, overlap)
  }
}
