internal import Foundation

/// The chance that at least 95 % of a unit's spikes are one neuron's, from what was measured of it.
///
/// A logistic model of three numbers, each 0 where nothing is known. Its weights were fitted by `make calibrate` to
/// simulated recordings of many kinds whose every spike is known; `docs/verdicts.md` says on which, and how
/// often units of each stated chance are right on recordings of kinds that were not fitted.
public struct PrecisionModel: Sendable, Equatable {
  /// The precision that the chance is of.
  public static let precision = 0.95

  /// The numbers that the chance rests on.
  public enum Input: Int, CaseIterable, Sendable {
    /// By how much the refractory test speaks for at most 5 % strangers: the logarithm of 1 and the nats, with their sign.
    /// What breaks the test's assumptions, as a spike found twice, is no thousandfold certainty.
    case trains
    /// The share of foreign spikes expected from overlap with other units, in powers of ten above one in a hundred.
    case overlap
    /// The signal to noise over 8, as a logarithm.
    case size
  }

  /// What a unit has before anything is measured, in log odds.
  public var intercept: Double
  /// The weight of every input, in order.
  public var weights: [Double]

  /// The model that was fitted.
  public init() {
    intercept = 0.60
    weights = [1.09, -1.72, 1.64]
  }

  /// A model of one's own.
  ///
  /// - Precondition: a weight for every input.
  public init(intercept: Double, weights: [Double]) {
    precondition(weights.count == Input.allCases.count, "every input has a weight")
    self.intercept = intercept
    self.weights = weights
  }

  /// The chance; nil where no train is known.
  public func chance(of unit: UnitEvidence) -> Double? {
    unit.refractory == nil ? nil : chance(ofInputs: Self.inputs(of: unit))
  }

  /// The chance of a unit with these inputs.
  public func chance(ofInputs inputs: [Double]) -> Double {
    1 / (1 + exp(-zip(weights, inputs).reduce(intercept) { $0 + $1.0 * $1.1 }))
  }

  /// The inputs of a unit, in order.
  public static func inputs(of unit: UnitEvidence) -> [Double] {
    Input.allCases.map { input in
      switch input {
      case .trains:
        unit.refractory.map { test in
          let nats = test.evidence(ofAtMost: 1 - precision)
          return nats < 0 ? -log1p(-nats) : log1p(nats)
        } ?? 0
      case .overlap: (unit.falsePositiveRate ?? unit.lRatio).map { log10(max($0, 0) + 0.001) + 2 } ?? 0
      case .size: unit.signalToNoise.map { log(max($0, 0.1) / 8) } ?? 0
      }
    }
  }
}

extension RefractoryTest {
  /// By how much likelier the violations are if at most some share of the spikes are strangers than if more are, in nats.
  ///
  /// Smaller shares are equally likely beforehand; greater ones are on a scale of logarithms, so that twice as many
  /// strangers are as likely as half as many. 0 where nothing is expected of strangers.
  public func evidence(ofAtMost share: Double, steps: Int = 200) -> Double {
    guard expected > 0, share > 0, share < 1 else { return 0 }
    func logLikelihood(_ contamination: Double) -> Double {
      let mean = max(expected * (1 - (1 - contamination) * (1 - contamination)), 1e-9)
      return Double(violations) * log(mean) - mean
    }
    func logMean(_ values: [Double]) -> Double {
      let largest = values.max() ?? 0
      return largest + log(values.reduce(0) { $0 + exp($1 - largest) } / Double(values.count))
    }
    let middles = (0..<steps).map { (Double($0) + 0.5) / Double(steps) }
    return logMean(middles.map { logLikelihood(share * $0) })
      - logMean(middles.map { logLikelihood(pow(share, 1 - $0)) })
  }
}
