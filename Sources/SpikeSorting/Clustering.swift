import LinearAlgebra
internal import MixtureModels

/// A mixture fitted to spikes: whose each spike is, and how the number of components was chosen.
struct ClusteringOutcome: Sendable {
  var labels: [Int]
  var responsibilities: Matrix
  var summary: Sorting.MixtureSummary
  var warnings: [String]
}

/// Fits the mixture the options ask for.
struct Clustering {
  let options: SortingOptions
  let threads: Int
  /// The window in which drifting components start is made long enough for this many spikes.
  var fewestInWindow = 0
  /// ν and the speed of drift chosen on this recording; nil for the defaults.
  var calibration: DriftCalibration?
  /// Told the share of the work that is done.
  let progress: (Double) -> Void

  /// Fits components that stay in place, over numbers of components and seeds.
  ///
  /// - Throws: `SortingError.badOption` where more components are asked for than there are spikes.
  func fitAtRest(_ features: Matrix) throws -> ClusteringOutcome {
    let components = try components(for: features.rows)
    let data = try MixtureData(features)
    let fitting = fittingOptions
    let seeds = (0..<options.restarts).map { options.seed + $0 }
    let most = mostComponents(for: features.rows)
    var selection = try selectMixture(
      data, components: components, growingTo: most > 0 ? 1...most : components, seeds: seeds,
      options: fitting,
      threads: threads
    ) { progress(Double($0) / Double($1)) }
    if options.criterion == .heldOut || (options.thorough && !options.labPreset) {
      selection = try selection.scoredByHeldOut(data, options: fitting, threads: threads)
    }
    let chosen = selection.best(by: criterion)
    var warnings: [String] = []
    let best = selection.bestComponents(by: criterion)
    if let first = selection.components.first, let last = selection.components.last, first < last,
      best == first || best == last
    {
      warnings.append(
        "the best number of components, \(best), is at the edge of the range tried (\(first)…\(last)): the data ask for a "
          + "wider range, or the model splits neurons")
    }
    let posterior = try chosen.mixture.posterior(data, distances: .none, threads: threads)
    var summary = Sorting.MixtureSummary(chosen, model: options.model)
    summary.selection = Sorting.Selection(
      selection, spikeCount: features.rows, covariance: fitting.covariance, asked: components,
      mostRounds: fitting.splitMergeRounds)
    return ClusteringOutcome(
      labels: posterior.labels, responsibilities: posterior.responsibilities, summary: summary,
      warnings: warnings)
  }

  /// Fits drifting components, started in a window and followed through the recording.
  ///
  /// - Parameters:
  ///   - features: one spike a row, in units of the noise.
  ///   - seconds: the time of every spike from the start of what is sorted.
  /// - Returns: the mixture, and the options it was tracked by.
  func fitDrifting(
    _ features: Matrix, seconds: [Double]
  ) throws -> (outcome: ClusteringOutcome, tracking: TrackingOptions) {
    let (data, tracked, summary, tracking) = try track(features, seconds: seconds)
    let posterior = try tracked.fit.mixture.posterior(data, distances: .none, threads: threads)
    let outcome = ClusteringOutcome(
      labels: posterior.labels, responsibilities: posterior.responsibilities, summary: summary, warnings: [])
    return (outcome, tracking)
  }

  /// How drifting components are found among so many spikes.
  func trackingOptions(spikes: Int) throws -> TrackingOptions {
    var tracking = TrackingOptions()
    tracking.components = try components(for: spikes)
    tracking.restarts = options.restarts
    tracking.seed = options.seed
    tracking.mostComponents = mostComponents(for: spikes)
    tracking.criterion = criterion
    tracking.scoresHeldOut = options.thorough
    tracking.splitMergeRounds = options.thorough ? Self.splitMergeRounds : 0
    if let calibration {
      tracking.degreesOfFreedom = calibration.chosenDegreesOfFreedom
      tracking.driftPerSecond = calibration.chosenDrift
    }
    return tracking
  }

