internal import LinearAlgebra

/// How many splits and merges a search tried, and how many it kept.
public struct SplitMergeTally: Sendable, Equatable, Codable {
  /// Splits and merges that were given a few iterations to show what they are worth.
  public internal(set) var tried = 0
  /// Those that were better than the best fit of their number of components and took its place.
  public internal(set) var kept = 0
  /// Rounds that were run; a round that keeps nothing is the last.
  public internal(set) var rounds = 0

  /// Nothing tried.
  public init() {}

  /// The tally of two searches.
  static func + (a: SplitMergeTally, b: SplitMergeTally) -> SplitMergeTally {
    var sum = a
    sum.tried += b.tried
    sum.kept += b.kept
    sum.rounds += b.rounds
    return sum
  }
}

/// A search beside plain restarts: every number of components tries what its neighbours in the sweep found.
///
/// (After Ueda et al. 2000, "SMEM algorithm for mixture models", and MoKsm's alternation of splits and merges, with the
/// best fits of the neighbouring numbers as the states before a split or a merge.)
struct SplitMergeSearch {
  let data: MixtureData
  let options: MixtureOptions
  let threads: Int

  /// M-steps that a split or a merge is given to show what it is worth.
  static let trialIterations = 4
  /// Merges tried for every number of components, and pairs merged while another component is parted.
  static let mergesTried = 3

  /// Rounds over all numbers of components, until one keeps nothing or as many as given were run.
  ///
  /// - Parameters:
  ///   - fits: a fit for every seed of every number of components; what is better than the best of a number takes its
  ///     place.
  ///   - seeds: fits for every number of components.
  /// - Throws: `badStart`, `badOption`.
  func run(
    _ fits: inout [MixtureFit], sizes: [Int], seeds: Int, rounds: Int
  ) throws -> SplitMergeTally {
    var tally = SplitMergeTally()
    for _ in 0..<rounds {
      let (tried, kept) = try round(&fits, sizes: sizes, seeds: seeds)
      tally.tried += tried
      tally.kept += kept
      tally.rounds += 1
      if kept == 0 { break }
    }
    return tally
  }

  /// One round: the best fit of one component less with each of its components parted, that of one more with the pairs
  /// merged that cost least, and the own best with the cheapest pair merged and each other component parted.
  private func round(
    _ fits: inout [MixtureFit], sizes: [Int], seeds: Int
  ) throws -> (tried: Int, kept: Int) {
    let leaders = sizes.indices.map { row in lowestBIC(1, of: row * seeds..<(row + 1) * seeds, fits)[0] }
    let starts = sizes.indices.flatMap { row in
      candidates(
        fewer: row > 0 ? fits[leaders[row - 1]].mixture : nil, own: fits[leaders[row]].mixture,
        more: row + 1 < sizes.count ? fits[leaders[row + 1]].mixture : nil
      ).map { (place: leaders[row], mixture: $0) }
    }
    var trial = options
    trial.maximumIterations = Self.trialIterations
    trial.minimumIterations = min(options.minimumIterations, Self.trialIterations)
    let tried = try fit(
      data, starts: starts.map { ($0.mixture, fits[$0.place].seed) }, options: trial, threads: threads
    ) { _, _ in }
    var winners: [Int: MixtureFit] = [:]
    for (start, fit) in zip(starts, tried)
    where fit.bic < winners[start.place, default: fits[start.place]].bic - Self.leastGain(fits[start.place]) {
      winners[start.place] = fit
    }
    let places = winners.keys.sorted()
    let settled = try fit(
      data, starts: places.compactMap { place in winners[place].map { ($0.mixture, $0.seed) } },
      options: options, threads: threads
    ) { _, _ in }
    for (place, fit) in zip(places, settled) { fits[place] = fit }
    return (starts.count, places.count)
  }

  /// A lower BIC by less than this is the same optimum, converged a little further.
  private static func leastGain(_ fit: MixtureFit) -> Double { 1e-4 * fit.pointCount }

  private func candidates(fewer: Mixture?, own: Mixture, more: Mixture?) -> [Mixture] {
    var result: [Mixture] = []
    if let fewer { result += fewer.weights.indices.map { fewer.splitting($0) } }
    if let more { result += more.cheapestMerges(Self.mergesTried).map { more.merging($0.0, $0.1) } }
    if own.componentCount > 2, let (a, b) = own.cheapestMerges(1).first {
      let merged = own.merging(a, b)
      // The joint component stands where the first one stood; parting it again would lead back.
      result += merged.weights.indices.filter { $0 != a }.map { merged.splitting($0) }
    }
    return result
  }
}

/// The places of the fits of lowest BIC, in order of place.
func lowestBIC(_ count: Int, of places: Range<Int>, _ fits: [MixtureFit]) -> [Int] {
  places.sorted { (fits[$0].bic, $0) < (fits[$1].bic, $1) }.prefix(count).sorted()
}
