import Figures
import Foundation
import NumPyInterop
import SpikeTrains
import Testing

@testable import exam

struct CalibrationTests {
  private let truth = PrecisionModel(intercept: 1, weights: [1.5, -2, 1])

  /// Units of four kinds whose chances are those of a known model.
  private func units(_ count: Int, seed: UInt64) -> [ScoredUnit] {
    var generator = NumPyGenerator(seed: seed)
    return (0..<count).map { n in
      let inputs = truth.weights.map { _ in 4 * generator.random() - 2 }
      let isRight = generator.random() < truth.chance(ofInputs: inputs)
      return ScoredUnit(kind: "kind \(n % 4)", inputs: inputs, precision: isRight ? 0.99 : 0.7)
    }
  }

  @Test func weightsAreFound() throws {
    let found = try Calibration(units: units(4000, seed: 1)).fitted()
    #expect(abs(found.intercept - truth.intercept) < 0.2)
    for (one, other) in zip(found.weights, truth.weights) { #expect(abs(one - other) < 0.25) }
    #expect(found.words.hasPrefix("intercept "))
  }

  @Test func chancesOfKindsKeptOutAreWhatTheySay() throws {
    let calibration = Calibration(units: units(4000, seed: 2))
    let bins = calibration.bins(try calibration.keptOut())
    #expect(calibration.error(bins) < 0.03)
    #expect(bins.reduce(0) { $0 + $1.count } == 4000)
    #expect(bins.allSatisfy { $0.interval.contains($0.right) })
    // Chances that say nothing of the units are found out.
    let wrong = calibration.bins(units(4000, seed: 3).map { truth.chance(ofInputs: $0.inputs.map { -$0 }) })
    #expect(calibration.error(wrong) > 0.15)
  }

  @Test func thePageIsMadeAnew() throws {
    let page = "# Verdicts\n<!-- exam: chances -->\nold\n<!-- exam: end of chances -->\nrest\n"
    let (text, figure) = try Calibration(units: units(200, seed: 4)).described(on: page)
    #expect(text.contains("200 units of 4 kinds of recordings") && !text.contains("old"))
    #expect(text.hasPrefix("# Verdicts\n") && text.hasSuffix("rest\n"))
    #expect(figure.svg().contains("Stated chance"))
    #expect(throws: ExamError.self) {
      try Calibration(units: units(200, seed: 4)).described(on: "no markers")
    }
  }

  @Test func unitsAreReadFromAResult() throws {
    let said = try JSONDecoder().decode(
      SortingFacts.self,
      from: Data(
        """
        {"units": [{"id": 0, "verdict": "single", "chance": 0.9, "spikeCount": 100, "refractoryViolations": 1,
          "expectedViolations": 9.5, "falsePositives": 0.009, "signalToNoise": 8},
          {"id": 1, "verdict": "noise"}]}
        """.utf8))
    #expect(said.units[0].evidence.refractory?.violations == 1)
    let inputs = PrecisionModel.inputs(of: said.units[0].evidence)
    #expect(inputs[0] != 0 && abs(inputs[1]) < 1e-9 && inputs[2] == 0)
  }
}
