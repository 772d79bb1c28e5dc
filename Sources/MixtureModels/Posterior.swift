internal import Foundation
public import LinearAlgebra

/// What a mixture says of every point.
public struct Posterior: Sendable {
  /// The probability that a point (row) is of a component (column).
  public let responsibilities: Matrix
  /// The log-density of every point under the mixture; none where no distances were asked for.
  public let logDensities: [Double]
  /// The squared Mahalanobis distance of every point (row) from the location of every component (column), or from
  /// that of its own component alone (one column), or no rows, as was asked for.
  public let squaredDistances: Matrix

  /// Which squared distances are kept.
  public enum Distances: Sendable {
    /// Neither distances nor densities: the responsibilities alone.
    case none
    /// From the component of the largest responsibility.
    case toOwn
    /// From every component.
    case toAll
  }

  /// The component of the largest responsibility for every point, the first of several: the maximum a
  /// posteriori labels.
  public var labels: [Int] {
    (0..<responsibilities.rows).map { n in
      let row = responsibilities.row(n)
      var best = row.startIndex
      for i in row.indices where row[i] > row[best] { best = i }
      return best - row.startIndex
    }
  }
}

extension Mixture {
  /// The responsibilities, densities and distances of the data's points.
  ///
  /// - Parameter distances: which squared distances are kept.
  /// - Returns: rows in the order of `data.points`; of data restricted to some frames, the points of those
  ///   frames in that order.
  /// - Throws: `badStart` where mixture and data differ in dimensions or frames.
  /// - Complexity: O(points × components × dimensions²), and points × components numbers of memory, twice with
  ///   all distances.
  public func posterior(
    _ data: MixtureData, distances: Posterior.Distances = .toAll, threads: Int = Parallel.defaultThreads
  ) throws -> Posterior {
    try validate(dimensions: data.dimensions, frames: data.frameCount)
    let engine = Engine(data: data, covariance: .full, threads: threads)
    let factored = FactoredMixture(self, options: .unmended, data: data)
    return engine.posterior(of: factored, distances: distances)
  }

  /// The maximum a posteriori component of every point, in the order `posterior` has.
  ///
  /// - Throws: `badStart` where mixture and data differ in dimensions or frames.
  /// - Complexity: O(points × components × dimensions²).
  public func labels(_ data: MixtureData, threads: Int = Parallel.defaultThreads) throws -> [Int] {
    try Mixture.labels(of: [self], data, threads: threads)[0]
  }

  /// The labels of every mixture, all in the same matrix products.
  static func labels(of mixtures: [Mixture], _ data: MixtureData, threads: Int) throws -> [[Int]] {
    for mixture in mixtures { try mixture.validate(dimensions: data.dimensions, frames: data.frameCount) }
    let engine = Engine(data: data, covariance: .full, threads: threads)
    let factored = mixtures.map { FactoredMixture($0, options: .unmended, data: data) }
    return engine.labels(of: factored)
  }

  /// Σ weight · log density of the data's points, for instance of points kept out of the fit.
  ///
  /// - Throws: `badStart` where mixture and data differ in dimensions or frames.
  /// - Complexity: O(points × components × dimensions²).
  public func logLikelihood(_ data: MixtureData, threads: Int = Parallel.defaultThreads) throws -> Double {
    try validate(dimensions: data.dimensions, frames: data.frameCount)
    let engine = Engine(data: data, covariance: .full, threads: threads)
    let factored = FactoredMixture(self, options: .unmended, data: data)
    return engine.moments(of: [factored], sums: false)[0].logLikelihood
  }
}

extension MixtureOptions {
  /// Options that mend singular scale matrices alone.
  static var unmended: MixtureOptions {
    var options = MixtureOptions()
    options.maximumConditionNumber = .infinity
    return options
  }
}

extension MixtureData {
  /// The place of every sorted row at hand among those at hand in the order of `points`.
  var ranks: [Int] {
    guard count < order.count else { return order }
    let sorted = indices.enumerated().sorted { $0.element < $1.element }
    var ranks = [Int](repeating: 0, count: count)
    for (rank, entry) in sorted.enumerated() { ranks[entry.offset] = rank }
    return ranks
  }
}
