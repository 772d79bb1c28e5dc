public import LinearAlgebra

/// How a drifting mixture is found: on a short window first, then along the recording, then over all of it.
///
/// The units are those of features in which the recording's noise has variance 1. The defaults are what a sorting of a
/// recording does.
public struct TrackingOptions: Sendable, Equatable {
  /// ν of every component. 7 keeps the tails of real clusters inside their component.
  public var degreesOfFreedom: Double = 7
  /// The length of a time frame, over which locations stand still.
  public var secondsPerFrame: Double = 5
  /// The variance of a location's random walk per second, the same in every direction. Anything from 0.02 to 0.5
  /// follows tetrodes that move.
  public var driftPerSecond: Double = 0.02
  /// How much further waveforms far from the features' origin drift, a squared noise deviation of their distance: a
  /// waveform that moves changes in proportion to itself. Tracks depend on where the origin is, which in a sorting is the
  /// mean spike, and EM need not raise its likelihood; with 0 neither is so.
  public var relativeDrift: Double = 1e-3
  /// The length of the window the components are first found in: so short that nothing has drifted in it, and
  /// long enough for the rarest unit to fire.
  ///
  /// 60 s instead of 30 found a weak unit in two of five fast drifting recordings that otherwise lay in the background
  /// (accuracy 0.82 and 0.79, then 0.96 and 0.97), and cost bursting ones 0.01 on average (0.972, then 0.962; worst 0.982
  /// to 0.934). Chosen on those 25 recordings.
  public var windowSeconds: Double = 60
  /// Where the only window starts; nil for windows all over the recording (`trackFromWindows`) or one in its middle
  /// (`windowTrackPolish`).
  public var windowStartSeconds: Double?
  /// The numbers of components tried on the window.
  public var components: ClosedRange<Int> = Self.defaultComponents
  /// The most components the range grows to while its first or last number is the best one, none where that is below the
  /// range; nil for 30 with the default range and none with any other.
  public var mostComponents: Int?
  /// What chooses the number of components in a window. Between windows, and where one lacks what another found, BIC in
  /// stretches as long as a window decides.
  public var criterion: SelectionCriterion = .bic
  /// Whether the fits on the window are also scored by blocks of time kept out; `.heldOut` does it anyway.
  public var scoresHeldOut: Bool = false
  /// Rounds of splits and merges on the window, beside the restarts.
  public var splitMergeRounds: Int = 0
  /// The restarts for every number of components.
  public var restarts: Int = 3
  /// The seed of the first restart; the others follow it.
  public var seed: Int = 0
  /// How far back the frames reach that are fitted again with every new one.
  public var memorySeconds: Double = 90
  /// EM iterations for every new frame.
  public var iterationsPerFrame: Int = 4
  /// EM iterations over all frames at the end, at most.
  public var polishIterations: Int = 10

  /// The numbers of components tried where nobody asks for others.
  public static let defaultComponents = 2...15
  /// The most components that range grows to.
  public static let mostDefaultComponents = 30

  /// The defaults.
  public init() {}

  /// `mostComponents`, or what nil stands for.
  public var growthLimit: Int {
    mostComponents ?? (components == Self.defaultComponents ? Self.mostDefaultComponents : 0)
  }

  /// The drift of one frame's step, dimensions × dimensions.
  public func driftPerFrame(dimensions: Int) -> Matrix {
    .identity(dimensions, scale: driftPerSecond * secondsPerFrame)
  }

  /// Refuses values that make no sense.
  ///
  /// - Throws: `badOption`.
  func check() throws(MixtureError) {
    guard degreesOfFreedom > 0 else { throw .badOption("the degrees of freedom must be above 0") }
    guard secondsPerFrame > 0, secondsPerFrame.isFinite else {
      throw .badOption("a frame must last some seconds, found \(secondsPerFrame)")
    }
    for (name, value) in [
      ("drift", driftPerSecond), ("relative drift", relativeDrift), ("window", windowSeconds),
      ("window's start", windowStartSeconds ?? 0), ("memory", memorySeconds),
    ] where !(value >= 0 && value < 1e12) {
      throw .badOption("the \(name) must be a number from 0 on, found \(value)")
    }
    guard components.lowerBound > 0 else {
      throw .badOption("a mixture needs at least one component, found \(components.lowerBound)")
    }
    guard seed >= 0, restarts <= Int.max - seed, restarts <= 1_000_000 else {
      throw .badOption(
        "a seed must not be negative, and restarts count on from it, found \(seed) and \(restarts)")
    }
  }

