internal import Foundation
public import LinearAlgebra

/// Fits of every number of components from every seed, and what they say of how many components there are.
public struct MixtureSelection: Sendable {
  /// The numbers of components that fits started with, ascending. Every choice of a number below is one of these; the fits
  /// say how many were left.
  public let components: [Int]
  /// The seeds of the restarts.
  public let seeds: [Int]
  /// Every fit: a row for every number of components, in it a fit for every seed.
  public let fits: [[MixtureFit]]
  /// How firm the fits of every number of components are.
  public let stability: [FitStability]
  /// Whether the restarts raced, so that those that trailed have not converged and only the best fit of every number
  /// of components has.
  public let raced: Bool
  /// The likelihood of blocks of time kept out of the fits, for the best fit of every number of components; nil where
  /// it was not asked for.
  public internal(set) var heldOut: [HeldOutScore]?
  /// The splits and merges tried beside the restarts.
  public let splitsAndMerges: SplitMergeTally

  /// The BIC of every fit, laid out as `fits`.
  public var bic: [[Double]] { fits.map { $0.map(\.bic) } }

  /// The fit of lowest BIC for every number of components; of several the first seed's.
  public var bestFits: [MixtureFit] {
    fits.map { row in row.dropFirst().reduce(row[0]) { $1.bic < $0.bic ? $1 : $0 } }
  }

  /// The lowest BIC over seeds for every number of components.
  public var bestBIC: [Double] { bestFits.map(\.bic) }

  /// The fit of lowest BIC of all; of several the one of fewest components.
  public var best: MixtureFit { bestFits.dropFirst().reduce(bestFits[0]) { $1.bic < $0.bic ? $1 : $0 } }

  /// The number of components whose best fit has the lowest BIC; of several the smallest.
  public var bestComponents: Int { components[Self.lowest(bestBIC)] }

  /// The number of components each seed alone would choose; of several the smallest.
  public var componentsBySeed: [Int] {
    seeds.indices.map { s in components[Self.lowest(fits.map { $0[s].bic })] }
  }

  /// The number of components that more seeds choose than any other, each by its own fits, and at least two do; nil where
  /// the seeds disagree. Says little where the restarts raced.
  public var robustComponents: Int? { Self.mostChosen(componentsBySeed) }

  /// The number that more of some votes name than any other, and at least two do.
  public static func mostChosen(_ votes: [Int]) -> Int? {
    let counts = votes.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
    guard let most = counts.values.max(), most > 1 else { return nil }
    let names = counts.filter { $0.value == most }.keys
    return names.count == 1 ? names.first : nil
  }

  /// The runner-up among the numbers of components and how much higher its best BIC is; nil for one number.
  public var runnerUp: (components: Int, bicGap: Double)? {
    let values = bestBIC
    let best = Self.lowest(values)
    let others = components.indices.filter { $0 != best }
    guard var second = others.first else { return nil }
    for i in others where values[i] < values[second] { second = i }
    return (components[second], values[second] - values[best])
  }

  /// ΔL/ΔP for every step to the next number of components: the log-likelihood that the best fits gain for every
  /// parameter they started with in addition. Above ½·ln N the BIC falls.
  public var likelihoodGainPerParameter: [Double] {
    let best = bestFits
    return components.indices.dropFirst().map { i in
      func parameters(_ k: Int) -> Double {
        let shape = covariance
        return Double(
          Mixture.parameterCount(components: k, dimensions: best[i].mixture.dimensions, covariance: shape))
      }
      let gain = best[i].logLikelihood - best[i - 1].logLikelihood
      return gain / (parameters(components[i]) - parameters(components[i - 1]))
    }
  }

  /// Whether the best number of components is the first or last that was tried, so that more might be needed.
  public var bestIsAtEdge: Bool {
    components.count > 1 && (bestComponents == components.first || bestComponents == components.last)
  }

  let covariance: CovarianceShape

  private static func lowest(_ values: [Double]) -> Int {
    values.indices.dropFirst().reduce(0) { values[$1] < values[$0] ? $1 : $0 }
  }
}

