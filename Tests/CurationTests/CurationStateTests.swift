import Foundation
import MadeResults
import SortingFormats
import SpikeSorting
import SpikeTrains
import TestSupport
import Testing

@testable import Curation

/// A request that fits a state, by chance.
func randomRequest(
  _ state: CurationState, canUndo: Bool, canRedo: Bool, _ generator: inout SeededGenerator
) -> CurationRequest {
  let ids = state.ids
  func some(_ count: Int) -> [Int] { Array(ids.shuffled(using: &generator).prefix(count)) }
  switch Int.random(in: 0..<9, using: &generator) {
  case 0 where ids.count > 2: return .merge(units: some(2), accepted: Bool.random(using: &generator))
  case 1 where ids.count > 3: return .merge(units: some(3), accepted: false)
  case 2, 3:
    let units = some(Int.random(in: 1...2, using: &generator))
    let spikes = units.flatMap { state.units[$0]?.spikes ?? [] }.filter { _ in
      Bool.random(using: &generator)
    }
    if !spikes.isEmpty { return .split(units: units, spikes: spikes.shuffled(using: &generator)) }
  case 4: return .label(units: some(2), label: UnitLabel.allCases.randomElement(using: &generator))
  case 5 where ids.count > 1:
    let two = some(2)
    return .reject(two[0], two[1])
  case 6 where canUndo: return .undo
  case 7 where canRedo: return .redo
  case 8: return .label(units: some(1), label: nil)
  default: break
  }
  return .note(units: some(1), text: "note \(Int.random(in: 0..<100, using: &generator))")
}

