public import LinearAlgebra

extension MixtureSelection {
  /// Whether the best fit kept as many components as were tried at most, so that more might be better still.
  public var bestIsAtUpperEdge: Bool { best.mixture.componentCount >= (components.last ?? .max) }

  /// Whether the fewest components tried are the best number.
  public var bestIsAtLowerEdge: Bool { bestComponents == components.first }

  /// This selection and one of further numbers of components, all larger or all smaller.
  func joined(with other: MixtureSelection) -> MixtureSelection {
    let (low, high) = (components.first ?? 0) < (other.components.first ?? 0) ? (self, other) : (other, self)
    return MixtureSelection(
      components: low.components + high.components, seeds: seeds, fits: low.fits + high.fits,
      stability: low.stability + high.stability, raced: raced || other.raced,
      splitsAndMerges: splitsAndMerges + other.splitsAndMerges, covariance: covariance)
  }
}

/// Fits every number of components from every seed, and more or fewer of them while the best number is the last or the
/// first that was tried.
///
/// - Parameters:
///   - components: the numbers of components to start with.
///   - limits: the fewest and most components the range may grow to; it grows by a quarter of its end at a time.
/// - Throws: as `selectMixture`.
public func selectMixture(
  _ data: MixtureData, components: ClosedRange<Int>, growingTo limits: ClosedRange<Int>, seeds: [Int],
  options: MixtureOptions = MixtureOptions(), threads: Int = Parallel.defaultThreads,
  progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
) throws -> MixtureSelection {
  var selection = try selectMixture(
    data, components: components, seeds: seeds, options: options, threads: threads, progress: progress)
  let most = min(limits.upperBound, data.count)
  while selection.bestIsAtUpperEdge, let last = selection.components.last, last < most {
    let further = last + 1...min(most, last + max(2, last / 4))
    selection = selection.joined(
      with: try selectMixture(
        data, components: further, seeds: seeds, options: options, threads: threads, progress: progress))
  }
  while selection.bestIsAtLowerEdge, let first = selection.components.first, first > max(1, limits.lowerBound)
  {
    selection = selection.joined(
      with: try selectMixture(
        data, components: first - 1...first - 1, seeds: seeds, options: options, threads: threads,
        progress: progress))
  }
  return selection
}