/// How firm the fits of one number of components are.
public struct FitStability: Sendable, Equatable {
  /// The number of components started with.
  public let components: Int
  /// The mean adjusted Rand index between the labels of the better half of the seeds' fits, every pair of them;
  /// nil for a single fit.
  public let agreement: Double?
  /// The share of seeds whose BIC lies more than 2 above the best one of this number of components: stuck in a
  /// worse optimum. (A BIC difference of 2 is the least that counts as evidence in Kass and Raftery 1995.) Nil where the
  /// restarts raced, as those that trailed might have gone on.
  public let stuckShare: Double?
}

/// Fits every number of components from every seed.
///
/// All fits run side by side in the same matrix products, each until it converges; with `racesRestarts` those that
/// trail stop before.
/// - Parameters:
///   - data: the points.
///   - components: the numbers of components to try.
///   - seeds: a restart for each, as NumPy's `default_rng(seed)`.
///   - options: of every fit.
///   - threads: how many threads to use; the result is the same for any number.
///   - progress: told how many fits are done and how many there are; what it throws ends the selection.
/// - Throws: `tooFewPoints`, `badOption`, what `progress` throws.
public func selectMixture(
  _ data: MixtureData, components: ClosedRange<Int>, seeds: [Int], options: MixtureOptions = MixtureOptions(),
  threads: Int = Parallel.defaultThreads, progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
) throws -> MixtureSelection {
  guard components.lowerBound > 0, !seeds.isEmpty else {
    throw MixtureError.badOption("a selection needs a seed and at least one component")
  }
  guard components.upperBound <= data.count else {
    throw MixtureError.tooFewPoints(points: data.count, components: components.upperBound)
  }
  let sizes = Array(components)
  let races = options.racesRestarts && data.frameCount == 1 && Race.pays(points: data.count)
  let (fits, tally) =
    races
    ? try Race(data: data, options: options, threads: threads).run(
      sizes: sizes, seeds: seeds, progress: progress)
    : try fitAll(data, sizes: sizes, seeds: seeds, options: options, threads: threads, progress: progress)
  let stability = try zip(sizes, fits).map { k, row in
    try FitStability(components: k, fits: row, raced: races, data: data, threads: threads)
  }
  return MixtureSelection(
    components: sizes, seeds: seeds, fits: fits, stability: stability, raced: races, splitsAndMerges: tally,
    covariance: options.covariance)
}

/// A fit of every number of components from every seed, each until it converges; then rounds of splits and merges.
private func fitAll(
  _ data: MixtureData, sizes: [Int], seeds: [Int], options: MixtureOptions, threads: Int,
  progress: (_ done: Int, _ of: Int) throws -> Void
) throws -> ([[MixtureFit]], SplitMergeTally) {
  let jobs = sizes.flatMap { k in seeds.map { (k, $0) } }
  let starts = try Parallel.map(count: jobs.count, threads: threads) { (i: Int) throws -> Mixture in
    try startingMixture(data, components: jobs[i].0, seed: jobs[i].1, options: options)
  }
  var all = try fit(
    data, starts: zip(starts, jobs).map { ($0, $1.1) }, options: options, threads: threads,
    progress: progress)
  let search = SplitMergeSearch(data: data, options: options, threads: threads)
  let tally =
    data.frameCount == 1
    ? try search.run(&all, sizes: sizes, seeds: seeds.count, rounds: options.splitMergeRounds)
    : SplitMergeTally()
  return (sizes.indices.map { Array(all[$0 * seeds.count..<($0 + 1) * seeds.count]) }, tally)
}

extension FitStability {
  init(components: Int, fits: [MixtureFit], raced: Bool, data: MixtureData, threads: Int) throws {
    let order = fits.indices.sorted { (fits[$0].bic, $0) < (fits[$1].bic, $1) }
    let best = fits[order[0]].bic
    let better = order.prefix((fits.count + 1) / 2).map { fits[$0].mixture }
    self.components = components
    stuckShare = raced ? nil : Double(fits.count { $0.bic > best + 2 }) / Double(fits.count)
    guard better.count > 1 else {
      agreement = nil
      return
    }
    let labels = try Mixture.labels(of: better, data, threads: threads)
    let pairs = labels.indices.flatMap { i in (i + 1..<labels.count).map { (i, $0) } }
    let indices = Parallel.map(count: pairs.count, threads: threads) { (p: Int) -> Double in
      LabelAgreement.adjustedRandIndex(labels[pairs[p].0], labels[pairs[p].1])
    }
    agreement = indices.reduce(0, +) / Double(indices.count)
  }
}
