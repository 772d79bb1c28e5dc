internal import Foundation

/// Counts of a channel's absolute samples by size, from which quantiles are read.
///
/// Sixteen bins an octave, from 2⁻⁵ to 2¹¹ of a unit.
struct SizeCounts {
  static let binCount = 256
  private static let lowestExponent: UInt32 = 127 - 5

  var bins = [UInt16](repeating: 0, count: binCount)
  private(set) var total = 0

  /// Counts an absolute value.
  @inline(__always) mutating func add(_ size: Float) {
    // Eight bits of exponent and the first four of the mantissa.
    let place = Int(size.bitPattern >> 19) &- Int(Self.lowestExponent << 4)
    bins[max(0, min(place, Self.binCount &- 1))] &+= 1
    total &+= 1
  }

  mutating func add(_ other: SizeCounts) {
    bins.withUnsafeMutableBufferPointer { own in
      other.bins.withUnsafeBufferPointer { other in
        for i in 0..<Self.binCount { own[i] &+= other[i] }
      }
    }
    total += other.total
  }

  /// The values that some ascending shares of the samples are below.
  func quantiles(_ shares: [Double]) -> [Double] {
    var found: [Double] = []
    var below = 0
    bins.withUnsafeBufferPointer { bins in
      for i in bins.indices where bins[i] > 0 {
        let count = Int(bins[i])
        while found.count < shares.count {
          let wanted = shares[found.count] * Double(total) - Double(below)
          guard wanted <= Double(count) else { break }
          let (low, high) = (Self.edge(i), Self.edge(i + 1))
          found.append(low + wanted / Double(count) * (high - low))
        }
        below &+= count
        if found.count == shares.count { return }
      }
    }
    return found
  }

  private static func edge(_ bin: Int) -> Double {
    Double(Float(bitPattern: UInt32(bin + Int(lowestExponent << 4)) << 19))
  }
}

/// How loud a window is, and how evenly it is filled.
struct NoiseLevel {
  /// The log of the noise deviation by the first quartile of absolute values, which spikes do not fill; mean over channels.
  var level: Double
  /// The log of the deviation by the ninth decile over that by the first quartile: 0 for Gaussian noise, more where few
  /// samples are large.
  var fill: Double

  /// The first quartile and the ninth decile of the absolute value of a Gaussian of deviation 1.
  static let quartile = 0.318639
  private static let decile = 1.644854

  /// Of counts of every channel; nil where any has fewer than `fewest` samples.
  ///
  /// - Parameters:
  ///   - logUnits: the log of what each channel's samples were divided by.
  ///   - fills: whether the fill is wanted too; else it is 0.
  init?(_ counts: [SizeCounts], logUnits: [Double], fewest: Int, fills: Bool) {
    (level, fill) = (0, 0)
    for (channel, unit) in zip(counts, logUnits) {
      guard channel.total >= max(fewest, 1) else { return nil }
      let sizes = channel.quantiles(fills ? [0.25, 0.9] : [0.25])
      guard let quarter = sizes.first, let most = sizes.last else { return nil }
      let low = log(quarter / Self.quartile)
      level += low + unit
      if fills { fill += log(most / Self.decile) - low }
    }
    level /= Double(counts.count)
    fill /= Double(counts.count)
  }
}

/// The mode of a sample whose upper half may hold anything, and the deviation of its lower half.
struct NullDistribution {
  let mode: Double
  let deviation: Double

  /// By half-sample modes (Bickel and Frühwirth 2006).
  ///
  /// - Precondition: at least one value.
  init(_ values: [Double]) {
    let sorted = values.sorted()
    var part = sorted[...]
    while part.count > 8 {
      let half = (part.count + 1) / 2
      var best = part.startIndex
      for i in part.startIndex...(part.endIndex - half)
      where part[i + half - 1] - part[i] < part[best + half - 1] - part[best] {
        best = i
      }
      part = part[best..<best + half]
    }
    let mode = part.reduce(0, +) / Double(part.count)
    let low = sorted.prefix { $0 < mode }.map { ($0 - mode) * ($0 - mode) }
    self.mode = mode
    deviation = max(1e-3, low.isEmpty ? 0 : (low.reduce(0, +) / Double(low.count)).squareRoot())
  }
}

/// The point that a standard Gaussian is beyond with a probability.
func normalPoint(beyond probability: Double) -> Double {
  var (low, high) = (0.0, 40.0)
  for _ in 0..<80 {
    let middle = (low + high) / 2
    if 0.5 * erfc(middle / 2.0.squareRoot()) > probability { low = middle } else { high = middle }
  }
  return (low + high) / 2
}
