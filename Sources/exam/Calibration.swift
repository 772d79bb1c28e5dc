import Figures
import Foundation
import LinearAlgebra
import SpikeTrains

/// A unit of a result whose truth is known: what its chance rests on, and whether it is right.
struct ScoredUnit: Equatable {
  /// What kind of recording it is from, its name without the seed: units of one kind fail alike.
  var kind: String
  /// The inputs of `PrecisionModel`.
  var inputs: [Double]
  /// The share of its spikes that are one true unit's.
  var precision: Double

  /// Whether as many of its spikes are one neuron's as the chance is of.
  var isRight: Bool { precision >= PrecisionModel.precision }

  /// The units of a result that have a chance.
  static func all(of name: String, _ scored: ScoredResult) -> [ScoredUnit] {
    let comparison = scored.truth.compared(with: scored.found, samplingRate: scored.meta.samplingRate)
    let kind = name.split(separator: ".").dropLast().joined(separator: ".")
    return comparison.testedUnits.enumerated().compactMap { column, id in
      guard let unit = scored.said.units.first(where: { $0.id == id }), unit.chance != nil else { return nil }
      let own = comparison.matches.map { $0[column] }.max() ?? 0
      return ScoredUnit(
        kind: kind.isEmpty ? name : kind, inputs: PrecisionModel.inputs(of: unit.evidence),
        precision: Double(own) / Double(max(1, comparison.testedCounts[column])))
    }
  }
}

extension SortingFacts.Unit {
  /// What its chance rested on.
  var evidence: UnitEvidence {
    let test = refractoryViolations.map {
      RefractoryTest(spikes: spikeCount ?? 0, violations: $0, expected: expectedViolations ?? 0)
    }
    return UnitEvidence(
      spikes: spikeCount ?? 0, refractory: test, signalToNoise: signalToNoise,
      falsePositiveRate: falsePositives, lRatio: lRatio)
  }
}

/// The weights of the verdicts' chances fitted to units whose truth is known, and how well they hold on kinds of
/// recordings that were kept out.
struct Calibration {
  var units: [ScoredUnit]

  /// Weights are held near 0 with this precision, a weak one beside hundreds of units.
  private static let ridge = 0.5

  /// The logistic model of all units.
  func fitted() throws -> PrecisionModel { try Self.fitted(units) }

  /// For every unit the chance by a model fitted to the units of all other kinds of recordings.
  func keptOut() throws -> [Double] {
    var models: [String: PrecisionModel] = [:]
    for kind in Set(units.map(\.kind)) { models[kind] = try Self.fitted(units.filter { $0.kind != kind }) }
    return units.map { models[$0.kind]?.chance(ofInputs: $0.inputs) ?? 0 }
  }

  /// The maximum of the penalised likelihood by Newton's method, at most two log odds a step.
  private static func fitted(_ units: [ScoredUnit]) throws -> PrecisionModel {
    let count = PrecisionModel.Input.allCases.count + 1
    var weights = [Double](repeating: 0, count: count)
    for _ in 0..<100 {
      var (gradient, curvature) = (weights.map { -ridge * $0 }, Matrix.identity(count))
      for i in 0..<count { curvature[i, i] = i == 0 ? 1e-3 : ridge }
      gradient[0] = 0
      for unit in units {
        let row = [1] + unit.inputs
        let chance = 1 / (1 + exp(-zip(row, weights).reduce(0) { $0 + $1.0 * $1.1 }))
        for i in 0..<count {
          gradient[i] += row[i] * ((unit.isRight ? 1 : 0) - chance)
          for j in 0..<count { curvature[i, j] += row[i] * row[j] * chance * (1 - chance) }
        }
      }
      let inverse = try curvature.positiveDefiniteInverse()
      let step = (0..<count).map { innerProduct(inverse.row($0), gradient[...]) }
      let largest = step.map(abs).max() ?? 0
      for i in 0..<count { weights[i] += step[i] * min(1, 2 / max(largest, .leastNormalMagnitude)) }
      if largest < 1e-9 { break }
    }
    return PrecisionModel(intercept: weights[0], weights: Array(weights.dropFirst()))
  }

  // MARK: What is said of it

  /// Units by tenths of their chances.
  func bins(_ chances: [Double]) -> [ReliabilityBin] {
    (0..<10).compactMap { tenth in
      let members = chances.indices.filter { min(Int(chances[$0] * 10), 9) == tenth }
      guard !members.isEmpty else { return nil }
      let (count, right) = (Double(members.count), Double(members.count { units[$0].isRight }))
      return ReliabilityBin(
        stated: members.reduce(0) { $0 + chances[$1] } / count, right: right / count,
        interval: Self.interval(right: right, of: count), count: members.count)
    }
  }

  /// Wilson's 95 % interval of a share.
  private static func interval(right: Double, of count: Double) -> ClosedRange<Double> {
    let (z, share) = (1.96, right / count)
    let middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    let half =
      z / (1 + z * z / count) * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot()
    return max(0, middle - half)...min(1, middle + half)
  }

  /// The mean distance of stated chances from the shares that are right, weighted by the units of each tenth.
  func error(_ bins: [ReliabilityBin]) -> Double {
    bins.reduce(0) { $0 + abs($1.stated - $1.right) * Double($1.count) } / Double(max(units.count, 1))
  }

  /// The page with its table of chances made anew, and the figure beside it: by models that never saw the unit's kind.
  func described(on page: String) throws -> (page: String, figure: Figure) {
    let found = bins(try keptOut())
    func percent(_ share: Double) -> String { String(format: "%.0f %%", 100 * share) }
    let rows = found.map {
      "| \(percent($0.stated)) | \(percent($0.right)) | \(percent($0.interval.lowerBound)) to "
        + "\(percent($0.interval.upperBound)) | \($0.count) |"
    }
    let kinds = Set(units.map(\.kind)).count
    let lines =
      [
        "\(units.count) units of \(kinds) kinds of recordings, each kind judged by weights fitted to the others. "
          + String(format: "Expected calibration error %.3f.", error(found)), "",
        "| stated chance, mean | right | 95 % interval | units |", "| --- | --- | --- | --- |",
      ] + rows
    let text = try AccuracyTables.replacing("chances", in: page, by: lines)
    return (text, Figure.reliability(found, error: error(found)))
  }
}

extension PrecisionModel {
  /// The weights as they stand in the source.
  var words: String {
    func number(_ value: Double) -> String { String(format: "%.2f", value) }
    return "intercept \(number(intercept)), weights "
      + zip(Input.allCases, weights).map { "\($0) \(number($1))" }.joined(separator: ", ")
  }
}
