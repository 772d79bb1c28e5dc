internal import Foundation
public import LinearAlgebra

/// A mixture fitted by EM, and how the fit went.
public struct MixtureFit: Sendable {
  /// The fitted mixture.
  public let mixture: Mixture
  /// The seed the fit started from, nil for given starting parameters.
  public let seed: Int?
  /// The number of components the fit started with.
  public let startedComponents: Int
  /// The log-likelihood before every M-step, from the starting parameters on.
  public let logLikelihoodTrace: [Double]
  /// The log-density of the location paths under their random walk, beside the trace; zeros without drift.
  public let logPriorTrace: [Double]
  /// The 0-based iteration at which the stop test held, nil where the iterations ran out first.
  public let convergedIteration: Int?
  /// The size of the last change of the penalised log-likelihood that was seen, nil before the second iteration.
  public let lastChange: Double?
  /// Σ weight · log density of the points under the fitted mixture.
  public let logLikelihood: Double
  /// The log-density of the fitted paths under their random walk; 0 without drift.
  public let logPrior: Double
  /// The entropy of the responsibilities, −Σ τ log τ: how unsure the assignment is.
  public let entropy: Double
  /// The free parameters; for drifting components with the effective degrees of freedom of their paths.
  public let parameterCount: Double
  /// The number of points, or the sum of their weights.
  public let pointCount: Double

  /// The Bayesian information criterion −2L + P·log N (Schwarz 1978); the smaller the better.
  public var bic: Double { -2 * logLikelihood + parameterCount * log(pointCount) }
  /// Akaike's information criterion −2L + 2P.
  public var aic: Double { -2 * logLikelihood + 2 * parameterCount }
  /// The integrated completed likelihood, BIC + 2 × entropy (Biernacki, Celeux and Govaert 2000).
  public var icl: Double { bic + 2 * entropy }
}

/// Fits a mixture with so many components from a seed.
///
/// - Parameters:
///   - data: the points.
///   - components: the number of components to start with.
///   - seed: of the random start, as NumPy's `default_rng(seed)`.
///   - threads: how many threads to use; the result is the same for any number.
/// - Throws: `tooFewPoints`, `badOption`.
public func fitMixture(
  _ data: MixtureData, components: Int, seed: Int, options: MixtureOptions = MixtureOptions(),
  threads: Int = Parallel.defaultThreads
) throws -> MixtureFit {
  let start = try startingMixture(data, components: components, seed: seed, options: options)
  return try fit(data, starts: [(start, seed)], options: options, threads: threads) { _, _ in }[0]
}

/// Fits a mixture from given parameters.
///
/// - Throws: `badStart`, `badOption`.
public func fitMixture(
  _ data: MixtureData, from start: Mixture, options: MixtureOptions = MixtureOptions(),
  threads: Int = Parallel.defaultThreads
) throws -> MixtureFit {
  try fit(data, starts: [(start, nil)], options: options, threads: threads) { _, _ in }[0]
}

/// Fits several mixtures to the same points, all in the same matrix products; each leaves as it converges.
///
/// - Parameters:
///   - starts: starting parameters and the seeds they came from, in the order of the result.
///   - progress: told how many fits are done and how many there are; what it throws stops the fits.
/// - Throws: `badStart`, `badOption`, what `progress` throws.
func fit(
  _ data: MixtureData, starts: [(mixture: Mixture, seed: Int?)], options: MixtureOptions, threads: Int,
  progress: (_ done: Int, _ of: Int) throws -> Void
) throws -> [MixtureFit] {
  try options.validate(dimensions: data.dimensions, frames: data.frameCount)
  let engine = Engine(data: data, covariance: options.covariance, threads: threads)
  let step = Maximisation(options: options, data: data)
  var runs: [Run] = []
  for (mixture, seed) in starts {
    try mixture.validate(dimensions: data.dimensions, frames: data.frameCount)
    runs.append(Run(mixture, seed: seed, options: options, data: data))
  }
  var active = Array(runs.indices)
  for iteration in 0..<options.maximumIterations where !active.isEmpty {
    let moments = engine.moments(of: active.map { runs[$0].state })
    let current = active.map { runs[$0] }
    let advanced = Parallel.map(count: active.count, threads: threads) { (i: Int) -> Run in
      var run = current[i]
      run.advance(moments[i], iteration: iteration, step: step)
      return run
    }
    for (i, run) in zip(active, advanced) { runs[i] = run }
    active.removeAll { runs[$0].convergedIteration != nil }
    try progress(runs.count - active.count, runs.count)
  }
  // Effective degrees of freedom hang on the weights in every frame; all else on likelihoods alone.
  let moments = engine.moments(of: runs.map(\.state), entropy: true, sums: step.walk != nil)
  return zip(runs, moments).map { $0.finished($1, step: step) }
}

