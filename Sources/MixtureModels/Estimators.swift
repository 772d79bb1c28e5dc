// `Matrix` is what points are given in, so that this module is all a user needs.
@_exported public import LinearAlgebra

/// A mixture to be fitted to points: the family of its components and how the fits go.
///
/// ```swift
/// let fit = try StudentT(components: 3).fit(points)
/// let labels = try fit.predict(points)
/// ```
public protocol MixtureEstimator: Sendable {
  /// The number of components a fit starts with.
  var components: Int { get set }
  /// The shape of the scale matrices.
  var covariance: CovarianceShape { get set }
  /// Fits from other starts, of which the one of lowest BIC is kept.
  var restarts: Int { get set }
  /// The seed of the first start; restarts count on from it.
  var seed: Int { get set }
  /// ν of the components, infinite for Gaussians.
  var degreesOfFreedom: Double { get }
}

/// A mixture of multivariate Gaussians.
public struct Gaussian: MixtureEstimator, Equatable {
  /// The number of components a fit starts with.
  public var components: Int
  /// The shape of the scale matrices.
  public var covariance: CovarianceShape
  /// Fits from other starts, of which the one of lowest BIC is kept.
  public var restarts: Int
  /// The seed of the first start; restarts count on from it.
  public var seed: Int
  /// ∞.
  public var degreesOfFreedom: Double { .infinity }

  /// A mixture of so many Gaussians; `select` tries numbers of its own.
  public init(components: Int = 1, covariance: CovarianceShape = .full, restarts: Int = 3, seed: Int = 0) {
    self.components = components
    self.covariance = covariance
    self.restarts = restarts
    self.seed = seed
  }
}

/// A mixture of multivariate t-distributions, whose heavy tails keep far points from moving a component.
public struct StudentT: MixtureEstimator, Equatable {
  /// The number of components a fit starts with.
  public var components: Int
  /// The shape of the scale matrices.
  public var covariance: CovarianceShape
  /// Fits from other starts, of which the one of lowest BIC is kept.
  public var restarts: Int
  /// The seed of the first start; restarts count on from it.
  public var seed: Int
  /// ν, above 0: 7 fits the spikes of a neuron, 1 is a Cauchy distribution.
  public var degreesOfFreedom: Double

  /// A mixture of so many t-distributions; `select` tries numbers of its own.
  public init(
    components: Int = 1, degreesOfFreedom: Double = 7, covariance: CovarianceShape = .full, restarts: Int = 3,
    seed: Int = 0
  ) {
    self.components = components
    self.degreesOfFreedom = degreesOfFreedom
    self.covariance = covariance
    self.restarts = restarts
    self.seed = seed
  }
}

extension MixtureEstimator {
  /// Fits the mixture.
  ///
  /// - Parameters:
  ///   - points: one a row.
  ///   - threads: how many threads to use; the result is the same bits for any number.
  /// - Returns: of the restarts' fits the one of lowest BIC.
  /// - Throws: `MixtureError.tooFewPoints`, `notFinite`, `badOption`.
  public func fit(_ points: Matrix, threads: Int = Parallel.defaultThreads) throws -> MixtureFit {
    guard components > 0 else { throw MixtureError.badOption("a mixture needs at least one component") }
    return try select(components...components, points, threads: threads).best
  }

  /// Fits every number of components from every start.
  ///
  /// ```swift
  /// let selection = try StudentT(restarts: 10).select(2...8, points)
  /// ```
  /// - Parameters:
  ///   - range: the numbers of components to try; `components` is not looked at.
  ///   - points: one a row.
  ///   - threads: how many threads to use; the result is the same bits for any number.
  /// - Throws: `MixtureError.tooFewPoints`, `notFinite`, `badOption`.
  public func select(
    _ range: ClosedRange<Int>, _ points: Matrix, threads: Int = Parallel.defaultThreads
  ) throws -> MixtureSelection {
    guard restarts > 0 else { throw MixtureError.badOption("the restarts must be above 0") }
    guard !seed.addingReportingOverflow(restarts).overflow else {
      throw MixtureError.badOption("found seed \(seed), from which \(restarts) restarts cannot count on")
    }
    var options = MixtureOptions()
    options.degreesOfFreedom = degreesOfFreedom
    options.covariance = covariance
    return try selectMixture(
      MixtureData(points), components: range, seeds: (0..<restarts).map { seed + $0 }, options: options,
      threads: threads)
  }
}

extension MixtureFit {
  /// The component of every point, of the largest probability.
  ///
  /// - Parameter points: one a row, those of the fit or others.
  /// - Throws: `MixtureError.tooFewPoints` for none, `notFinite`, `badStart` for points of other dimensions.
  public func predict(_ points: Matrix) throws -> [Int] {
    try mixture.posterior(MixtureData(points), distances: .none).labels
  }

  /// The probability that a point (row) is of a component (column).
  ///
  /// - Parameter points: one a row, those of the fit or others.
  /// - Throws: `MixtureError.tooFewPoints` for none, `notFinite`, `badStart` for points of other dimensions.
  public func probabilities(_ points: Matrix) throws -> Matrix {
    try mixture.posterior(MixtureData(points), distances: .none).responsibilities
  }

  /// The mean log-density of points, in nats a point; the higher, the better they fit.
  ///
  /// - Parameter points: one a row, those of the fit or others.
  /// - Throws: `MixtureError.tooFewPoints` for none, `notFinite`, `badStart` for points of other dimensions.
  public func score(_ points: Matrix) throws -> Double {
    let densities = try mixture.posterior(MixtureData(points), distances: .toOwn).logDensities
    return densities.reduce(0, +) / Double(densities.count)
  }
}