  /// Drifting components with the points they were fitted to, and the options they were tracked by: in a thorough sorting
  /// with ν and the drift that blocks of time kept out prefer.
  func track(
    _ features: Matrix, seconds: [Double]
  ) throws -> (
    data: MixtureData, tracked: TrackedMixture, summary: Sorting.MixtureSummary, tracking: TrackingOptions
  ) {
    var tracking = try trackingOptions(spikes: features.rows)
    if fewestInWindow > 0, let last = seconds.prefix(fewestInWindow).last {
      tracking.windowSeconds = max(tracking.windowSeconds, last)
    }
    let (frames, frameCount) = tracking.frames(ofSeconds: seconds)
    let data = try MixtureData(features, frames: frames, frameCount: frameCount)
    let tracked = try trackFromWindows(data, options: tracking, threads: threads) {
      progress(Double($0) / Double(max($1, 1)))
    }
    if options.thorough, calibration == nil, frameCount > BlockedFolds().count {
      var again = self
      again.calibration = try calibrateDrift(
        data, mixture: tracked.fit.mixture, options: tracking, threads: threads)
      return try again.track(features, seconds: seconds)
    }
    var summary = Sorting.MixtureSummary(tracked.fit, model: options.model)
    let window = tracked.window
    let count = frames.count { window.contains($0) }
    var selection = Sorting.Selection(
      tracked.windowSelection, spikeCount: count, covariance: .full, asked: tracking.components,
      mostRounds: tracking.splitMergeRounds)
    selection.windowSeconds = [window.lowerBound, window.upperBound].map {
      Double($0) * tracking.secondsPerFrame
    }
    summary.selection = selection
    summary.calibration = calibration.map(Sorting.Calibration.init)
    return (data, tracked, summary, tracking)
  }

  /// Features brought to the scale of a cluster's own scatter, where the noise is not known.
  ///
  /// A few t-components on a sample of the spikes say how wide clusters are.
  func scaledToClusters(_ features: Matrix) throws -> Matrix {
    guard features.rows > 10 * features.columns else { return features }
    let count = min(features.rows, 5000)
    let sample = features.selecting(rows: (0..<count).map { $0 * features.rows / count })
    var fitting = MixtureOptions()
    fitting.degreesOfFreedom = 7
    fitting.starvationCount = Double(2 * features.columns)
    let fit = try fitMixture(
      MixtureData(sample), components: min(8, count / (4 * features.columns) + 1), seed: options.seed,
      options: fitting,
      threads: threads)
    let width = zip(fit.mixture.weights, fit.mixture.scales).reduce(0.0) { sum, part in
      sum + part.0 * part.1.diagonal.reduce(0, +) / Double(features.columns)
    }
    return width > 0 && width.isFinite ? features * (1 / width.squareRoot()) : features
  }

  /// BIC over the same numbers of components for other shapes of the covariances, three starts each.
  func otherShapes(_ features: Matrix) throws -> [Sorting.Selection.Curve] {
    let data = try MixtureData(features)
    return try [CovarianceShape.tied, .diagonal].map { shape in
      var fitting = fittingOptions
      fitting.covariance = shape
      let seeds = (0..<min(3, options.restarts)).map { options.seed + $0 }
      let selection = try selectMixture(
        data, components: try components(for: features.rows), seeds: seeds, options: fitting, threads: threads
      ) { progress(Double($0) / Double($1)) }
      return Sorting.Selection.Curve(name: "\(shape.rawValue) covariance", bestBIC: selection.bestBIC)
    }
  }

  /// The numbers of components to try: those asked for; of the default ones, as many as there are spikes.
  ///
  /// - Throws: `SortingError.badOption` where more are asked for than there are spikes.
  private func components(for spikes: Int) throws -> ClosedRange<Int> {
    let asked = options.components
    guard asked.upperBound > spikes else { return asked }
    guard asked == SortingOptions().components, options.growsComponents, spikes > 0 else {
      throw SortingError.badOption(
        "--components \(asked.lowerBound)...\(asked.upperBound) asks for more components than there are spikes "
          + "(\(spikes)); expected at most \(spikes)")
    }
    return min(asked.lowerBound, spikes)...spikes
  }

  private var fittingOptions: MixtureOptions {
    var fitting = options.labPreset ? MixtureOptions.lab : MixtureOptions()
    fitting.covariance = CovarianceShape(rawValue: options.covariance.rawValue) ?? .full
    fitting.initialisation = options.initialisation == .random ? .random : .kMeansPlusPlus
    if options.model != .gaussian { fitting.degreesOfFreedom = 7 }
    fitting.racesRestarts = !options.labPreset
    if options.thorough, !options.labPreset { fitting.splitMergeRounds = Self.splitMergeRounds }
    return fitting
  }

  /// Rounds of splits and merges of a thorough sorting.
  private static let splitMergeRounds = 4