/// One fit under way.
private struct Run: Sendable {
  var state: FactoredMixture
  let seed: Int?
  let startedComponents: Int
  var trace: [Double] = []
  var priorTrace: [Double] = []
  var convergedIteration: Int?
  var lastChange: Double?

  init(_ mixture: Mixture, seed: Int?, options: MixtureOptions, data: MixtureData) {
    self.seed = seed
    startedComponents = mixture.componentCount
    var mixture = mixture
    mixture.degreesOfFreedom = options.degreesOfFreedom
    state = FactoredMixture(mixture, options: options, data: data)
  }

  /// Records the likelihood, stops where it has settled, and takes an M-step where it has not.
  mutating func advance(_ moments: Moments, iteration: Int, step: Maximisation) {
    let prior = step.logPrior(state.mixture)
    if let last = trace.last, let lastPrior = priorTrace.last {
      lastChange = abs(moments.logLikelihood + prior - last - lastPrior)
    }
    trace.append(moments.logLikelihood)
    priorTrace.append(prior)
    let options = step.options
    let bound =
      switch options.tolerance {
      case .total(let bound): bound
      case .perPoint(let bound): bound * step.data.totalWeight
      }
    if let lastChange, lastChange < bound, iteration >= options.minimumIterations {
      convergedIteration = iteration
      return
    }
    state = step(moments, current: state)
  }

  func finished(_ moments: Moments, step: Maximisation) -> MixtureFit {
    let mixture = state.mixture
    return MixtureFit(
      mixture: mixture, seed: seed, startedComponents: startedComponents, logLikelihoodTrace: trace,
      logPriorTrace: priorTrace, convergedIteration: convergedIteration, lastChange: lastChange,
      logLikelihood: moments.logLikelihood, logPrior: step.logPrior(mixture), entropy: moments.entropy,
      parameterCount: step.parameterCount(state, moments), pointCount: step.data.totalWeight)
  }
}

extension Maximisation {
  /// The free parameters; a drifting location counts its effective degrees of freedom.
  fileprivate func parameterCount(_ state: FactoredMixture, _ moments: Moments) -> Double {
    let k = state.mixture.componentCount
    let d = data.dimensions
    let atRest = Mixture.parameterCount(components: k, dimensions: d, covariance: options.covariance)
    guard walk != nil else { return Double(atRest) }
    let freedom = (0..<k).reduce(0.0) { $0 + pathUncertainty(state, moments, $1).effectiveDegreesOfFreedom }
    return Double(atRest - k * d) + freedom
  }

  /// The posterior covariances of a component's path and its effective degrees of freedom.
  func pathUncertainty(
    _ state: FactoredMixture, _ moments: Moments, _ k: Int
  ) -> (covariances: [Matrix], effectiveDegreesOfFreedom: Double) {
    let weights = Array(moments.frameWeights.row(k))
    let scale = state.mixture.scales[k]
    let total = weights.reduce(0, +)
    if let walk = walk(of: state.mixture.locations[k]), total > 0,
      let smoother = PathSmoother(weights: weights, precision: state.precisions[k], walk: walk)
    {
      return smoother.uncertainty()
    }
    let covariance = scale * (1 / max(total, .leastNormalMagnitude))
    return ([Matrix](repeating: covariance, count: data.frameCount), Double(data.dimensions))
  }
}
