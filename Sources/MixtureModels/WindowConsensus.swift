internal import Foundation
public import LinearAlgebra

/// Finds a drifting mixture from several windows: what one of them misses another may show.
///
/// A unit too weak, silent or merged with another in one window is clear in another. So windows in several places are
/// each fitted and followed to both ends of the recording; the mixture best by BIC in stretches as long as a window
/// is the start, and components of the others that it lacks are added where one such stretch pays for them. Components
/// that went over from one neuron to another are cut (`LifeSearch`), and those that no window shows are born in the
/// stretches whose spikes the mixture explains badly (`BirthSearch`).
///
/// - Parameters:
///   - data: points in frames of `options.secondsPerFrame`, in units of the noise.
///   - threads: how many threads to use; the result is the same for any number.
///   - progress: told how many steps are done and how many there are; what it throws ends the work.
/// - Returns: the mixture, the window whose mixture it started from and the fits there.
/// - Throws: `tooFewPoints`, `badOption`, what `progress` throws.
public func trackFromWindows(
  _ data: MixtureData, options: TrackingOptions = TrackingOptions(),
  threads: Int = Parallel.defaultThreads, progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
) throws -> TrackedMixture {
  let search = WindowConsensus(data: data, options: options, threads: threads)
  return try search.run(progress: progress)
}

/// The search behind `trackFromWindows`.
struct WindowConsensus {
  let data: MixtureData
  let options: TrackingOptions
  let threads: Int

  /// Windows tried, spread evenly from the first to the end of the recording.
  static let windowCount = 3
  /// Components that share more than this of their spikes (intersection over union) are one.
  static let sameComponent = 0.5
  /// Components of other windows tried, at most; this bounds the search.
  static let mostTrials = 8
  /// EM iterations in which an added component shows what it is worth.
  static let trialIterations = 4

  func run(progress: (_ done: Int, _ of: Int) throws -> Void) throws -> TrackedMixture {
    let windows = self.windows
    let steps = 3 * windows.count
    var selections: [MixtureSelection] = []
    for window in windows {
      selections.append(try fitWindow(data, window: window, options: options, threads: threads))
      try progress(selections.count, steps)
    }
    let starts = selections.map { $0.best(by: options.criterion).mixture }
    // A track is a chain of small steps, so tracks run side by side.
    let tracked = try Parallel.map(count: windows.count, threads: threads) { (i: Int) throws -> Mixture in
      try trackMixture(
        starts[i], from: windows[i], data: data, options: options, threads: windows.count > 1 ? 1 : threads)
    }
    try progress(2 * windows.count, steps)
    let em = options.driftOptions(dimensions: data.dimensions, tracking: false)
    let fits = try fit(data, starts: tracked.map { ($0, nil) }, options: em, threads: threads) { _, _ in }
    let scores = try fits.map { try stretchScore(of: $0.mixture) }
    let best = fits.indices.reduce(0) { scores[$1] > scores[$0] ? $1 : $0 }
    let others = fits.indices.filter { $0 != best }.map { fits[$0].mixture }
    let lives = LifeSearch(data: data, options: options, threads: threads)
    let added = try lives.run(adding(componentsOf: others, to: lives.run(fits[best]).fit))
    let (whole, jumps) = try bearing(into: added.fit) ?? added
    try progress(steps, steps)
    return TrackedMixture(
      fit: whole, window: windows[best], windowSelection: selections[best], jumps: jumps)
  }

  /// The window asked for; else one at the start, and as many more as do not overlap it by half.
  var windows: [Range<Int>] {
    var first = options
    first.windowStartSeconds = options.windowStartSeconds ?? 0
    return windows(like: trackingWindow(data, options: first))
  }

  private func windows(like first: Range<Int>) -> [Range<Int>] {
    let room = data.frameCount - first.upperBound
    let count = min(Self.windowCount, 1 + 2 * room / max(first.count, 1))
    guard count > 1, options.windowStartSeconds == nil else { return [first] }
    return (0..<count).map { i in
      let low = i * room / (count - 1)
      return low..<low + first.count
    }
  }

