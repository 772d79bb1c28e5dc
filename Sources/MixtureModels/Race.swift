internal import LinearAlgebra

/// A race of restarts: all of them run on a sample of the points, the best go on with all points, the best of these
/// until it converges.
///
/// What a fit is worth shows on a few thousand points and after a few iterations; the rest of the work goes into the
/// restarts that may win. Every fit is judged on all points in the end.
struct Race {
  let data: MixtureData
  let options: MixtureOptions
  let threads: Int

  /// The change of the mean log-likelihood at which a fit to the sample stops.
  static let sampleTolerance = 1e-4
  /// M-steps on the sample, at most.
  static let sampleIterations = 20
  /// How often every number of components tries what its neighbours found.
  static let exchanges = 2
  /// Restarts of each number of components that go on with all points.
  static let finalists = 2
  /// M-steps on all points after which one of them is left.
  static let heatIterations = 6

  /// Whether so many points are worth a race: the sample is at most a quarter of them.
  static func pays(points: Int) -> Bool { points >= 4 * sampleSize(points: points) }

  /// An eighth of the points, but 4096 at least and 32,768 at most.
  static func sampleSize(points: Int) -> Int { min(max(points / 8, 4096), 32_768) }

  /// Fits from every seed for every number of components: a row for each number, in it a fit for each seed.
  ///
  /// - Parameter progress: told how many steps are done and how many there are; what it throws ends the race.
  /// - Throws: `tooFewPoints`, `badOption`, what `progress` throws.
  func run(
    sizes: [Int], seeds: [Int], progress: (_ done: Int, _ of: Int) throws -> Void
  ) throws -> ([[MixtureFit]], SplitMergeTally) {
    let jobs = sizes.flatMap { k in seeds.map { (k, $0) } }
    let steps = 2 * jobs.count
    let sample = try data.thinned(to: Self.sampleSize(points: data.count))
    var onSample = try fitStarts(jobs, to: sample) { try progress($0, steps) }
    let quick = sampleOptions(share: sample.totalWeight / data.totalWeight)
    let tally = try SplitMergeSearch(data: sample, options: quick, threads: threads).run(
      &onSample, sizes: sizes, seeds: seeds.count, rounds: Self.exchanges)
    // What each is worth on all points.
    var fits = try go(on: onSample, iterations: 0) { _, _ in }
    try progress(jobs.count, steps)
    var heats = sizes.indices.flatMap { row in
      best(Self.finalists, of: row * seeds.count..<(row + 1) * seeds.count, fits)
    }
    try advance(heats, in: &fits, iterations: Self.heatIterations) { done, of in
      try progress(jobs.count + done * jobs.count / (2 * of), steps)
    }
    heats = sizes.indices.flatMap { row in best(1, of: row * seeds.count..<(row + 1) * seeds.count, fits) }
    try advance(heats, in: &fits, iterations: options.maximumIterations) { done, of in
      try progress(jobs.count + (of + done) * jobs.count / (2 * of), steps)
    }
    return (sizes.indices.map { Array(fits[$0 * seeds.count..<($0 + 1) * seeds.count]) }, tally)
  }

  private func fitStarts(
    _ jobs: [(components: Int, seed: Int)], to sample: MixtureData, progress: (Int) throws -> Void
  ) throws -> [MixtureFit] {
    let quick = sampleOptions(share: sample.totalWeight / data.totalWeight)
    let step = Maximisation(options: quick, data: sample)
    let starts = try Parallel.map(count: jobs.count, threads: threads) { (i: Int) throws -> Mixture in
      let start = try startingMixture(
        sample, components: jobs[i].components, seed: jobs[i].seed, options: quick)
      guard options.initialisation == .kMeansPlusPlus else { return start }
      return start.settledByKMeans(sample) { step.conform($0) }
    }
    return try fit(
      sample, starts: zip(starts, jobs).map { ($0, $1.seed) }, options: quick, threads: threads
    ) { done, _ in try progress(done) }
  }

  private func sampleOptions(share: Double) -> MixtureOptions {
    var quick = options
    quick.tolerance = .perPoint(Self.sampleTolerance)
    quick.maximumIterations = min(options.maximumIterations, Self.sampleIterations)
    quick.starvationCount = options.starvationCount * share
    return quick
  }

  /// The fits gone on with on all points.
  private func go(
    on fits: [MixtureFit], iterations: Int, progress: (_ done: Int, _ of: Int) throws -> Void
  ) throws -> [MixtureFit] {
    var limited = options
    limited.maximumIterations = iterations
    return try fit(
      data, starts: fits.map { ($0.mixture, $0.seed) }, options: limited, threads: threads, progress: progress
    )
  }

  private func advance(
    _ places: [Int], in fits: inout [MixtureFit], iterations: Int,
    progress: (_ done: Int, _ of: Int) throws -> Void
  ) throws {
    let advanced = try go(on: places.map { fits[$0] }, iterations: iterations, progress: progress)
    for (place, fit) in zip(places, advanced) { fits[place] = fit }
  }

  private func best(_ count: Int, of places: Range<Int>, _ fits: [MixtureFit]) -> [Int] {
    lowestBIC(count, of: places, fits)
  }
}
