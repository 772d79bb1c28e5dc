import Foundation
import Testing

@testable import exam

struct ExamRowTests {
  /// Three true units of 600, 600 and 100 spikes, far apart in time.
  private let truth = Spikes(
    frames: Array(0..<1300).map { 300 * $0 },
    labels: [Int](repeating: 0, count: 600) + [Int](repeating: 1, count: 600)
      + [Int](repeating: 2, count: 100))

  private func meta(_ unscored: String = "[]") throws -> RecordingFacts {
    try JSONDecoder().decode(
      RecordingFacts.self,
      from: Data(
        """
        {"sampling_rate_hz": 30000, "frames": 390000, "unscored_s": \(unscored),
         "units": [{"id": 0, "snr_600_6000": 9}, {"id": 1, "snr_600_6000": 5.9}, {"id": 2, "snr_600_6000": 9}]}
        """.utf8))
  }

  private func said(_ verdicts: [String], range: [Int]? = nil) throws -> SortingFacts {
    let units = verdicts.enumerated().map { "{\"id\": \($0), \"verdict\": \"\($1)\"}" }.joined(separator: ",")
    let refits = range.map { "{\"range\": \($0)}" } ?? "null"
    return try JSONDecoder().decode(
      SortingFacts.self, from: Data("{\"units\": [\(units)], \"refits\": \(refits)}".utf8))
  }

  @Test func aPerfectSorting() throws {
    let row = ExamRow(
      "x", truth: truth, found: truth, meta: try meta(),
      said: try said(["single", "single", "tooFew"], range: [2, 3]))
    #expect(row.accuracy == 1 && row.clearAccuracy == 1 && row.units == 3)
    // The second is too weak and the third has too few spikes.
    #expect(row.clearUnits == 1)
    #expect(
      row.falseUnits == 0 && row.singleUnits == 2 && row.wrongSingleUnits == 0 && row.missedSingleUnits == 0)
    #expect(row.range == [2, 3] && row.rangeHolds == true && row.recordedSeconds == 13)
  }

  @Test func falseUnitsVerdictsNoiseAndRange() throws {
    // Unit 0 holds the first two true ones, 1 is noise and the third true unit, 2 is nobody's.
    let found = Spikes(
      frames: truth.frames + (0..<50).map { 300 * $0 + 150 },
      labels: truth.labels.map { $0 == 2 ? 1 : 0 } + [Int](repeating: 2, count: 50))
    let row = ExamRow(
      "x", truth: truth, found: found, meta: try meta(),
      said: try said(["single", "noise", "multi"], range: [1, 2]))
    #expect(row.falseUnits == 1 && row.wrongSingleUnits == 1 && row.missedSingleUnits == 0)
    #expect(row.noiseAgreement == 1 && row.rangeHolds == false)
    // An agreement of one half makes the first true unit's pair.
    #expect(row.accuracy == 0.167 && row.clearAccuracy == 0.5)
  }

  @Test func aGoodUnitNotCalledSingleIsMissed() throws {
    let row = ExamRow(
      "x", truth: truth, found: truth, meta: try meta(), said: try said(["multi", "single", "tooFew"]))
    // The third has fewer than 500 spikes.
    #expect(row.missedSingleUnits == 1 && row.singleUnits == 1 && row.rangeHolds == nil)
  }

  @Test func stretchesThatCountForNobody() throws {
    #expect(try meta("[[0, 6]]").unscoredFrames == [0..<180_000])
    #expect(truth.without([0..<180_000]).labels.first == 1)
  }

  @Test func nothingFound() throws {
    let row = ExamRow(
      "x", truth: truth, found: Spikes(frames: [], labels: []), meta: try meta(), said: try said([]))
    #expect(row.accuracy == 0 && row.clearAccuracy == 0 && row.falseUnits == 0)
  }
}

struct AccuracyTablesTests {
  private let result: ExamResult = {
    var row = ExamRow(name: "base")
    (row.accuracy, row.clearAccuracy, row.clearUnits, row.units) = (0.9, 0.95, 4, 5)
    return ExamResult(
      version: "9.9", machine: .init(system: "x", cores: 2, kernels: "Haswell"), seconds: 1, simulated: [row],
      recordings: [])
  }()

  @Test func onlyWhatStandsBetweenTheMarkersChanges() throws {
    let page = "before\n<!-- exam: simulated -->\nold\n<!-- exam: end of simulated -->\nafter\n"
    let made = try AccuracyTables(result: result).replacing(in: page)
    #expect(made.hasPrefix("before\n<!-- exam: simulated -->\n") && made.hasSuffix("\nafter\n"))
    #expect(!made.contains("old") && made.contains("| base: six neurons | 4 | 0.950 | 5 | 0.900 |"))
    #expect(try AccuracyTables(result: result).replacing(in: made) == made)
  }

  @Test func aPageWithoutMarkersIsRefused() {
    #expect(throws: ExamError.self) { try AccuracyTables(result: result).replacing(in: "a page") }
  }

  @Test func thePageHasItsMarkers() throws {
    let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../docs/accuracy.md")
    var whole = result
    whole.recordings = whole.simulated
    _ = try AccuracyTables(result: whole).replacing(in: try String(contentsOf: page, encoding: .utf8))
  }
}