  /// The frame of every time, from frame 0 at time 0, and the number of frames; times that are none are in frame 0.
  public func frames(ofSeconds times: [Double]) -> (frames: [Int], count: Int) {
    let frames = times.map { time in
      let frame = (time / secondsPerFrame).rounded(.down)
      return frame > 0 && frame < 1e15 ? Int(frame) : 0
    }
    return (frames, (frames.max() ?? 0) + 1)
  }

  /// The options of the fits on the window.
  func windowOptions(dimensions d: Int) -> MixtureOptions {
    var options = MixtureOptions()
    options.degreesOfFreedom = degreesOfFreedom
    options.covarianceRidge = 1e-3
    options.starvationCount = Double(3 * d)
    options.splitMergeRounds = splitMergeRounds
    options.minimumIterations = 6
    options.maximumIterations = 60
    return options
  }

  /// The options of the fits over frames.
  ///
  /// While tracking, a component that falls silent keeps its place, its scale and a little weight, so that it can come back.
  func driftOptions(dimensions d: Int, tracking: Bool) -> MixtureOptions {
    var options = MixtureOptions()
    options.degreesOfFreedom = degreesOfFreedom
    options.covarianceRidge = 1e-2
    options.driftPerFrame = driftPerFrame(dimensions: d)
    options.relativeDrift = relativeDrift
    options.maximumIterations = tracking ? iterationsPerFrame : polishIterations
    if tracking {
      options.weightPrior = 2
      options.locationInertia = 0.01
      options.scaleInertia = Double(2 * d)
    } else {
      options.starvationCount = Double(3 * d)
    }
    return options
  }
}

/// A drifting mixture and the window it was found from.
public struct TrackedMixture: Sendable {
  /// The fit over all frames.
  public let fit: MixtureFit
  /// The frames of the window whose mixture was followed: of several the one that did best over the recording.
  public let window: Range<Int>
  /// The fits on that window, for every number of components and restart.
  public let windowSelection: MixtureSelection
  /// Jumps of the electrode; looked for from several windows alone.
  public var jumps: [ElectrodeJump] = []
}

/// Finds a drifting mixture of t-distributions: the number of components on one short window, where nothing
/// has drifted; then frame by frame to both ends of the recording; then EM over all frames.
///
/// - Parameters:
///   - data: points in frames of `options.secondsPerFrame`, in units of the noise.
///   - threads: how many threads to use; the result is the same for any number.
///   - progress: told how many steps are done and how many there are; what it throws ends the work.
/// - Throws: `tooFewPoints`, `badOption`, what `progress` throws.
public func windowTrackPolish(
  _ data: MixtureData, options: TrackingOptions = TrackingOptions(),
  threads: Int = Parallel.defaultThreads, progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
) throws -> TrackedMixture {
  let window = trackingWindow(data, options: options)
  let selection = try fitWindow(data, window: window, options: options, threads: threads)
  let tracked = try trackMixture(
    selection.best(by: options.criterion).mixture, from: window, data: data, options: options,
    threads: threads, progress: progress)
  let fit = try polishMixture(tracked, data: data, options: options, threads: threads)
  return TrackedMixture(fit: fit, window: window, windowSelection: selection)
}

/// The frames to find the components in: as long as asked for, longer where there are not 100 points a dimension.
public func trackingWindow(_ data: MixtureData, options: TrackingOptions) -> Range<Int> {
  let all = data.frameCount
  func frames(_ seconds: Double, _ rule: FloatingPointRoundingRule) -> Int {
    let frames = (seconds / options.secondsPerFrame).rounded(rule)
    return frames > 0 ? Int(min(frames, Double(all))) : 0
  }
  let length = min(all, max(1, frames(options.windowSeconds, .up)))
  let wanted = options.windowStartSeconds.map { frames($0, .down) } ?? (all - length) / 2
  var low = min(max(wanted, 0), all - length)
  var high = low + length
  func points() -> Int { data.frameStarts[high] - data.frameStarts[low] }
  while points() < 100 * data.dimensions, high - low < all {
    low = max(0, low - 1)
    high = min(all, high + 1)
  }
  return low..<high
}

/// Mixtures of t-distributions at rest on the points of some frames, over numbers of components and restarts.
///
/// - Throws: `tooFewPoints`, `badOption`.
public func fitWindow(
  _ data: MixtureData, window: Range<Int>, options: TrackingOptions = TrackingOptions(),
  threads: Int = Parallel.defaultThreads
) throws -> MixtureSelection {
  try options.check()
  let inside = data.restricted(toFrames: window).withoutFrames
  guard inside.count > 0 else { throw MixtureError.tooFewPoints(points: 0, components: 1) }
  // A component that cannot live on its share of the points need not be tried.
  let most = max(1, inside.count / (3 * data.dimensions))
  let low = min(options.components.lowerBound, most)
  let seeds = (0..<max(1, options.restarts)).map { options.seed + $0 }
  let high = min(options.components.upperBound, most)
  let limits = options.growthLimit > high ? 1...min(options.growthLimit, most) : low...high
  let em = options.windowOptions(dimensions: data.dimensions)
  let selection = try selectMixture(
    inside, components: low...high, growingTo: limits, seeds: seeds, options: em, threads: threads)
  guard options.scoresHeldOut || options.criterion == .heldOut else { return selection }
  return try selection.scoredByHeldOut(inside, options: em, threads: threads)
}

