import Foundation

/// What the sizes of everything a template answers to say of it: whether they have a mode of their own.
///
/// A neuron's spikes have a size of their own; background only gets rarer the larger it is. So the sizes of all peaks of a
/// matched filter either fall from the noise on, or fall, rise to a mode and fall again. Both densities are free but for
/// that (isotonic regression, Barlow et al. 1972), and their log-likelihoods are compared.
struct AmplitudeMode: Sendable, Equatable {
  /// By how much the density with a mode explains the sizes better, in nats.
  var nats = 0.0
  /// The mode, in noise deviations.
  var mode = 0.0
  /// The lowest density before the mode, in noise deviations: below it most is background.
  var valley = 0.0

  /// Sizes below so many noise deviations are the noise's own peaks.
  static let least: Float = 4
  /// The width of a bin, in noise deviations; a unit's sizes scatter by one and more.
  static let binWidth: Float = 0.25

  /// - Parameter sizes: the heights of a matched filter's peaks in noise deviations, in any order.
  /// - Complexity: O(bins²) after O(sizes), with four bins a noise deviation.
  init(of sizes: [Float]) {
    let counts = Self.histogram(of: sizes)
    guard counts.reduce(0, +) > 0 else { return }
    let falling = MonotoneDensity.logLikelihood(of: counts, under: MonotoneDensity.falling(counts))
    for m in 2..<counts.count where counts[m] >= counts[m - 1] && counts[m] > 0 {
      let valley = Self.lowest(before: m, in: counts)
      let density =
        MonotoneDensity.falling(counts[..<valley])
        + MonotoneDensity.falling(counts[valley..<m].reversed()).reversed()
        + MonotoneDensity.falling(counts[m...])
      let gain = MonotoneDensity.logLikelihood(of: counts, under: density) - falling
      if gain > nats { (nats, mode, self.valley) = (gain, Self.middle(of: m), Self.middle(of: valley)) }
    }
  }

  /// No sizes, no mode.
  init() {}

  private static func middle(of bin: Int) -> Double {
    Double(least) + (Double(bin) + 0.5) * Double(binWidth)
  }

  private static func histogram(of sizes: [Float]) -> [Double] {
    let highest = max(sizes.max() ?? least, least + 2)
    var counts = [Double](repeating: 0, count: Int((highest - least) / binWidth) + 1)
    for size in sizes where size >= least { counts[Int((size - least) / binWidth)] += 1 }
    return counts
  }

  /// The first bin before a mode where the counts, smoothed over three bins, are lowest.
  private static func lowest(before mode: Int, in counts: [Double]) -> Int {
    func smooth(_ i: Int) -> Double {
      counts[max(i - 1, 0)...i + 1].reduce(0, +)
    }
    return (0..<mode).reduce(0) { smooth($1) < smooth($0) ? $1 : $0 }
  }
}
