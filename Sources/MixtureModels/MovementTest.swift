internal import Foundation
internal import LinearAlgebra

/// Tells by how components move whether what is seen at two times is one neuron.
///
/// Between two times a location moves as its random walk does and the electrode with it. How far the electrode went shows on
/// the other components; what went further is another neuron, whose spikes lie anywhere among all.
struct MovementTest: Sendable {
  let histories: ComponentHistories
  let scales: [Matrix]
  /// The variance of a frame's step of every component's location, in every direction.
  let stepVariances: [Double]
  /// Twice the covariance of all points: of the difference of two that have nothing to do with each other.
  let strangers: Matrix
  /// The frames before which the electrode jumped.
  private(set) var jumps: [Int]
  /// How fast every component moves at its fast times, in the variance of its random walk; 0 where it mostly moves no
  /// faster than that.
  private var ownSpeeds: [Double]

  /// Points that a mean of another component must rest on to witness a movement.
  static let fewestOfWitness = 10.0

  /// Frames before and after those compared in which witnesses are heard as well, and about a jump.
  static let slack = 2
  /// Frames about a jump in which components have points if they were followed across it: a minute.
  static let reachOfJump = 12
  /// How much further than usual, squared, most components move at once in a jump. Of ten dimensions and two components
  /// chance makes a ratio of 2.
  static let jumpOverUsual = 5.0

  /// - Parameter walk: of a component that stands at some locations.
  init(_ mixture: Mixture, histories: ComponentHistories, walk: (Matrix) -> RandomWalk?) {
    self.histories = histories
    scales = mixture.scales
    let d = mixture.dimensions
    stepVariances = mixture.locations.map { locations in
      walk(locations).map { exp($0.logDeterminant / Double(d)) } ?? 0
    }
    let means = mixture.means
    let centre = (0..<d).map { j in zip(mixture.weights, means.column(j)).reduce(0) { $0 + $1.0 * $1.1 } }
    let nu = mixture.degreesOfFreedom
    let spread = nu > 2 && nu.isFinite ? nu / (nu - 2) : 1
    var total = Matrix(rows: d, columns: d)
    for k in mixture.weights.indices {
      for i in 0..<d {
        for j in 0..<d {
          let between = (means[k, i] - centre[i]) * (means[k, j] - centre[j])
          total[i, j] += mixture.weights[k] * (spread * mixture.scales[k][i, j] + between)
        }
      }
    }
    strangers = total * 2
    (jumps, ownSpeeds) = ([], [])
    ownSpeeds = mixture.weights.indices.map { ownSpeed(of: $0, in: mixture.life(of: $0)) }
    jumps = foundJumps()
  }

  /// The log of how much likelier two means are of one neuron than of two, in nats.
  ///
  /// A jump of the electrode may bring a neuron's waveform anywhere.
  ///
  /// - Parameter isOnePath: whether both lie on the path of a component that may have moved all the time.
  func logOdds(
    _ a: ComponentHistories.Sample, _ b: ComponentHistories.Sample, isOnePath: Bool = false
  ) -> Double {
    let frames = max(abs(b.time - a.time), 1)
    let (i, j) = (a.component, b.component)
    let step = (stepVariances[i] + stepVariances[j]) / 2
    var covariance = scales[i] * (1 / a.weight) + scales[j] * (1 / b.weight)
    let common = speed(from: a.frames, to: b.frames, without: [i, j])
    covariance.addToDiagonal(step * frames * (isOnePath ? max(common, ownSpeeds[i]) : common))
    let difference = zip(a.mean, b.mean).map { $1 - $0 }
    guard let same = logDensity(difference, covariance),
      let other = logDensity(difference, covariance + strangers)
    else { return 0 }
    guard isJump(from: a.frames, to: b.frames) else { return same - other }
    return log((exp(min(same - other, 500)) + 1) / 2)
  }

  /// Whether the electrode jumped between two times, one soon after the other.
  func isJump(from first: Range<Int>, to second: Range<Int>) -> Bool {
    let (low, high) = (first.upperBound - Self.slack, second.lowerBound + Self.slack)
    return high - low <= 4 * Self.slack && jumps.contains { low <= $0 && $0 <= high }
  }