/// A mixture at rest, found in a window, followed to both ends of the recording.
///
/// Every new frame starts from its neighbour's locations; then a few EM iterations run over the frames back to
/// `memorySeconds` before it. Weights and scales go along and are averaged over both directions in the end.
/// - Returns: the mixture over all frames, to be polished.
/// - Throws: `badStart`, `badOption`, what `progress` throws.
public func trackMixture(
  _ start: Mixture, from window: Range<Int>, data: MixtureData, options: TrackingOptions = TrackingOptions(),
  threads: Int = Parallel.defaultThreads, progress: (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
) throws -> Mixture {
  try options.check()
  let frames = data.frameCount
  let memory = max(2, Int(options.memorySeconds / options.secondsPerFrame))
  let held = start.held(overFrames: frames)
  guard window.count < frames else { return held }
  let steps = frames - window.count
  let em = options.driftOptions(dimensions: data.dimensions, tracking: true)
  var forwards = held
  for frame in window.upperBound..<max(frames, window.upperBound) {
    forwards.copyLocations(fromFrame: frame - 1, to: frame)
    let range = max(0, frame + 1 - memory)..<frame + 1
    try forwards.advance(over: range, data: data, options: em, threads: threads)
    try progress(frame - window.upperBound + 1, steps)
  }
  var backwards = forwards
  (backwards.weights, backwards.scales) = (held.weights, held.scales)
  for frame in stride(from: window.lowerBound - 1, through: 0, by: -1) {
    backwards.copyLocations(fromFrame: frame + 1, to: frame)
    let range = frame..<min(frames, frame + memory)
    try backwards.advance(over: range, data: data, options: em, threads: threads)
    try progress(steps - frame, steps)
  }
  if window.lowerBound == 0 { return forwards }
  if window.upperBound == frames { return backwards }
  for k in start.weights.indices {
    backwards.weights[k] = (forwards.weights[k] + backwards.weights[k]) / 2
    backwards.scales[k] = (forwards.scales[k] + backwards.scales[k]) * 0.5
  }
  return backwards
}

/// EM over all frames from a tracked mixture.
///
/// - Parameter keepsAll: whether components that starve stay; else they are removed.
/// - Throws: `badStart`, `badOption`.
public func polishMixture(
  _ mixture: Mixture, data: MixtureData, options: TrackingOptions = TrackingOptions(), keepsAll: Bool = false,
  threads: Int = Parallel.defaultThreads
) throws -> MixtureFit {
  var em = options.driftOptions(dimensions: data.dimensions, tracking: false)
  if keepsAll { (em.starvationCount, em.scaleInertia) = (0, Double(2 * data.dimensions)) }
  return try fitMixture(data, from: mixture, options: em, threads: threads)
}

extension Mixture {
  fileprivate mutating func copyLocations(fromFrame source: Int, to target: Int) {
    for k in locations.indices {
      for j in 0..<dimensions { locations[k][target, j] = locations[k][source, j] }
    }
  }

  /// EM iterations on the points of some frames, which move the locations there, the weights and the scales.
  fileprivate mutating func advance(
    over frames: Range<Int>, data: MixtureData, options: MixtureOptions, threads: Int
  ) throws {
    let part = data.restricted(toFrames: frames)
    guard part.count > 0 else { return }
    var inside = self
    inside.degreesOfFreedom = options.degreesOfFreedom
    inside.locations = locations.map { $0.selecting(rows: frames) }
    try options.validate(dimensions: part.dimensions, frames: part.frameCount)
    try inside.validate(dimensions: part.dimensions, frames: part.frameCount)
    let engine = Engine(data: part, covariance: options.covariance, threads: threads)
    let step = Maximisation(options: options, data: part)
    var state = FactoredMixture(inside, options: options, data: part)
    for _ in 0..<options.maximumIterations {
      state = step(engine.moments(of: [state])[0], current: state)
    }
    weights = state.mixture.weights
    scales = state.mixture.scales
    for k in locations.indices {
      for (row, t) in frames.enumerated() {
        for j in 0..<dimensions { locations[k][t, j] = state.mixture.locations[k][row, j] }
      }
    }
  }
}
