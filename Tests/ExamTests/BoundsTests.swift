import Foundation
import Testing

@testable import exam

/// A row as a good sorting has it.
private func row(_ name: String = "base") -> ExamRow {
  var row = ExamRow(name: name)
  (row.accuracy, row.clearAccuracy, row.units, row.clearUnits) = (0.94, 0.96, 6, 5)
  (row.range, row.rangeHolds) = ([5, 6], true)
  return row
}

struct BoundsTests {
  @Test func aRunIsWithinTheBoundsItSets() {
    #expect(Bounds([row(), row("drift")]).complaints(about: [row("drift"), row()]).isEmpty)
    #expect(Bounds([row()]).recordings[0].accuracy == 0.955)
    #expect(Bounds([row()]).recordings[0].failsToday == nil)
  }

  @Test(
    arguments: [
      { $0.clearAccuracy = 0.954 }, { $0.falseUnits = 1 }, { $0.wrongSingleUnits = 1 },
      { $0.missedSingleUnits = 1 },
      { $0.rangeHolds = false }, { $0.refusal = "exit 65: nothing to sort" }, { $0.name = "another" },
    ] as [@Sendable (inout ExamRow) -> Void])
  func eachWorseNumberIsOneComplaintThatNamesTheRecording(worsen: @Sendable (inout ExamRow) -> Void) {
    var worse = row()
    worsen(&worse)
    let complaints = Bounds([row()]).complaints(about: [worse])
    #expect(complaints.map(\.name) == [worse.name])
    #expect(complaints[0].sentences.count == 1)
    #expect(complaints[0].sentences[0].hasPrefix("\(worse.name): "))
    #expect(complaints[0].sentences[0].contains("expected"))
  }

  @Test func widenedBoundsHoldForBothRuns() {
    var other = row()
    (other.clearAccuracy, other.falseUnits, other.rangeHolds) = (0.8, 2, false)
    let wider = Bounds([row()]).widened(by: Bounds([other, row("drift")]))
    #expect(wider == Bounds([other]).widened(by: Bounds([row(), row("drift")])))
    #expect(wider.complaints(about: [row(), other, row("drift")]).isEmpty)
    #expect(wider.recordings[0].failsToday != nil)
  }

  @Test func theSmallSetHasBounds() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
      "bounds.json")
    let names = try Bounds(contentsOf: file).recordings.map(\.name)
    #expect(names.sorted() == ExamRecording.simulated.filter(\.isSmall).map(\.name).sorted())
  }
}
