import LinearAlgebra
internal import MixtureModels

extension Sorting.MixtureSummary {
  init(_ fit: MixtureFit, model: ComponentFamily) {
    let mixture = fit.mixture
    let nu = mixture.degreesOfFreedom
    self.init(
      model: model, dimensions: mixture.dimensions, components: mixture.componentCount,
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