  /// How fast locations moved between two times, in the variance of the random walk.
  ///
  /// Where most other components moved no more than it, the walk counts as one witness beside them; where they moved
  /// further, the electrode did, and the largest of their movements may be anyone's.
  private func speed(from first: Range<Int>, to second: Range<Int>, without left: [Int]) -> Double {
    // A jump between the two shows on all, sooner on one and later on another.
    let early = max(min(first.lowerBound, second.lowerBound) - Self.slack, 0)
    let late = min(max(first.upperBound, second.upperBound) + Self.slack, histories.frameCount)
    let isForward = first.lowerBound <= second.lowerBound
    let seen = movements(
      from: isForward ? early..<first.upperBound : early..<second.upperBound,
      to: isForward ? second.lowerBound..<late : first.lowerBound..<late, without: left)
    guard let largest = seen.last else { return 1 }
    let middle = seen[seen.count / 2]
    return middle > 1 ? largest : (1 + Double(seen.count) * middle) / Double(seen.count + 1)
  }

  /// How fast a component itself moves at its fast times, where it moves most of the time: nearer to the electrode than the
  /// others it goes further than they tell.
  private func ownSpeed(of k: Int, in life: Range<Int>) -> Double {
    let fewest = Double(3 * histories.dimensions)
    let seen = life.dropFirst().compactMap { frame -> Double? in
      guard let a = histories.last(fewest, of: k, in: life.lowerBound..<frame),
        let b = histories.first(fewest, of: k, in: frame..<life.upperBound)
      else { return nil }
      return movement(a, b)
    }.sorted()
    guard !seen.isEmpty, seen[seen.count / 2] > 1 else { return 0 }
    return seen[(seen.count - 1) * 9 / 10]
  }

  /// The squared movement of a component beyond chance, over that of its random walk.
  private func movement(_ a: ComponentHistories.Sample, _ b: ComponentHistories.Sample) -> Double {
    let k = a.component
    let square = zip(a.mean, b.mean).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) }
    let noise = scales[k].diagonal.reduce(0, +) * (1 / a.weight + 1 / b.weight)
    let walk = stepVariances[k] * max(abs(b.time - a.time), 1) * Double(a.mean.count)
    return max(square - noise, 0) / max(walk, .leastNormalMagnitude)
  }

  /// The squared movements of components between two times over those of their random walk, ascending.
  private func movements(from first: Range<Int>, to second: Range<Int>, without left: [Int]) -> [Double] {
    var seen: [Double] = []
    for k in 0..<histories.componentCount where !left.contains(k) {
      guard let a = histories.sample(of: k, in: first, atLeast: Self.fewestOfWitness),
        let b = histories.sample(of: k, in: second, atLeast: Self.fewestOfWitness)
      else { continue }
      seen.append(movement(a, b))
    }
    return seen.sorted()
  }

  /// The frames before which the electrode jumped: most components moved at once, and far more than they usually do.
  private func foundJumps() -> [Int] {
    let reach = Self.slack
    guard histories.frameCount > 2 * reach else { return [] }
    let common = (0..<histories.frameCount).map { t -> Double in
      guard t >= reach, t + reach <= histories.frameCount else { return 0 }
      let seen = movements(from: t - reach..<t, to: t..<t + reach, without: [])
      return seen.count > 1 ? seen[(seen.count - 1) / 2] : 0
    }
    let usual = max(common.sorted()[common.count / 2], 1)
    return common.indices.filter { t in
      let near = max(t - reach, 0)...min(t + reach, common.count - 1)
      return common[t] > Self.jumpOverUsual * usual
        && near.allSatisfy { common[$0] < common[t] || (common[$0] == common[t] && $0 >= t) }
    }
  }

  /// log N(x; 0, covariance) without its constant.
  private func logDensity(_ x: [Double], _ covariance: Matrix) -> Double? {
    guard let factor = try? covariance.choleskyFactor() else { return nil }
    let z = factor.lowerTriangularInverse() * x
    return -0.5 * (Matrix.logDeterminant(choleskyFactor: factor) + z.reduce(0) { $0 + $1 * $1 })
  }
}
