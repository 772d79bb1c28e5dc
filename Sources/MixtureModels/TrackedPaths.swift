public import LinearAlgebra

extension TrackingOptions {
  /// The location paths of a tracked mixture's components with their posterior covariances given some points, which may be
  /// other ones than those it was fitted to.
  ///
  /// - Throws: `badStart` where mixture and data differ in dimensions or frames.
  public func smoothedPaths(
    of mixture: Mixture, _ data: MixtureData, threads: Int = Parallel.defaultThreads
  ) throws -> [SmoothedPath] {
    try mixture.smoothedPaths(
      data, options: driftOptions(dimensions: data.dimensions, tracking: false), threads: threads)
  }
}