struct CurationStateTests {
  /// Every spike in one unit, every unit's spikes ascending, no empty unit.
  private func check(_ state: CurationState, spikes count: Int) {
    #expect(state.units.values.flatMap(\.spikes).sorted() == (0..<Int32(count)).map { $0 })
    for unit in state.units.values {
      #expect(!unit.spikes.isEmpty && zip(unit.spikes, unit.spikes.dropFirst()).allSatisfy(<))
      #expect(unit.id < state.nextID)
    }
    for pair in state.rejected { #expect(state.units[pair.first] != nil && state.units[pair.second] != nil) }
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func randomDecisionsReplayExactly(seed: UInt64) async throws {
    try await withMadeResult { (folder) async throws in
      let before = try files(below: folder.url)
      var generator = SeededGenerator(seed: seed)
      let session = try CurationSession(folder, readOnly: false)
      let count = session.base.sorting.spikes.count
      // The states that undo must lead back to.
      var past: [CurationState] = [await session.state]
      var future: [CurationState] = []
      var used: Set<Int> = []
      for revision in 0..<60 {
        let old = await session.state
        let request = randomRequest(
          old, canUndo: past.count > 1, canRedo: !future.isEmpty, &generator)
        let outcome: CurationSession.Outcome
        do {
          outcome = try await session.perform(request, at: await session.revision)
        } catch CurationError.impossible {
          #expect(await session.state == old)
          continue
        }
        let state = await session.state
        check(state, spikes: count)
        switch request {
        case .undo:
          future.append(past.removeLast())
          #expect(state == past.last, "undo at \(revision)")
        case .redo:
          past.append(future.removeLast())
          #expect(state == past.last, "redo at \(revision)")
        default:
          past.append(state)
          future = []
          // Identifiers are never used twice, not even after an undo.
          let new = Set(state.ids).subtracting(old.ids)
          #expect(new.isDisjoint(with: used))
          used.formUnion(new)
        }
        #expect(Set(outcome.removed) == Set(old.ids).subtracting(state.ids))
        #expect(Set(outcome.changed.map(\.curated.id)).isSuperset(of: Set(state.ids).subtracting(old.ids)))
      }
      // A new start shows the same, also one that only looks.
      for readOnly in [false, true] {
        let again = try CurationSession(folder, readOnly: readOnly)
        #expect(await again.state == session.state)
        #expect(await again.history == session.history)
      }
      // And undoes all of it.
      let again = try CurationSession(folder, readOnly: false)
      while await again.history.undoSummary != nil {
        _ = try await again.perform(.undo, at: await again.revision)
      }
      #expect(await again.state.units == CurationState(session.base.sorting).units)
      while await again.history.redoSummary != nil {
        _ = try await again.perform(.redo, at: await again.revision)
      }
      #expect(await again.state == session.state)
      // The sorter's files are as they were.
      var after = try files(below: folder.url)
      after["curation.jsonl"] = nil
      #expect(after == before)
    }
  }

  @Test func whatCannotBeIsRefusedAndChangesNothing() throws {
    let start = CurationState(madeSorting())
    let first = start.units[0]?.spikes ?? []
    let bad: [CurationAction] = [
      .merge(units: [0], into: 4, accepted: false), .merge(units: [0, 0], into: 4, accepted: false),
      .merge(units: [0, 9], into: 4, accepted: false), .merge(units: [0, 1], into: 3, accepted: false),
      .merge(units: [0, 1], into: -1, accepted: false), .merge(units: [0, 1], into: .max, accepted: false),
      .merge(units: [], into: 4, accepted: false), .merge(units: [.min, .max], into: 4, accepted: false),
      .split(units: [0], parts: [], into: [], method: .lasso),
      .split(units: [0], parts: [[]], into: [4], method: .lasso),
      .split(units: [0], parts: [first], into: [4], method: .lasso),
      .split(units: [0], parts: [[first[0]], [first[0]]], into: [4, 5, 6], method: .lasso),
      .split(units: [0], parts: [[first[0]]], into: [4], method: .lasso),
      .split(units: [0], parts: [[first[0]]], into: [5, 4], method: .lasso),
      .split(units: [0], parts: [[first[0]]], into: [4, 4], method: .lasso),
      .split(units: [1], parts: [[first[0]]], into: [4, 5], method: .lasso),
      .split(units: [0], parts: [[Int32.max]], into: [4, 5], method: .lasso),
      .importPhy(units: [0], parts: [[first[0]]], into: [4, 5], labels: [77: .good], files: ""),
      .label(units: [7], label: .good), .label(units: [], label: nil),
      .note(units: [0], text: String(repeating: "x", count: 2001)), .reject(1, 1), .reject(0, 8), .undo,
      .redo,
      .begin(sorting: ""),
    ]
    for action in bad {
      var state = start
      #expect(throws: CurationError.self, "\(action)") { try state.apply(action) }
      #expect(state == start, "\(action)")
    }
  }

  @Test func labelsAndNotesOfMergedUnits() throws {
    var state = CurationState(madeSorting())
    try state.apply(.label(units: [0, 1], label: .good))
    try state.apply(.note(units: [0], text: "one"))
    try state.apply(.note(units: [1], text: "two"))
    try state.apply(.merge(units: [0, 1], into: 4, accepted: true))
    #expect(state.units[4]?.label == .good && state.units[4]?.note == "one; two")
    try state.apply(.merge(units: [4, 2], into: 5, accepted: false))
    #expect(state.units[5]?.label == nil && state.units[5]?.parents == [4, 2])
  }

  @Test func aJournalOfLiesIsRefused() async throws {
    try await withMadeResult { (folder) async throws in
      let base = try CurationBase(folder)
      for lie in [
        CurationAction.merge(units: [0, 77], into: 4, accepted: false),
        .split(units: [0], parts: [[2_000_000_000]], into: [4, 5], method: .mixture),
        .label(units: [-5], label: .good),
      ] {
        try? FileManager.default.removeItem(at: folder.file("curation.jsonl"))
        var journal = try Journal(in: folder.url, sorting: base.checksum, setsAside: true)
        try journal.append(lie, at: 0)
        do {
          _ = try CurationSession(folder, readOnly: false)
          Issue.record("taken: \(lie)")
        } catch {
          #expect("\(error)".contains("curation.jsonl is damaged: revision 1: "), "\(error)")
        }
      }
    }
  }
}
