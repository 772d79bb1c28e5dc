import Foundation
import LinearAlgebra
import Recordings
import Simulation
import SpikeTrains
import TestSupport
import Testing

@testable import SpikeSorting

@Suite struct SortingRunTests {
  private func withRecording(
    seconds: Double, _ body: (any Recording, GroundTruth) throws -> Void
  ) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = SimulationOptions()
    options.seconds = seconds
    options.units = 3
    let truth = try simulate(options, to: folder, name: "r")
    try body(openRecording(at: [folder]), truth)
  }

  @Test func theSameBitsOnAnyNumberOfThreads() throws {
    try withRecording(seconds: 20) { recording, truth in
      let one = try sort(recording, threads: 1).sorting
      #expect(one.spikes.count > truth.times.count / 2)
      let times = try #require(one.spikes.frames)
      #expect(zip(times, times.dropFirst()).allSatisfy(<=))
      // No unit twice within the lockout.
      for unit in one.units {
        let own = times.indices.filter { one.spikes.components[$0] == unit.components[0] }.map { times[$0] }
        #expect(zip(own, own.dropFirst()).allSatisfy { $1 - $0 >= 15 })
      }
      let three = try sort(recording, threads: 3).sorting
      #expect(three.spikes.frames == one.spikes.frames)
      #expect(three.spikes.units == one.spikes.units)
      #expect(three.spikes.amplitudes == one.spikes.amplitudes)
      #expect(three.spikes.features == one.spikes.features)
      #expect(three.mixture.locations == one.mixture.locations)
      #expect(three.units.map(\.reasons) == one.units.map(\.reasons))
      #expect(three.refits == one.refits && three.drift == one.drift)
      try checkRefitsAndDrift(of: one)
    }
  }

  private func checkRefitsAndDrift(of sorting: Sorting) throws {
    // What matching kept apart.
    #expect(sorting.statedCensoredMilliseconds == 0.5)
    let refits = try #require(sorting.refits)
    #expect(refits.counts.count == Refits.plainCount && Set(refits.seeds).count == Refits.plainCount)
    #expect(refits.stretchSeconds == 20)
    #expect(refits.found == sorting.units.count { $0.verdict != .noise })
    // The tracks are those of the components, with a band that is there and narrow beside the amplitude.
    let drift = try #require(sorting.drift)
    #expect(drift.channels == 4 && drift.timeFrames == 4)
    #expect(drift.amplitudes.count == sorting.mixture.components * 4 * 4)
    // What strangers are among a unit's spikes moves its mean, not its track.
    let single = sorting.units.filter { $0.components.count == 1 && $0.verdict == .single }
    #expect(!single.isEmpty)
    for unit in single {
      let places = (0..<4).map { (unit.components[0] * 4 + $0) * 4 + unit.peakChannel }
      let mean = abs(places.reduce(0.0) { $0 + Double(drift.amplitudes[$1]) }) / 4
      #expect(abs(mean - (unit.amplitude ?? 0)) < 0.1 * mean)
      #expect(places.allSatisfy { drift.deviations[$0] > 0 && Double(drift.deviations[$0]) < 0.2 * mean })
    }
  }

  @Test(arguments: [AtRest.Shape.gaussian, .t]) func modelsAtRestAreNotMatched(
    model: AtRest.Shape
  ) throws {
    try withRecording(seconds: 6) { recording, _ in
      var options = SortingOptions()
      options.model = .atRest(AtRest(model))
      options.components = 3...4
      options.restarts = 1
      options.merges = false
      let run = try sort(recording, options: options, threads: 2)
      #expect(run.seconds.match == 0)
      #expect(run.sorting.units.count == run.sorting.mixture.components)
      // What detection kept apart.
      #expect(run.sorting.statedCensoredMilliseconds == 0.25)
      #expect(run.sorting.refits == nil)
    }
  }
}
