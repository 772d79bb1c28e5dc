import Foundation
import Recordings
import TestSupport
import Testing

@testable import SpikeSorting

/// A recording held in memory.
private struct MadeRecording: Recording {
  let channelCount: Int
  let samplingRate = 10_000.0
  let samples: [Float]
  var frameCount: Int { samples.count / channelCount }
  var gain: Gain? { nil }
  var files: [URL] { [] }
  var probe: Probe { .standard(channelCount: channelCount) }

  func read(frames: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws {
    for (place, sample) in samples[frames.lowerBound * channelCount..<frames.upperBound * channelCount]
      .enumerated()
    {
      buffer[place] = sample
    }
  }
}

struct FaultyChannelTests {
  /// Noise with a spike every 50 ms on all channels.
  private func recording(_ change: (_ frame: Int, _ channels: inout [Float]) -> Void) -> MadeRecording {
    var generator = SeededGenerator(seed: 3)
    var samples: [Float] = []
    for frame in 0..<20_000 {
      let shape: [Float] = [-150, -400, -200, 50]
      let deflection = (200..<204).contains(frame % 500) ? shape[frame % 500 - 200] : 0
      var channels = (0..<4).map { Float(generator.normal()) * 20 + deflection / Float(1 + $0) }
      change(frame, &channels)
      samples += channels
    }
    return MadeRecording(channelCount: 4, samples: samples)
  }

  private func sorted(_ recording: MadeRecording, _ change: (inout SortingOptions) -> Void = { _ in }) throws
    -> Sorting
  {
    var options = SortingOptions()
    (options.threshold, options.components) = (7, 1...1)
    change(&options)
    return try sort(recording, options: options, threads: 1).sorting
  }

  @Test func aDeadChannelIsLeftOutAltogether() throws {
    let sorting = try sorted(recording { $1[1] = 5 })
    #expect(sorting.source.channels == [0, 2, 3])
    #expect(sorting.source.channelPositions.count == 3)
    #expect(sorting.spikes.featureChannels == 3)
    #expect(sorting.waveforms?.channels == 3)
    #expect(sorting.warnings == ["channel 1 is dead (constant) and is left out"])
    let units = sorting.units
    #expect(
      units.allSatisfy { ($0.signalToNoise ?? .infinity).isFinite && ($0.residualVariance ?? 0).isFinite })
  }

  @Test func faultsGoByTheRecordingsOwnNumbers() throws {
    let sorting = try sorted(recording { $1[3] = $1[2] }) { $0.excludedChannels = [0] }
    #expect(sorting.source.channels == [1, 2])
    #expect(sorting.warnings == ["channel 3 repeats channel 2 and is left out"])
  }

  @Test func aCopyOfAnExcludedChannelIsSorted() throws {
    let sorting = try sorted(recording { $1[3] = $1[2] }) { $0.excludedChannels = [2] }
    #expect(sorting.source.channels == [0, 1, 3])
    #expect(sorting.warnings.isEmpty)
  }

  @Test func nothingButDeadChannels() {
    #expect(
      throws: SortingError.badInput(
        "the recording: found every channel constant, expected at least one that carries a signal")
    ) {
      try sorted(recording { $1 = [1, 2, 3, 4] })
    }
  }

  @Test func partsThatDoNotExist() {
    for (start, end) in [
      (Double.nan, nil), (.infinity, nil), (2.0, nil), (1e300, nil), (nil, 0.0), (nil, Double.nan), (-1, nil),
    ] as [(Double?, Double?)] {
      #expect(throws: SortingError.self) {
        try sorted(recording { _, _ in }) { ($0.start, $0.end) = (start, end) }
      }
    }
  }
}
