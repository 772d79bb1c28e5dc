public import LinearAlgebra

/// The path of one component's location over the frames and how sure it is.
public struct SmoothedPath: Sendable {
  /// The location in every frame, frames × dimensions.
  public let locations: Matrix
  /// The posterior covariance of the location in every frame given all points, for a band about the path.
  public let covariances: [Matrix]
  /// What the path spends of degrees of freedom: between the dimensions, where it cannot move, and that times the
  /// frames with points, where every frame stands alone.
  public let effectiveDegreesOfFreedom: Double
}

extension Mixture {
  /// The location paths of all components with their posterior covariances.
  ///
  /// - Parameters:
  ///   - data: the points the mixture was fitted to.
  ///   - options: those of the fit; the drift decides how much neighbouring frames tell of each other.
  /// - Throws: `badStart` where mixture and data differ in dimensions or frames, `badOption`.
  public func smoothedPaths(
    _ data: MixtureData, options: MixtureOptions, threads: Int = Parallel.defaultThreads
  ) throws -> [SmoothedPath] {
    try options.validate(dimensions: data.dimensions, frames: data.frameCount)
    try validate(dimensions: data.dimensions, frames: data.frameCount)
    let engine = Engine(data: data, covariance: options.covariance, threads: threads)
    let factored = FactoredMixture(self, options: .unmended, data: data)
    let moments = engine.moments(of: [factored])[0]
    let step = Maximisation(options: options, data: data)
    return weights.indices.map { k in
      let (covariances, freedom) = step.pathUncertainty(factored, moments, k)
      return SmoothedPath(
        locations: locations[k], covariances: covariances, effectiveDegreesOfFreedom: freedom)
    }
  }
}
