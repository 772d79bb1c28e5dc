import Foundation
import Recordings
import TestSupport
import Testing

@testable import SpikeDetection

/// A constant, a slow wave and noise, in µV.
private func drifting(frames: Int, channels: Int) -> [Float] {
  var generator = SeededGenerator(seed: 8)
  return (0..<frames).flatMap { frame in
    let wave = 500 * sin(2 * Double.pi * 8 * Double(frame) / 30000)
    return (0..<channels).map { Float(2000 * Double($0 + 1) + wave + 20 * generator.normal()) }
  }
}

@Suite struct StreamingTests {
  private func filter() throws -> SecondOrderSections {
    try .butterworth(order: 3, .between(300, 6000), samplingRate: 30000)
  }

  /// The recording behind the filter in blocks of 4096 frames.
  private func filtered(_ recording: MemoryRecording) throws -> FilteredRecording {
    FilteredRecording(recording, filter: StreamingFilter(try filter(), leastBlockFrames: 4096))
  }

  @Test(arguments: [1, 4, 6]) func blocksAreTheWholeFilteredAtOnce(channels: Int) throws {
    let recording = MemoryRecording(
      samples: drifting(frames: 10_000, channels: channels), channelCount: channels)
    let filtered = try filtered(recording)
    #expect(filtered.filter.blocks(of: recording.segments).count == 3)
    let streamed = try filtered.read(frames: 0..<10_000).map(Double.init)
    let whole = try filter().filteredForwardBackward(
      recording.samples.map(Double.init), channelCount: channels)
    #expect(largestDifference(streamed, whole) < 1e-3)
  }

  @Test func aHugeStepIsForgottenWithinTheMargin() throws {
    // Ten thousand microvolts of one sign before, of the other after the first block's margin begins.
    var samples = [Float](repeating: 10_000, count: 10_000)
    for i in 4_000..<10_000 { samples[i] = -10_000 }
    for i in stride(from: 0, to: 10_000, by: 7) { samples[i] = 0 }
    let recording = MemoryRecording(samples: samples, channelCount: 1)
    for band in [Band.between(300, 6000), .above(300), .between(500, 4000)] {
      for order in [1, 3, 9] {
        let filter = try SecondOrderSections.butterworth(order: order, band, samplingRate: 30000)
        let blocks = StreamingFilter(filter, leastBlockFrames: 1024)
        let streamed = try FilteredRecording(recording, filter: blocks).read(frames: 0..<10_000).map(
          Double.init)
        let whole = filter.filteredForwardBackward(samples.map(Double.init), channelCount: 1)
        // A sample is handed out as a float: half a last place of 16,000 µV on top.
        #expect(largestDifference(streamed, whole) < 1e-3 + 1e-3, "\(order) \(band)")
      }
    }
  }

  @Test func anyRangeIsTheSameBits() throws {
    let recording = MemoryRecording(
      samples: drifting(frames: 12_000, channels: 4), cuts: [2_000, 2_003, 11_000])
    let filtered = try filtered(recording)
    let whole = try filtered.read(frames: 0..<12_000)
    for range in [0..<1, 6_095..<6_100, 1_990..<2_010, 10_000..<12_000] {
      #expect(
        try filtered.read(frames: range) == Array(whole[(4 * range.lowerBound)..<(4 * range.upperBound)]))
    }
  }

  @Test func everySegmentIsFilteredByItself() throws {
    var samples = drifting(frames: 9000, channels: 2)
    for i in (2 * 5000)..<samples.count { samples[i] += 5000 }
    let recording = MemoryRecording(samples: samples, channelCount: 2, cuts: [5000])
    let streamed = try filtered(recording).read(frames: 0..<9000).map(Double.init)
    let parts = [samples[..<10_000], samples[10_000...]].map { $0.map(Double.init) }
    let expected = try parts.flatMap { try filter().filteredForwardBackward($0, channelCount: 2) }
    #expect(largestDifference(streamed, expected) < 1e-3)
  }
}