  /// A fit with those components of other mixtures that it lacks and that pay for themselves.
  private func adding(componentsOf others: [Mixture], to start: MixtureFit) throws -> MixtureFit {
    var current = start
    var trials = 0
    for other in others {
      for k in try missing(from: current.mixture, in: other) where trials < Self.mostTrials {
        trials += 1
        if let better = try trial(other, k, in: current) { current = better }
      }
    }
    return current
  }

  /// The components of a mixture whose spikes no component of another holds.
  private func missing(from mixture: Mixture, in other: Mixture) throws -> [Int] {
    let labels = try Mixture.labels(of: [mixture, other], data, threads: threads)
    let (rows, columns) = (mixture.componentCount, other.componentCount)
    var both = Matrix(rows: rows, columns: columns)
    var (ones, twos) = ([Double](repeating: 0, count: rows), [Double](repeating: 0, count: columns))
    for (a, b) in zip(labels[0], labels[1]) {
      both[a, b] += 1
      ones[a] += 1
      twos[b] += 1
    }
    return (0..<columns).filter { b in
      twos[b] > 0
        && (0..<rows).allSatisfy { a in both[a, b] / (ones[a] + twos[b] - both[a, b]) < Self.sameComponent }
    }
  }

  /// The fit with one component more, where some stretch as long as a window pays for its parameters.
  func trial(_ other: Mixture, _ k: Int, in current: MixtureFit) throws -> MixtureFit? {
    var mixture = current.mixture
    mixture.weights = mixture.weights.map { $0 * (1 - other.weights[k]) } + [other.weights[k]]
    mixture.locations.append(other.locations[k])
    mixture.scales.append(other.scales[k])
    if !mixture.lives.isEmpty { mixture.lives.append(other.life(of: k)) }
    mixture.renormalise()
    var em = options.driftOptions(dimensions: data.dimensions, tracking: false)
    em.maximumIterations = Self.trialIterations
    let fit = try fitMixture(data, from: mixture, options: em, threads: threads)
    guard fit.mixture.componentCount > current.mixture.componentCount else { return nil }
    let before = try stretchLikelihoods(of: current.mixture)
    let after = try stretchLikelihoods(of: fit.mixture)
    let pays = zip(before, after).contains { $1.likelihood - $0.likelihood > price(points: $0.points) }
    return pays && fit.bic < current.bic ? fit : nil
  }

  /// What one component costs in BIC's terms among so many points, in nats.
  static func price(dimensions d: Int, points: Double) -> Double {
    0.5 * Double(1 + d + d * (d + 1) / 2) * log(max(points, 1))
  }

  func price(points: Double) -> Double { Self.price(dimensions: data.dimensions, points: points) }

  /// The frames of stretches as long as a window.
  var stretches: [Range<Int>] {
    let length = max(1, Int((options.windowSeconds / options.secondsPerFrame).rounded(.up)))
    return stride(from: 0, to: data.frameCount, by: length).map { $0..<min($0 + length, data.frameCount) }
  }

  /// The log-likelihood less every component's price, both stretch by stretch.
  ///
  /// Over a whole recording BIC pays for splitting off the tails of any component; within a stretch it does not.
  private func stretchScore(of mixture: Mixture) throws -> Double {
    try stretchLikelihoods(of: mixture).reduce(0) {
      $0 + $1.likelihood - Double(mixture.componentCount) * price(points: $1.points)
    }
  }

  /// The log-likelihood of stretches as long as a window, and their points.
  func stretchLikelihoods(of mixture: Mixture) throws -> [(likelihood: Double, points: Double)] {
    try stretches.map { frames in
      let part = data.restricted(toFrames: frames)
      guard part.count > 0 else { return (0, 0) }
      return (try mixture.during(frames).logLikelihood(part, threads: threads), part.totalWeight)
    }
  }
}

extension Mixture {
  /// The mixture during some frames alone.
  func during(_ frames: Range<Int>) -> Mixture {
    var result = self
    result.locations = locations.map { $0.selecting(rows: frames) }
    result.lives = lives.map { life in
      let inside = life.clamped(to: frames)
      return inside.lowerBound - frames.lowerBound..<inside.upperBound - frames.lowerBound
    }
    return result
  }
}
