internal import Foundation
public import LinearAlgebra

/// The shape every component's scale matrix is held to.
public enum CovarianceShape: String, Sendable, CaseIterable, Codable {
  /// A matrix of its own for every component.
  case full
  /// One matrix for all components.
  case tied
  /// A diagonal matrix for every component.
  case diagonal = "diag"
  /// A multiple of the identity for every component.
  case spherical
}

/// A mixture of Gaussian or Student-t components, at rest or drifting over time frames.
///
/// One type for three models. A point x in frame t has the density Σₖ weightₖ · t(x; locationₖ,ₜ, scaleₖ, ν); with
/// infinite degrees of freedom ν the components are Gaussian, with one frame they stand still.
public struct Mixture: Sendable, Equatable {
  /// The weight of every component; they add up to 1.
  public var weights: [Double]
  /// The location of every component: a matrix frames × dimensions, one row for a mixture at rest.
  public var locations: [Matrix]
  /// The scale matrix of every component, dimensions × dimensions: the covariance of a Gaussian, and (ν − 2)/ν
  /// times the covariance of a t-distribution, which has none for ν ≤ 2.
  public var scales: [Matrix]
  /// ν of every component, above 0; infinite for Gaussians.
  public var degreesOfFreedom: Double
  /// The frames in which every component has points, one range a component; empty where all always have.
  ///
  /// A neuron that falls silent for good would else give its component away to any that begins to fire.
  public var lives: [Range<Int>] = []

  /// A mixture from its parameters, one frame or many.
  ///
  /// - Parameters:
  ///   - weights: one a component.
  ///   - locations: one matrix frames × dimensions a component.
  ///   - scales: one matrix dimensions × dimensions a component.
  ///   - degreesOfFreedom: ν, infinite for Gaussians.
  public init(
    weights: [Double], locations: [Matrix], scales: [Matrix], degreesOfFreedom: Double = .infinity
  ) {
    self.weights = weights
    self.locations = locations
    self.scales = scales
    self.degreesOfFreedom = degreesOfFreedom
  }

  /// A mixture at rest from its parameters.
  ///
  /// - Parameter means: components × dimensions.
  public init(weights: [Double], means: Matrix, scales: [Matrix], degreesOfFreedom: Double = .infinity) {
    self.init(
      weights: weights, locations: (0..<means.rows).map { means.selecting(rows: [$0]) },
      scales: scales, degreesOfFreedom: degreesOfFreedom)
  }

  /// The number of components.
  public var componentCount: Int { weights.count }
  /// The number of dimensions.
  public var dimensions: Int { locations.first?.columns ?? 0 }
  /// The number of time frames, 1 for a mixture at rest.
  public var frameCount: Int { locations.first?.rows ?? 0 }

  /// The mean location of every component over the frames, components × dimensions.
  public var means: Matrix {
    Matrix(rows: locations.map { $0.columnMeans })
  }

  /// The covariance of a component, nil where it does not exist (ν ≤ 2).
  public func covariance(of component: Int) -> Matrix? {
    if degreesOfFreedom == .infinity { return scales[component] }
    guard degreesOfFreedom > 2 else { return nil }
    return scales[component] * (degreesOfFreedom / (degreesOfFreedom - 2))
  }

  /// How many components the mixture has in effect: exp(−Σ w log w), the perplexity of the weights.
  public var effectiveComponentCount: Double { Self.effectiveCount(of: weights) }

  /// exp(−Σ w log w) of some weights.
  package static func effectiveCount(of weights: [Double]) -> Double {
    exp(-weights.reduce(0) { $1 > 0 ? $0 + $1 * log($1) : $0 })
  }

  /// The mixture with its components in another order, or with some of them only; weights are as they were.
  public func selecting(components: [Int]) -> Mixture {
    var result = Mixture(
      weights: components.map { weights[$0] }, locations: components.map { locations[$0] },
      scales: components.map { scales[$0] }, degreesOfFreedom: degreesOfFreedom)
    if !lives.isEmpty { result.lives = components.map { lives[$0] } }
    return result
  }

  /// The frames in which a component has points.
  public func life(of component: Int) -> Range<Int> {
    lives.isEmpty ? 0..<frameCount : lives[component]
  }

  /// The mixture at rest with every location repeated over `count` frames, from the first frame of this one.
  public func held(overFrames count: Int) -> Mixture {
    var result = self
    result.locations = locations.map { $0.selecting(rows: [Int](repeating: 0, count: count)) }
    return result
  }

  /// Weights that add up to 1 again.
  mutating func renormalise() {
    let sum = weights.reduce(0, +)
    for k in weights.indices { weights[k] /= sum }
  }

  /// The free parameters of the weights and scales, and of locations at rest:
  /// (K − 1) + K·d + K·d(d + 1)/2 for full scales.
  public static func parameterCount(components: Int, dimensions d: Int, covariance: CovarianceShape) -> Int {
    let scale =
      switch covariance {
      case .full: components * d * (d + 1) / 2
      case .tied: d * (d + 1) / 2
      case .diagonal: components * d
      case .spherical: components
      }
    return components - 1 + components * d + scale
  }

  /// Checks sizes and values.
  ///
  /// - Throws: `badStart`.
  func validate(dimensions d: Int, frames: Int) throws(MixtureError) {
    let k = weights.count
    guard k > 0, locations.count == k, scales.count == k else {
      throw .badStart("\(k) weights, \(locations.count) locations and \(scales.count) scale matrices")
    }
    guard locations.allSatisfy({ $0.rows == frames && $0.columns == d }) else {
      throw .badStart("every location must be \(frames) × \(d)")
    }
    guard scales.allSatisfy({ $0.rows == d && $0.columns == d }) else {
      throw .badStart("every scale matrix must be \(d) × \(d)")
    }
    guard
      lives.isEmpty
        || (lives.count == k && lives.allSatisfy { $0.lowerBound >= 0 && $0.upperBound <= frames })
    else { throw .badStart("every component needs a life within the \(frames) frames") }
    guard weights.allSatisfy({ $0 >= 0 && $0.isFinite }), abs(weights.reduce(0, +) - 1) < 1e-6 else {
      throw .badStart("weights must not be negative and must add up to 1")
    }
    guard (locations + scales).allSatisfy({ $0.storage.allSatisfy(\.isFinite) }) else {
      throw .badStart("a location or a scale is NaN or infinite")
    }
    guard degreesOfFreedom > 0 else { throw .badStart("the degrees of freedom must be above 0") }
  }
}
