#if canImport(Darwin)
  internal import Darwin
#else
  internal import Glibc
#endif

/// A place on an axis with its label.
struct Tick: Sendable, Equatable {
  var value: Double
  var label: String
}

/// The map from values to pixels along one axis.
struct Scale: Sendable, Equatable {
  /// The values at the two ends.
  let lower: Double
  let upper: Double
  /// The pixels at the two ends.
  let start: Double
  let end: Double
  let isLogarithmic: Bool

  /// A scale over values; an empty or unusable range is widened around its centre.
  init(_ lower: Double, _ upper: Double, start: Double, end: Double, isLogarithmic: Bool = false) {
    var (lower, upper) = (min(lower, upper), max(lower, upper))
    if !lower.isFinite || !upper.isFinite { (lower, upper) = (0, 1) }
    let log = isLogarithmic && lower > 0
    let smallest = max(abs(lower), abs(upper)) * 1e-9
    if upper - lower <= smallest {
      let room = max(abs(lower) * 0.05, 0.5)
      (lower, upper) = log ? (lower / 2, upper * 2) : (lower - room, upper + room)
    }
    self.lower = lower
    self.upper = upper
    self.start = start
    self.end = end
    self.isLogarithmic = log
  }

  /// A scale that covers the finite ones of some values with a margin on both sides.
  init(
    covering values: some Sequence<Double>, margin: Double = 0.05, start: Double, end: Double,
    isLogarithmic: Bool = false
  ) {
    var (lower, upper) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite {
      lower = min(lower, value)
      upper = max(upper, value)
    }
    if isLogarithmic && lower > 0 {
      let room = pow(upper / lower, margin)
      self.init(lower / room, upper * room, start: start, end: end, isLogarithmic: true)
    } else {
      let room = (upper - lower) * margin
      self.init(lower - room, upper + room, start: start, end: end)
    }
  }

  /// The pixel of a value; not finite where the value is not, or not positive on a logarithmic scale.
  func callAsFunction(_ value: Double) -> Double {
    if isLogarithmic {
      guard value > 0 else { return .nan }
      return start + (end - start) * log(value / lower) / log(upper / lower)
    }
    return start + (end - start) * (value - lower) / (upper - lower)
  }

  /// Whether a value lies within the scale.
  func contains(_ value: Double) -> Bool { value >= lower && value <= upper }

  /// Ticks at round values: about `count` of them, all within the scale, labels as short as they can be.
  func ticks(about count: Int = 5) -> [Tick] {
    if isLogarithmic, let ticks = logarithmicTicks() { return ticks }
    let step = Self.nearestRoundStep((upper - lower) / Double(max(count, 1)))
    let first = (lower / step - 1e-9).rounded(.up)
    let last = (upper / step + 1e-9).rounded(.down)
    guard abs(first) < 1e15, abs(last) < 1e15, last >= first else { return [] }
    let large = max(abs(lower), abs(upper))
    let decimals = max(0, Int(-log10(step * 1.0001).rounded(.down)))
    return (Int(first)...Int(last)).map { multiple in
      let value = Double(multiple) * step
      let label = large >= 1e7 || decimals > 5 ? powerText(value) : decimalText(value, decimals: decimals)
      return Tick(value: value, label: label)
    }
  }

  /// Ticks at whole numbers only.
  func wholeTicks(about count: Int = 14) -> [Tick] {
    let step = max(1, Self.roundStep((upper - lower) / Double(max(count, 1))))
    let first = (lower / step).rounded(.up)
    let last = (upper / step).rounded(.down)
    guard abs(first) < 1e15, abs(last) < 1e15, last >= first else { return [] }
    return (Int(first)...Int(last)).map {
      Tick(value: Double($0) * step, label: decimalText(Double($0) * step))
    }
  }

  /// 1, 2 and 5 times the powers of ten; nil where that gives fewer than three.
  private func logarithmicTicks() -> [Tick]? {
    let decades = Int(log10(lower).rounded(.down))...Int(log10(upper).rounded(.up))
    let factors: [Double] = decades.count > 5 ? [1] : [1, 2, 5]
    let values = decades.flatMap { decade in factors.map { $0 * pow(10, Double(decade)) } }.filter(contains)
    guard values.count >= 3 else { return nil }
    return values.map { value in
      let decimals = max(0, Int(-log10(value * 1.0001).rounded(.down)))
      return Tick(
        value: value, label: decimals > 5 ? powerText(value) : decimalText(value, decimals: decimals))
    }
  }

  /// The one of 1, 2, 5 × 10ⁿ that is nearest to a step by ratio.
  static func nearestRoundStep(_ step: Double) -> Double {
    guard step > 0, step.isFinite else { return 1 }
    let power = pow(10, log10(step).rounded(.down))
    for (factor, limit) in [(1.0, 2.0), (2, 5), (5, 10)] where step * step <= factor * limit * power * power {
      return factor * power
    }
    return 10 * power
  }

  /// The smallest of 1, 2, 5 × 10ⁿ that is not below a step.
  static func roundStep(_ step: Double) -> Double {
    guard step > 0, step.isFinite else { return 1 }
    let power = pow(10, log10(step).rounded(.down))
    for factor in [1.0, 2, 5] where step <= factor * power * 1.000001 { return factor * power }
    return 10 * power
  }
}