  /// The most components the default range grows to while its last number is the best; 0 where the range was asked for or
  /// is the lab's.
  private func mostComponents(for spikes: Int) -> Int {
    let isDefault = options.components == SortingOptions().components && !options.labPreset
    return isDefault && options.growsComponents ? min(TrackingOptions.mostDefaultComponents, spikes) : 0
  }

  private var criterion: SelectionCriterion {
    SelectionCriterion(rawValue: options.criterion.rawValue) ?? .bic
  }
}

extension Sorting.MixtureSummary {
  init(_ fit: MixtureFit, model: SortingOptions.Model) {
    let mixture = fit.mixture
    let nu = mixture.degreesOfFreedom
    self.init(
      model: model.rawValue, dimensions: mixture.dimensions, components: mixture.componentCount,
      weights: mixture.weights, effectiveComponents: mixture.effectiveComponentCount,
      locations: mixture.locations.map { Array($0.row($0.rows / 2)) }, scales: mixture.scales.map(\.storage),
      degreesOfFreedom: nu.isFinite ? nu : nil, logLikelihood: fit.logLikelihood, selection: nil)
  }
}

extension Sorting.Selection {
  init(
    _ selection: MixtureSelection, spikeCount: Int, covariance: CovarianceShape, asked: ClosedRange<Int>,
    mostRounds: Int
  ) {
    let dimensions = selection.best.mixture.dimensions
    self.init(
      spikeCount: spikeCount, windowSeconds: nil, components: selection.components,
      bic: selection.bic.map { $0.map(finite) },
      logLikelihood: selection.fits.map { $0.map { finite($0.logLikelihood) } },
      componentsLeft: selection.fits.map { $0.map(\.mixture.componentCount) },
      iterations: selection.fits.map { $0.map(\.convergedIteration) }, bestBIC: selection.bestBIC,
      bestK: selection.bestComponents, robustK: selection.raced ? nil : selection.robustComponents,
      parameters: selection.components.map {
        Mixture.parameterCount(components: $0, dimensions: dimensions, covariance: covariance)
      },
      runnerUpDistance: selection.runnerUp?.bicGap, runnerUpK: selection.runnerUp?.components,
      agreement: selection.stability.map(\.agreement), stuckShare: selection.stability.map(\.stuckShare),
      otherCurves: [])
    bestICL = selection.bestICL
    heldOut = selection.heldOut?.map(\.mean)
    if heldOut != nil { heldOutK = selection.bestComponents(by: .heldOut) }
    let tally = selection.splitsAndMerges
    if tally.tried > 0 {
      splitsAndMerges = Tally(
        tried: tally.tried, kept: tally.kept, rounds: tally.rounds, mostRounds: max(mostRounds, tally.rounds))
    }
    if (selection.components.first ?? .max) < asked.lowerBound
      || (selection.components.last ?? 0) > asked.upperBound
    {
      grownFrom = [asked.lowerBound, asked.upperBound]
    }
  }
}

extension Sorting.Selection {
  /// The K that each restart alone would choose by BIC; none where the restarts raced, so that only the best went on.
  public var votes: [Int] {
    guard stuckShare.contains(where: { $0 != nil }) else { return [] }
    return (0..<(bic.map(\.count).max() ?? 0)).compactMap { seed in
      let costs = zip(components, bic).compactMap { k, row in
        row.indices.contains(seed) ? row[seed].map { (k: k, bic: $0) } : nil
      }
      return costs.min { $0.bic < $1.bic }?.k
    }
  }

  /// `robustK` as the votes have it: version 0.1 wrote one restart's choice where all disagree.
  public var agreedK: Int? { MixtureSelection.mostChosen(votes) }
}

extension Sorting.Calibration {
  init(_ calibration: DriftCalibration) {
    func trials(_ tried: [DriftCalibration.Trial]) -> [Trial] {
      tried.map { Trial(value: finite($0.value), score: $0.score.mean) }
    }
    self.init(
      degreesOfFreedom: trials(calibration.degreesOfFreedom), drifts: trials(calibration.drifts),
      chosenDegreesOfFreedom: finite(calibration.chosenDegreesOfFreedom),
      chosenDrift: calibration.chosenDrift)
  }
}

/// A number that JSON can hold; nil for NaN and infinity.
private func finite(_ value: Double) -> Double? { value.isFinite ? value : nil }
