internal import Foundation

/// A jump of the electrode: most components moved at once, and far more than they usually do.
public struct ElectrodeJump: Sendable, Equatable {
  /// The time frame before which it was.
  public let frame: Int
  /// How many components have points on both sides.
  public let carried: Int
  /// The probability that the least sure of them is one neuron on both sides.
  ///
  /// Against it stand that one neuron ended and another began just there, and that two changed places.
  public let leastProbability: Double
}

extension MovementTest {
  /// The jumps found, and how surely components were followed across them.
  func describedJumps() -> [ElectrodeJump] {
    let fewest = Double(3 * histories.dimensions)
    return jumps.compactMap { frame in
      var sides: [(before: ComponentHistories.Sample, after: ComponentHistories.Sample)] = []
      for k in 0..<histories.componentCount {
        let (low, high) = (
          max(frame - Self.reachOfJump, 0), min(frame + Self.reachOfJump, histories.frameCount)
        )
        if let a = histories.last(fewest, of: k, in: low..<frame),
          let b = histories.first(fewest, of: k, in: frame..<high)
        {
          sides.append((a, b))
        }
      }
      guard !sides.isEmpty else { return nil }
      return ElectrodeJump(
        frame: frame, carried: sides.count, leastProbability: probabilities(sides).min() ?? 0)
    }
  }

  /// The probability of every component that it is one neuron on both sides of a jump.
  private func probabilities(
    _ sides: [(before: ComponentHistories.Sample, after: ComponentHistories.Sample)]
  ) -> [Double] {
    func square(_ i: Int, _ j: Int) -> Double {
      zip(sides[i].before.mean, sides[j].after.mean).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) }
    }
    let own = sides.indices.map { square($0, $0) }.sorted()
    let usual = max(own[own.count / 2], .leastNormalMagnitude)
    // Movements in a jump are of one size, known by as many examples as there are components.
    let examples = Double(max(sides.count - 1, 1))
    func score(_ i: Int, _ j: Int) -> Double {
      let d = Double(histories.dimensions)
      return -(examples + d) / 2 * log1p(d * square(i, j) / (examples * usual))
    }
    let chances = 2 * log(Double(histories.frameCount))
    return sides.indices.map { k in
      var others = exp(-logOdds(sides[k].before, sides[k].after) - chances)
      for i in sides.indices where i != k {
        others += exp(min(score(k, i) + score(i, k) - score(k, k) - score(i, i), 500))
      }
      return 1 / (1 + others)
    }
  }
}
