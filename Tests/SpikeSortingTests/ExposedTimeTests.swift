import Foundation
import Recordings
import SignalQuality
import Simulation
import SpikeTrains
import TestSupport
import Testing

@testable import SpikeSorting

/// What is left out takes no time, and everything else stands where it stood.
@Suite struct ExposedTimeTests {
  /// Lags between spikes are those of the recording, be there gaps before, in or after what is left out.
  @Test func lagsAreTheRecordings() {
    let excluded = FrameSet([100..<200, 500..<530, 900..<1000])
    let gaps = FrameGaps([(50, 7), (150, 11), (530, 13), (700, 17)], unknown: 1)
    let frames = [0, 49, 50, 99, 200, 300, 499, 530, 531, 699, 700, 899, 1000, 1200]
    let train = SpikeTrain(times: frames, frames: 1300, samplingRate: 1000, gaps: gaps, without: excluded)
    #expect(train.timesApart == gaps.apart(frames))
    #expect(train.frames == 1300 - 230)
    let plain = SpikeTrain(times: frames, frames: 1300, samplingRate: 1000, gaps: .none, without: excluded)
    #expect(plain.timesApart == frames)
    #expect(plain.rateHertz == 14 / 1.07)
  }

  private func sorted(
    _ conditions: Set<SimulationCondition>, seconds: Double = 60,
    _ change: (inout SortingOptions) -> Void = { _ in }
  ) throws -> (sorting: Sorting, truth: GroundTruth) {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let truth = try simulate(
      SimulationOptions(seconds: seconds, units: 3, conditions: conditions, seed: 5), to: folder)
    var options = SortingOptions()
    change(&options)
    return (try sort(openRecording(at: folder), options: options, threads: 2).sorting, truth)
  }

  private func accuracies(_ sorting: Sorting, _ truth: GroundTruth) -> [Double] {
    let rate = 0.0004 * 30_000
    let frames = sorting.spikes.frames ?? []
    return (0..<truth.unitCount).map { unit in
      let wanted = truth.times.indices.filter { truth.labels[$0] == unit }.map { truth.times[$0] }
      return sorting.units.map { found in
        let own = frames.indices.filter { sorting.spikes.units[$0] == found.id }.map { frames[$0] }
        let hits = wanted.count { time in own.contains { abs(Double($0 - time)) <= rate } }
        return Double(hits) / Double(wanted.count + own.count - hits)
      }.max() ?? 0
    }
  }

  @Test func halfOfItSilent() throws {
    let (sorting, truth) = try sorted([.silent])
    #expect(accuracies(sorting, truth).allSatisfy { $0 > 0.9 })
    // The silence begins at a third of the recording.
    #expect(sorting.source.excludedFrames.stretches.map(\.upperBound) == [1_800_000])
    #expect(abs(sorting.source.excludedFrames.count - 1_200_000) < 5)
    for unit in sorting.units {
      let rate = try #require(unit.rate)
      #expect(abs(rate - Double(unit.spikeCount) / 20) < 0.01 * rate)
    }
    #expect(sorting.warnings.contains { $0.contains("no brain signal") })
  }

  @Test func blanked() throws {
    let (sorting, truth) = try sorted([.blanked])
    let found = accuracies(sorting, truth)
    #expect(found.count { $0 > 0.8 } >= 2)
    let frames = try #require(sorting.spikes.frames)
    #expect(frames.allSatisfy { !sorting.source.excludedFrames.contains($0) })
  }

  @Test func askedTimes() throws {
    let (sorting, _) = try sorted([], seconds: 20) {
      ($0.excludedTimes, $0.artifacts) = ([[3, 4.5], [4, 6], [19, 1e9]], .none)
    }
    #expect(sorting.source.excludedFrames.stretches == [90_000..<180_000, 570_000..<600_000])
    let frames = try #require(sorting.spikes.frames)
    #expect(!frames.isEmpty && frames.allSatisfy { !(90_000..<180_000).contains($0) && $0 < 570_000 })
    #expect(sorting.source.artifacts?.excluded.map(\.reason) == [.asked])
    let stored = try JSONEncoder().encode(sorting.source)
    let read = try JSONDecoder().decode(Sorting.Source.self, from: stored)
    #expect(read.artifacts == sorting.source.artifacts)
  }

  @Test func nothingIsLeft() throws {
    let error = #expect(throws: SortingError.self) {
      try sorted([], seconds: 5) { $0.excludedTimes = [[0, 4.5]] }
    }
    #expect(error?.description.contains("expected at least a second") == true)
  }

  /// A choice that is as it is by default is not written, so that results are the bytes they were.
  @Test func storedChoices() throws {
    var options = SortingOptions()
    let plain = try JSONEncoder().encode(options)
    #expect(!String(decoding: plain, as: UTF8.self).contains("artifacts"))
    (options.artifacts, options.excludedTimes) = (.none, [[1, 2]])
    let stored = try JSONEncoder().encode(options)
    #expect(try JSONDecoder().decode(SortingOptions.self, from: stored) == options)
    #expect(throws: SortingError.self) {
      options.excludedTimes = [[2, 1]]
      try options.check()
    }
  }
}
