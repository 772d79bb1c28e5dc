import Foundation
import LinearAlgebra
import MadeResults
import SortingFormats
import SpikeSorting
import SpikeTrains
import TestSupport
import Testing

@testable import Curation

struct UnitMeasuresTests {
  /// The spikes of one neuron of the made sorting.
  private func train(_ sorting: Sorting, _ units: [Int]) -> SpikeTrain {
    let frames = sorting.spikes.frames ?? []
    return SpikeTrain(
      times: frames.indices.filter { units.contains(sorting.spikes.units[$0]) }.map { frames[$0] },
      frames: sorting.source.frameCount, samplingRate: 30_000)
  }

  @Test func aMergedUnitHasTheNumbersOfItsTrain() async throws {
    let sorting = madeSorting()
    try await withMadeResult(sorting) { (folder) async throws in
      let session = try CurationSession(folder, readOnly: false)
      let outcome = try await session.perform(.merge(units: [0, 1], accepted: false), at: 0)
      let row = try #require(outcome.changed.first)
      #expect(outcome.removed == [0, 1] && outcome.changed.count == 1)
      let unit = row.measured
      let train = train(sorting, [0, 1])
      let test = try #require(
        train.refractoryTest(
          among: self.train(sorting, [2, 3]), refractoryMilliseconds: 2, censoredMilliseconds: 0.5))
      #expect(unit.id == 4 && unit.components == [0, 1] && unit.spikeCount == train.count)
      #expect(unit.rate == train.rateHertz && unit.presenceRatio == train.presenceRatio())
      #expect(
        unit.refractoryViolations == test.violations && unit.contamination?.estimate == test.contamination)
      #expect(unit.falsePositives == nil && unit.residualVariance == nil)
      // Isolation in the stored features, over all of these few spikes.
      let features = Matrix(
        rows: sorting.spikes.count, columns: 12, storage: sorting.spikes.features.map(Double.init))
      let isolation = try #require(
        IsolationMetrics(features: features, isMember: sorting.spikes.units.map { $0 < 2 }))
      #expect(abs((unit.lRatio ?? -1) - isolation.lRatio) <= 1e-9 * max(1, isolation.lRatio))
      #expect(
        abs((unit.isolationDistance ?? -1) - isolation.isolationDistance) < 1e-6 * isolation.isolationDistance
      )
      // The mean of all spikes: that of the parts, by their numbers.
      let waveform = session.measures.waveform(row.curated)
      let means = try #require(sorting.waveforms?.unitMeans)
      let counts = [0, 1].map { n in Double(sorting.units[n].spikeCount) }
      #expect(waveform.basis == .all && waveform.spikes.count == 60)
      for i in 0..<80 {
        let mean =
          (counts[0] * Double(means[i]) + counts[1] * Double(means[80 + i])) / (counts[0] + counts[1])
        #expect(abs(waveform.mean[i] - mean) < 1e-6)
        // Both parts scatter by 6 around means that lie apart.
        let apart = Double(means[i] - means[80 + i]) / 2
        #expect(abs(waveform.deviation[i] - (36 + apart * apart).squareRoot()) < 0.02 * (6 + abs(apart)))
      }
      let trough = waveform.mean[8 * 4 + unit.peakChannel]
      #expect(abs((unit.amplitude ?? 0) + trough) < 1e-9)
      #expect(abs((unit.signalToNoise ?? 0) - (unit.amplitude ?? 0) / 6) < 1e-6)
    }
  }

  @Test func aSplitBySpikesPartsWaveformsAndVerdicts() async throws {
    try await withMadeResult { (folder) async throws in
      let session = try CurationSession(folder, readOnly: false)
      let units = await session.state.units
      let first = try #require(units[0]?.spikes)
      _ = try await session.perform(.merge(units: [0, 1], accepted: false), at: 0)
      let outcome = try await session.perform(.split(units: [4], spikes: first.reversed()), at: 1)
      #expect(outcome.changed.map(\.curated.spikes) == [first, units[1]?.spikes ?? []])
      let sorting = session.base.sorting
      for (place, row) in outcome.changed.enumerated() {
        // Its means are those of whole units again.
        #expect(session.measures.waveform(row.curated).basis == .all)
        #expect(
          row.measured.components == [place] && row.curated.origin == .split && row.curated.parents == [4])
        #expect(
          row.measured.refractoryViolations
            == train(sorting, [place]).llobetTest(
              refractoryMilliseconds: 2, censoredMilliseconds: 0.5)?.violations)
      }
      // Half of a unit has the mean of its examples.
      let half = try await session.perform(
        .split(units: [2], spikes: Array(units[2]?.spikes.prefix(60) ?? [])), at: 2)
      let waveform = session.measures.waveform(half.changed[0].curated)
      #expect(waveform.basis == .examples && waveform.spikes.count == 15)
      #expect((half.changed[0].measured.amplitude ?? 0) > 50)
    }
  }

  @Test func aMixturePartsWhatWasMerged() async throws {
    try await withMadeResult { (folder) async throws in
      let session = try CurationSession(folder, readOnly: false)
      let units = await session.state.units
      _ = try await session.perform(.merge(units: [0, 1, 2], accepted: false), at: 0)
      let outcome = try await session.perform(.splitMixture(units: [4], components: 3), at: 1)
      #expect(outcome.removed == [4])
      #expect(Set(outcome.changed.map(\.curated.spikes)) == Set([0, 1, 2].compactMap { units[$0]?.spikes }))
      // Stored, not computed again.
      let again = try CurationSession(folder, readOnly: true)
      #expect(await again.state == session.state)
      for components in [-1, 0, 1, 21, Int.max] {
        await #expect(throws: CurationError.self) {
          try await session.perform(.splitMixture(units: [3], components: components), at: 2)
        }
      }
    }
  }

  @Test func undoAndRedoKnowNoLimit() async throws {
    try await withMadeResult { (folder) async throws in
      let session = try CurationSession(folder, readOnly: false)
      var states = [await session.state]
      for n in 0..<150 {
        let request: CurationRequest =
          n == 0 ? .merge(units: [0, 1], accepted: false) : .note(units: [4], text: "note \(n)")
        _ = try await session.perform(request, at: n)
        states.append(await session.state)
      }
      var revision = 150
      for expected in states.dropLast().reversed() {
        _ = try await session.perform(.undo, at: revision)
        revision += 1
        #expect(await session.state == expected)
      }
      await #expect(throws: CurationError.impossible("there is nothing to undo")) {
        try await session.perform(.undo, at: revision)
      }
      for expected in states.dropFirst() {
        _ = try await session.perform(.redo, at: revision)
        revision += 1
        #expect(await session.state == expected)
      }
      await #expect(throws: CurationError.impossible("there is nothing to redo")) {
        try await session.perform(.redo, at: revision)
      }
      // A restart sees the same and goes back as far.
      let again = try CurationSession(folder, readOnly: false)
      #expect(await again.state == states.last)
      _ = try await again.perform(.undo, at: revision)
      #expect(await again.state == states[149])
      // What another session did in between is not forgotten by going back.
      try await session.refresh()
      #expect(await session.state == states[149])
    }
  }

  @Test func pairsOfNewUnitsAreJudged() async throws {
    try await withMadeResult { (folder) async throws in
      let session = try CurationSession(folder, readOnly: false)
      // Two of every three spikes of a neuron, and the rest: parts of one.
      let spikes = try #require(await session.state.units[0]?.spikes)
      let half = spikes.indices.filter { $0 % 3 > 0 }.map { spikes[$0] }
      _ = try await session.perform(.split(units: [0], spikes: half), at: 0)
      let (revision, pairs, _) = await session.pairSnapshot()
      #expect(revision == 1 && pairs.count == 10)
      let halves = try #require(pairs.first { $0.first == 4 && $0.second == 5 })
      #expect((halves.similarity ?? 0) > 0.95 && halves.shortLags == 0 && halves.reasons.count > 2)
      let other = try #require(pairs.first { $0.first == 1 && $0.second == 4 })
      #expect((other.similarity ?? 1) < (halves.similarity ?? 0))
    }
  }

  @Test func correlogramsAreThoseOfTheTrains() async throws {
    try await withMadeResult { (folder) async throws in
      let session = try CurationSession(folder, readOnly: false)
      _ = try await session.perform(.merge(units: [0, 1], accepted: false), at: 0)
      let counted = try await session.correlograms(of: [3, 4], binMilliseconds: 1, binsPerSide: 20)
      let sorting = session.base.sorting
      let own = sorting.spikes.units.map { $0 == 3 ? 0 : $0 < 2 ? 1 : 2 }
      let all = Correlograms(
        times: sorting.spikes.frames ?? [], units: own, unitCount: 3, samplingRate: 30_000,
        binMilliseconds: 1,
        binsPerSide: 20)
      for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] { #expect(counted[i, j] == all[i, j]) }
    }
  }
}
