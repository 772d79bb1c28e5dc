import Foundation
import LinearAlgebra
import MadeResults
import NumPyInterop
import SortingFormats
import SpikeSorting
import SpikeTrains
import TestSupport
import Testing

@testable import Curation

struct CuratedResultTests {
  /// Decides one thing after the other.
  private func decide(_ folder: ResultFolder, _ requests: [CurationRequest]) async throws {
    let session = try CurationSession(folder, readOnly: false)
    for request in requests { _ = try await session.perform(request, at: await session.revision) }
  }

  @Test func withoutAJournalItIsTheSorting() throws {
    try withMadeResult { (folder) throws in
      let result = try CuratedResult(folder)
      let sorting = try folder.read()
      #expect(result.decisions == 0 && result.sorting.spikes.units == sorting.spikes.units)
    }
  }

  @Test func peoplesWordsBecomeVerdicts() async throws {
    try await withMadeResult { (folder) async throws in
      try await decide(
        folder,
        [
          .merge(units: [0, 1], accepted: false), .label(units: [4], label: .noise),
          .label(units: [2], label: .mua),
          .note(units: [3], text: "at the edge"), .reject(2, 3),
        ])
      let result = try CuratedResult(folder)
      let sorting = result.sorting
      #expect(result.decisions == 5 && sorting.units.map(\.id) == [2, 3, 4])
      #expect(sorting.units.map(\.verdict) == [.multi, .multi, .noise])
      #expect(sorting.units[0].reasons.prefix(2) == ["called mua by hand", "measured: single unit"])
      #expect(sorting.units[1].reasons == ["note: at the edge"])
      #expect(sorting.pairs.count == 3)
      #expect(
        sorting.pairs.first { $0.first == 2 && $0.second == 3 }?.reasons.first == "called two neurons by hand"
      )
      // Every array fits, with units whose numbers are no places.
      let waveforms = try #require(sorting.waveforms)
      #expect(
        waveforms.unitMeans.count == 3 * 80 && waveforms.examples.count == waveforms.exampleSpikes.count * 80)
      #expect(sorting.spikes.features == madeSorting().spikes.features)
      #expect(
        sorting.unitPlaces.indices.allSatisfy {
          sorting.units[sorting.unitPlaces[$0]].id == sorting.spikes.units[$0]
        })
      // Noise is left out of what is compared.
      let compared = try LabelledTimes(of: sorting)
      #expect(Set(compared.labels) == [2, 3])
      // Written to another folder, it reads back, and is where further curation starts from.
      try withTemporaryFolder { (url) throws in
        let copy = ResultFolder(url)
        try copy.write(sorting)
        #expect(try copy.read().spikes.units == sorting.spikes.units)
        #expect(try CurationBase(copy).sorting.units.map(\.id) == [2, 3, 4])
      }
    }
  }

  /// A merged unit has every metric the sorter's units have, among the units as they are now.
  @Test func mergedUnitsAreMeasuredAnew() async throws {
    let made = madeSorting()
    try await withMadeResult(made) { (folder) async throws in
      try await decide(folder, [.merge(units: [0, 1], accepted: false)])
      let unit = try #require(try CuratedResult(folder).sorting.units.first { $0.id == 4 })
      let frames = try #require(made.spikes.frames)
      // Units 2, 3 and 4 by place.
      let places = made.spikes.units.map { $0 < 2 ? 2 : $0 - 2 }
      let own = places.indices.filter { places[$0] == 2 }
      let train = SpikeTrain(
        times: own.map { frames[$0] }, frames: made.source.frameCount, samplingRate: 30_000)
      var expected = train.qualityMetrics(amplitudes: own.map { Double(made.spikes.amplitudes[$0]) })
      let features = Matrix(
        rows: places.count, columns: 12, storage: made.spikes.features.map(Double.init))
      let rates = try #require(nearestNeighbourRates(features: features, units: places, unitCount: 3)[2])
      expected[.nnHitRate] = rates.hit
      expected[.nnMissRate] = rates.miss
      expected[.silhouette] = simplifiedSilhouettes(features: features, units: places, unitCount: 3)[2]
      expected[.syncSpike2] = synchronyShares(times: frames, units: places, unitCount: 3, size: 2)[2]
      let isolation = try #require(
        IsolationMetrics(features: features, isMember: places.map { $0 == 2 }))
      expected[.isolationDistance] = isolation.isolationDistance
      expected[.lRatio] = isolation.lRatio
      let found = try #require(unit.metrics)
      #expect(found.count > 15)
      for (metric, value) in expected where value.isFinite {
        // Features are stored in single precision.
        let ours = try #require(found[metric.rawValue], "\(metric)")
        #expect(abs(ours - value) <= 1e-6 * max(1, abs(value)), "\(metric): \(ours), \(value)")
      }
    }
  }

  @Test func physEditsAreOfferedAndTakenOver() async throws {
    try await withMadeResult { (folder) async throws in
      let session = try CurationSession(folder, readOnly: false)
      #expect(await session.phyEdits() == nil)
      // As Phy saves: 0 and 1 merged into 10, half of 2 split off as 11, 3 called good, 10 noise.
      let sorted = session.base.sorting.spikes.units
      var count = 0
      let edited = sorted.map { unit -> Int32 in
        if unit == 2 { count += 1 }
        return unit < 2 ? 10 : unit == 2 ? (count % 2 == 0 ? 11 : 12) : 3
      }
      try NPY.write(edited, to: folder.file("spike_clusters.npy"))
      try Data("cluster_id\tgroup\n3\tgood\n10\tnoise\n<script>\tgood\n11\tnonsense\n".utf8)
        .write(to: folder.file("cluster_group.tsv"))
      let again = try CurationSession(folder, readOnly: false)
      // The units are the sorter's until somebody takes Phy's over.
      #expect(await again.state == session.state)
      let edits = try #require(await again.phyEdits())
      #expect(edits.unitCount == 3 && edits.labelCount == 2)
      _ = try await again.perform(.importPhy, at: 0)
      let state = await again.state
      let labels = state.unitOfSpike(count: edited.count)
      for unit in Set(edited) {
        let shown = Set(edited.indices.filter { edited[$0] == unit }.map { labels[$0] })
        #expect(shown.count == 1)
      }
      #expect(Set(labels).count == 4)
      #expect(state.units[3]?.label == .good)
      #expect(state.units.values.count { $0.label == .noise } == 1)
      #expect(await again.phyEdits() == nil)
      await #expect(throws: CurationError.self) { try await again.perform(.importPhy, at: 1) }
      _ = try await again.perform(.undo, at: 1)
      #expect(await again.state.units == session.state.units)
      #expect(await again.phyEdits() != nil)
    }
  }

  @Test func decisionsFollowTheSpikesToAnotherSorting() async throws {
    try await withMadeResult { (old) async throws in
      var other = madeSorting()
      // The same neurons under other numbers, a frame later, and the last one not found.
      let kept = other.spikes.units.indices.filter { other.spikes.units[$0] != 3 }
      let width = 12
      other.spikes.features = kept.flatMap { other.spikes.features[$0 * width..<($0 + 1) * width] }
      other.spikes.amplitudes = kept.map { other.spikes.amplitudes[$0] }
      other.spikes.frames = kept.map { (other.spikes.frames?[$0] ?? 0) + 1 }
      other.spikes.units = kept.map { 2 - other.spikes.units[$0] }
      other.spikes.components = other.spikes.units
      other.units.removeLast()
      other.waveforms = nil
      other.mixture = Sorting.MixtureSummary(model: .driftingT, weights: [0.3, 0.3, 0.4])
      let sorting = other
      try await withMadeResult(sorting) { (new) async throws in
        let session = try CurationSession(old, readOnly: false)
        let part = Array(try #require(await session.state.units[2]?.spikes).prefix(40))
        try await decide(
          old,
          [
            .merge(units: [0, 1], accepted: false), .split(units: [2], spikes: part),
            .label(units: [4], label: .good),
            .note(units: [5], text: "early"), .label(units: [3], label: .noise), .reject(5, 6),
          ])
        let before = try files(below: old.url)
        let report = try DecisionReplay.carry(from: old, to: new)
        #expect(try files(below: old.url) == before)
        #expect(
          report.lost.count == 1 && report.lost[0].hasPrefix("the label noise of unit 3: no unit shares"))
        #expect(report.unneeded.isEmpty)
        let carried = try CurationSession(new, readOnly: true)
        let state = await carried.state
        // What was 2 there is 0 here, parted in the same place; 0 and 1 are 2 and 1.
        let labelled = state.units.values.filter { $0.label == .good }
        #expect(labelled.count == 1 && Set(labelled[0].parents) == [1, 2])
        let noted = try #require(state.units.values.first { $0.note == "early" })
        #expect(noted.spikes.count == 40 && state.rejected.count == 1 && state.units.count == 3)
        // Once more: everything is there already, but for what is lost.
        let second = try DecisionReplay.carry(from: old, to: new)
        #expect(second.carried == [] && second.lost.count == 1)
      }
    }
  }

  @Test func spikesAreMatchedOnce() {
    #expect(DecisionReplay.matches([0, 10, 20], [1, 11, 30], within: 2) == [0, 1, -1])
    #expect(DecisionReplay.matches([10, 12], [11], within: 2).count { $0 == 0 } == 1)
    // The nearer one gets it, whoever came first.
    #expect(DecisionReplay.matches([8, 11], [10], within: 3) == [-1, 0])
    #expect(
      DecisionReplay.matches([], [1], within: 3) == [] && DecisionReplay.matches([1], [], within: 3) == [-1])
  }

  @Test func aReplacedFolderIsNoticed() async throws {
    try await withMadeResult { (folder) async throws in
      let session = try CurationSession(folder, readOnly: false)
      try folder.write(madeSorting(neurons: 3))
      try FileManager.default.copyItem(at: folder.file("sorting.json"), to: folder.file("copy"))
      try FileManager.default.removeItem(at: folder.file("sorting.json"))
      try FileManager.default.moveItem(at: folder.file("copy"), to: folder.file("sorting.json"))
      await #expect(throws: CurationError.self) {
        try await session.perform(.label(units: [0], label: .good), at: 0)
      }
      #expect(!folder.isCurated)
    }
  }
}
