import Foundation
import LinearAlgebra
import Recordings
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
    }
  }

  @Test(arguments: [SortingOptions.Model.gaussian, .t]) func modelsAtRestAreNotMatched(
    model: SortingOptions.Model
  ) throws {
    try withRecording(seconds: 6) { recording, _ in
      var options = SortingOptions()
      options.model = model
      options.components = 3...4
      options.restarts = 1
      options.merges = false
      let run = try sort(recording, options: options, threads: 2)
      #expect(run.seconds.match == 0)
      #expect(run.sorting.units.count == run.sorting.mixture.components)
    }
  }
}
