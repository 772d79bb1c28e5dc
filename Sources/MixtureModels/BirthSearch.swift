internal import Foundation
internal import LinearAlgebra

/// A component that a mixture lacks in a stretch of a recording.
struct Birth: Sendable {
  /// Where its points lie.
  var location: [Double]
  /// The share of the stretch's points that are its own.
  var weight: Double
  /// By how much it raises the log-likelihood of the stretch, in nats.
  var gain: Double
}

/// Looks for a component that is missing in a stretch of a recording too short for drift.
///
/// A neuron that fires between the windows alone is in none of them: its spikes lie in the tails of other components. A
/// component of a scale that others have is laid on badly explained points and moved to those it explains better; the one
/// that gains most over what the mixture says of every point is the birth.
struct BirthSearch {
  /// The badly explained points, each times the inverse root of the scale: a component is round and of unit size.
  private let points: [[Double]]
  /// What the mixture says of them.
  private let logDensities: [Double]
  /// Of all points of the stretch.
  private let count: Double
  private let dimensions: Int
  private let degreesOfFreedom: Double
  /// The log-density of a component at its location.
  private let peak: Double
  /// Takes a round place back among the points.
  private let root: Matrix

  /// Points tried as a birth's location.
  private static let tries = 40
  /// Rounds in which a birth moves to its points.
  private static let rounds = 4
  /// What a point must gain by a component to be looked at, in nats.
  private static let leastGain = 2.0

  /// - Parameters:
  ///   - points: those of the stretch, one a row.
  ///   - logDensities: of every point under the mixture.
  ///   - scale: of the component looked for.
  ///   - degreesOfFreedom: ν of the component looked for.
  /// - Returns: nil where the scale has no inverse or too few points are badly explained for a component.
  init?(_ all: Matrix, logDensities given: [Double], scale: Matrix, degreesOfFreedom nu: Double) {
    guard let eigen = try? scale.symmetricEigen(), let least = eigen.values.min(), least > 0, nu.isFinite,
      all.rows > 0
    else { return nil }
    let d = Double(all.columns)
    let roots = eigen.values.map { $0.squareRoot() }
    root = eigen.vectors * Matrix(diagonal: roots)
    let logDeterminant = eigen.values.reduce(0) { $0 + log($1) }
    let constant: Double = lgamma((nu + d) / 2) - lgamma(nu / 2) - d / 2 * log(nu * Double.pi)
    let peak = constant - logDeterminant / 2
    self.peak = peak
    (dimensions, degreesOfFreedom, count) = (all.columns, nu, Double(all.rows))
    // At its typical distance from a component of the fewest points.
    let typical: Double = log(3 * d / count) + peak - (nu + d) / 2 * log1p(d / nu)
    let bad = given.indices.filter { given[$0] < typical - Self.leastGain }
    guard bad.count >= 3 * all.columns else { return nil }
    let round = all.selecting(rows: bad) * (eigen.vectors * Matrix(diagonal: roots.map { 1 / $0 }))
    points = (0..<bad.count).map { Array(round.row($0)) }
    logDensities = bad.map { given[$0] }
  }

  /// The birth that gains most; nil where none gains.
  func best() -> Birth? {
    let tries = min(Self.tries, points.count)
    var best = Birth(location: [], weight: 0, gain: 0)
    for i in 0..<tries {
      let found = settled(from: points[i * points.count / tries])
      if found.gain > best.gain { best = found }
    }
    guard best.gain > 0 else { return nil }
    best.location = root * best.location
    return best
  }

  /// A birth moved to its points, and what it gains there.
  private func settled(from start: [Double]) -> Birth {
    var birth = Birth(location: start, weight: 3 * Double(dimensions) / count, gain: 0)
    let power = (degreesOfFreedom + Double(dimensions)) / 2
    for round in 0...Self.rounds {
      var sum = [Double](repeating: 0, count: dimensions)
      var (total, pull) = (0.0, 0.0)
      birth.gain = (count - Double(points.count)) * log1p(-birth.weight)
      for (point, logDensity) in zip(points, logDensities) {
        var square = 0.0
        for j in 0..<dimensions {
          let x = point[j] - birth.location[j]
          square += x * x
        }
        let ratio = exp(peak - power * log1p(square / degreesOfFreedom) - logDensity) * birth.weight
        birth.gain += log(1 - birth.weight + ratio)
        let share = ratio / (1 - birth.weight + ratio)
        guard share > 1e-3 else { continue }
        let u = share * 2 * power / (degreesOfFreedom + square)
        total += share
        pull += u
        for j in 0..<dimensions { sum[j] += u * point[j] }
      }
      guard round < Self.rounds, pull > 0 else { break }
      birth.location = sum.map { $0 / pull }
      birth.weight = min(0.5, max(total / count, 1e-4))
    }
    return birth
  }
}
