import Foundation
import LinearAlgebra
import Testing

@testable import SpikeTrains

struct ComparisonTests {
  let expected: JSONValue
  let truth: SpikeMatching.Events
  let tested: SpikeMatching.Events

  init() throws {
    expected = try jsonFixture("comparison/expected.json")
    func events(_ name: String, _ labels: ClosedRange<Int>) throws -> SpikeMatching.Events {
      var times: [Int] = []
      var units: [Int] = []
      for label in labels {
        let train = try integers("comparison/\(name)_\(label).npy")
        times += train
        units += train.map { _ in label }
      }
      return SpikeMatching.Events(times: times, labels: units)
    }
    truth = try events("gt", 0...5)
    tested = try events("tested", 10...16)
  }

  private func comparison(_ deltaMilliseconds: Double) -> Comparison {
    Comparison(
      truthTimes: truth.times, truthLabels: truth.units.map { truth.labels[$0] }, testedTimes: tested.times,
      testedLabels: tested.units.map { tested.labels[$0] }, samplingRate: 30_000,
      deltaMilliseconds: deltaMilliseconds)
  }

  private func labels(_ partners: [Int?], of units: [Int]) -> [Int] {
    partners.map { $0.map { units[$0] } ?? -1 }
  }

  @Test(arguments: [
    ("ground_truth_comparison_delta0.4_hungarian", 0.4, Comparison.Pairing.hungarian),
    ("ground_truth_comparison_delta0.4_best", 0.4, .best),
    ("ground_truth_comparison_delta0.1_hungarian", 0.1, .hungarian),
  ])
  func agreesWithTheReference(name: String, delta: Double, pairing: Comparison.Pairing) throws {
    let reference = try expected[name]
    let found = comparison(delta)
    #expect(Double(found.deltaFrames) == (try reference["delta_frames"].double))
    #expect(found.matches == (try reference["match_event_count_[gt][tested]"].integerRows))
    let agreement = try reference["agreement_[gt][tested]"].items.flatMap { try $0.doubles }
    #expect(found.agreement.storage == agreement)
    #expect(found.truthCounts == (try reference["event_counts_gt"].integers))
    #expect(found.testedCounts == (try reference["event_counts_tested"].integers))
    #expect(
      labels(found.bestTested, of: found.testedUnits) == (try reference["best_match_gt_to_tested"].integers))
    #expect(
      labels(found.bestTruth, of: found.truthUnits) == (try reference["best_match_tested_to_gt"].integers))
    #expect(
      labels(found.hungarianPartners, of: found.testedUnits)
        == (try reference["hungarian_gt_to_tested"].integers))

    let scores = found.scores(pairing: pairing)
    let counts = scores.enumerated().map { row, score in
      let spikes =
        score.unit.flatMap { found.testedUnits.firstIndex(of: $0) }.map { found.testedCounts[$0] } ?? 0
      return [
        score.truePositives, score.falseNegatives, score.falsePositives, found.truthCounts[row], spikes,
        score.unit ?? -1,
      ]
    }
    #expect(counts == (try reference["count_score"].integerRows))
    let performance = scores.map {
      [$0.accuracy, $0.recall, $0.precision, $0.falseDiscoveryRate, $0.missRate]
    }
    #expect(performance == (try reference["performance_by_gt_unit"].items.map { try $0.doubles }))
    if pairing == .hungarian {
      let accuracy = try reference["performance_pooled_with_average"]["accuracy"].double
      #expect(abs(found.meanAccuracy - accuracy) < 1e-15)
    }
    #expect(found.wellDetected == (try reference["well_detected"].integers))
    #expect(found.falsePositive == (try reference["false_positive"].integers))
    #expect(found.redundant == (try reference["redundant"].integers))
    #expect(found.overmerged == (try reference["overmerged"].integers))
    #expect(found.unpaired == (try reference["bad"].integers))
  }

  @Test func symmetricCountsAgreeWithTheReference() throws {
    let reference = try expected["symmetric_comparison_delta0.4"]
    let matches = SpikeMatching.symmetricCounts(truth, tested, deltaFrames: 12)
    #expect(matches == (try reference["match_event_count"].integerRows))
    let found = Comparison(truth: truth, tested: tested, deltaFrames: 12, matches: matches)
    #expect(found.agreement.storage == (try reference["agreement"].items.flatMap { try $0.doubles }))
    #expect(
      labels(found.hungarianPartners, of: found.testedUnits) == (try reference["hungarian_12"].integers))
  }

  @Test func smallMatchingCases() throws {
    let cases = try expected["tiny_matching_cases"].items
    #expect(cases.count == 13)
    for item in cases {
      func events(_ name: String) throws -> SpikeMatching.Events {
        let times = try item[name].integers
        return SpikeMatching.Events(times: times, labels: times.map { _ in 7 })
      }
      let (truth, tested) = (try events("gt"), try events("tested"))
      let delta = Int(try item["delta_frames"].double)
      func single(_ counts: [[Int]]) -> Double { Double(counts[0][0]) }
      #expect(
        single(SpikeMatching.counts(truth: truth, tested: tested, deltaFrames: delta))
          == (try item["match_count"].double))
      #expect(
        single(SpikeMatching.counts(truth: tested, tested: truth, deltaFrames: delta))
          == (try item["match_count_swapped"].double))
      #expect(
        single(SpikeMatching.symmetricCounts(truth, tested, deltaFrames: delta))
          == (try item["match_count_ensure_symmetry"].double))
    }
  }

  @Test func theWindowIsTruncatedToFrames() throws {
    guard case .object(let rules) = try expected["delta_frames_rule_int(delta_ms/1000*fs)"] else {
      throw FixtureProblem(what: "no rules")
    }
    for (rule, frames) in rules {
      let parts = rule.split(separator: "@").map { Double($0.filter { $0.isNumber || $0 == "." }) ?? .nan }
      #expect(
        Double(Comparison.deltaFrames(milliseconds: parts[0], samplingRate: parts[1])) == (try frames.double))
    }
    #expect(rules.count == 9)
  }

  @Test func anEmptySortingFindsNothing() {
    let found = Comparison(
      truthTimes: [10, 20], truthLabels: [3, 4], testedTimes: [], testedLabels: [], samplingRate: 30_000)
    #expect(found.meanAccuracy == 0)
    #expect(found.scores().map(\.unit) == [nil, nil])
    #expect(found.falsePositive.isEmpty)
    let nothing = Comparison(
      truthTimes: [], truthLabels: [], testedTimes: [10], testedLabels: [1], samplingRate: 30_000)
    #expect(nothing.falsePositive == [1])
    #expect(nothing.meanAccuracy == 0)
  }
}
