internal import Foundation

/// How many close pairs of spikes independent neurons make whose rates change together.
///
/// Neurons of one tissue fire together: in UP states, in population bursts, by theta. Strangers within a unit then come
/// near its neuron's spikes more often than mean rates say, and close pairs held against mean rates make a clean unit look
/// contaminated. How much more often is measured where it can be seen: between the unit's spikes and all others.
enum SharedRates {
  /// Within so many seconds rates are taken as steady.
  static let stretchSeconds = 10.0
  /// Lags in ms at which spikes keep company: beyond the refractory period and what colliding spikes lose, within the
  /// shortest population bursts.
  private static let companyMilliseconds = 2.0...20.0
  /// Independence is believed as if so many pairs had been seen that say so.
  private static let priorPairs = 10.0

  /// Pairs a frame of lag, one spike of each train, of independent trains with these rates in every stretch; lags of both
  /// signs are lags of their own.
  static func pairsPerFrame(_ first: SpikeTrain, _ second: SpikeTrain) -> Double {
    sum(first, second) { $0 * $1 }
  }

  /// Pairs a frame of lag among a train's own spikes, were each another neuron's; lags have no sign.
  static func pairsPerFrame(within train: SpikeTrain) -> Double {
    sum(train, train) { $0 * max($1 - 1, 0) }
  }

  /// How many times as often a train's spikes have another's near them as rates in stretches say; 1 where little is known.
  static func company(of train: SpikeTrain, among others: SpikeTrain) -> Double {
    let shortest = train.nearestFrames(companyMilliseconds.lowerBound)
    let longest = max(train.nearestFrames(companyMilliseconds.upperBound), shortest + 1)
    let pairs = train.pairCount(with: others, lagsAbove: shortest, upTo: longest)
    let expected = pairsPerFrame(train, others) * Double(2 * (longest - shortest))
    return (Double(pairs) + priorPairs) / (expected + priorPairs)
  }

  /// A product of both trains' counts in stretches of the recording over the stretches' lengths.
  private static func sum(
    _ first: SpikeTrain, _ second: SpikeTrain, pairs: (Double, Double) -> Double
  ) -> Double {
    let stretch = max(1, min(first.frames, Int(stretchSeconds * first.samplingRate)))
    let (one, other) = (first.counts(inStretchesOf: stretch), second.counts(inStretchesOf: stretch))
    return one.indices.reduce(0) { sum, i in
      sum + pairs(one[i], other[i]) / Double(min(stretch, first.frames - i * stretch))
    }
  }
}

extension SpikeTrain {
  /// The number of spikes in each stretch of so many frames, the last one as long as is left.
  func counts(inStretchesOf stretch: Int) -> [Double] {
    let stretches = (frames + stretch - 1) / stretch
    var counts = [Double](repeating: 0, count: stretches)
    for time in times { counts[min(max(time / stretch, 0), stretches - 1)] += 1 }
    return counts
  }
}
