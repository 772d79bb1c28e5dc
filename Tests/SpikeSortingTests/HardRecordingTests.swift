import Foundation
import Recordings
import Simulation
import SpikeTrains
import TestSupport
import Testing

@testable import SpikeSorting

/// A recording whose frames are changed as they are read.
private struct ChangedRecording: Recording {
  let whole: any Recording
  /// Changes one frame's channels.
  let change: @Sendable (_ frame: Int, _ channels: inout [Float]) -> Void
  var channelCount: Int { whole.channelCount }
  var frameCount: Int { whole.frameCount }
  var samplingRate: Double { whole.samplingRate }
  var gain: Gain? { whole.gain }
  var probe: Probe { whole.probe }
  var files: [URL] { [] }

  func read(frames: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws {
    try whole.read(frames: frames, into: buffer)
    for (row, frame) in frames.enumerated() {
      let start = row * channelCount
      var channels = Array(buffer[start..<start + channelCount])
      change(frame, &channels)
      for (c, x) in channels.enumerated() { buffer[start + c] = x }
    }
  }
}

/// What happens to electrodes: the sorting ends, its numbers are finite, and what can be told of the neurons is told.
@Suite struct HardRecordingTests {
  private static let seconds = 30.0

  private func sorted(
    _ change: @escaping @Sendable (_ second: Double, _ channels: inout [Float]) -> Void
  ) throws -> (sorting: Sorting, truth: GroundTruth) {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = SimulationOptions()
    (options.seconds, options.units) = (Self.seconds, 3)
    let truth = try simulate(options, to: folder, name: "r")
    let recording = try openRecording(at: [folder])
    let rate = recording.samplingRate
    let changed = ChangedRecording(whole: recording) { change(Double($0) / rate, &$1) }
    let sorting = try sort(changed, threads: 2).sorting
    #expect(sorting.units.allSatisfy { ($0.signalToNoise ?? 0).isFinite && $0.spikeCount > 0 })
    #expect(sorting.spikes.amplitudes.allSatisfy { $0.isFinite })
    return (sorting, truth)
  }

  /// The spikes of some seconds that have a true one within 0.4 ms, and the true spikes there.
  private func hits(_ sorting: Sorting, _ truth: GroundTruth, during seconds: Range<Double>) -> (
    hit: Int, of: Int
  ) {
    let rate = sorting.source.samplingRate ?? 30_000
    let noise = Set(sorting.units.filter { $0.verdict == .noise }.map(\.id))
    let frames = sorting.spikes.frames ?? []
    let found = frames.indices.filter { !noise.contains(sorting.spikes.units[$0]) }.map { frames[$0] }
    let wanted = truth.times.filter { seconds.contains(Double($0) / rate) }
    return (wanted.count { time in found.contains { abs($0 - time) <= 12 } }, wanted.count)
  }

  @Test func aGap() throws {
    let (sorting, truth) = try sorted { second, channels in
      if (10..<16).contains(second) { channels = channels.map { _ in 0 } }
    }
    let frames = try #require(sorting.spikes.frames)
    #expect(
      frames.allSatisfy { !(10.1..<15.9).contains(Double($0) / (sorting.source.samplingRate ?? 30_000)) })
    for stretch in [0..<9.9, 16.1..<Self.seconds] {
      let (hit, all) = hits(sorting, truth, during: stretch)
      #expect(Double(hit) > 0.9 * Double(all))
    }
  }

  @Test func aChannelThatSaturates() throws {
    let (sorting, truth) = try sorted { second, channels in
      if (10..<14).contains(second) { channels[0] = 6389 }
    }
    let (hit, all) = hits(sorting, truth, during: 15..<Self.seconds)
    #expect(Double(hit) > 0.9 * Double(all))
  }

  @Test func anElectrodeThatJumps() throws {
    let (sorting, truth) = try sorted { second, channels in
      if second >= 15 { channels = [channels[2], channels[3], channels[0], channels[1]] }
    }
    // Within half a minute every waveform is at another place: not all can be followed, but most spikes are found.
    for stretch in [0..<15.0, 15..<Self.seconds] {
      let (hit, all) = hits(sorting, truth, during: stretch)
      #expect(Double(hit) > 0.7 * Double(all))
    }
  }

  /// A neuron whose waveform has a second, larger trough half a millisecond after the first is found at the larger.
  @Test func aWaveformOfTwoTroughs() throws {
    var generator = SeededGenerator(seed: 5)
    var times: [Int] = []
    var next = 300
    while next < Int(Self.seconds * 30_000) - 300 {
      times.append(next)
      next += 300 + Int(6000 * Double(generator.next() >> 11) / Double(1 << 53))
    }
    let size = [1.0, 0.8, 0.5, 0.3]
    var waveform: [Int: [Float]] = [:]
    for time in times {
      for frame in time - 30..<time + 12 {
        func trough(_ at: Int, _ depth: Double) -> Double {
          depth * exp(-0.5 * pow(Double(frame - time - at) / 3, 2))
        }
        // The channels share the larger trough more evenly.
        waveform[frame] = size.map { Float(-900 * trough(0, 0.5 + 0.5 * $0) - 500 * trough(-15, $0)) }
      }
    }
    let added = waveform
    let (sorting, _) = try sorted { second, channels in
      guard let more = added[Int((second * 30_000).rounded())] else { return }
      for c in channels.indices { channels[c] += more[c] }
    }
    let frames = try #require(sorting.spikes.frames)
    let shares = sorting.units.map { unit in
      let own = frames.indices.filter { sorting.spikes.units[$0] == unit.id }.map { frames[$0] }
      return Double(times.count { time in own.contains { abs($0 - time) <= 3 } }) / Double(times.count)
    }
    #expect(shares.max() ?? 0 > 0.9, "\(shares)")
  }

  /// Half a second is no recording: it is refused in a sentence that says what the rest is.
  @Test func silenceButForHalfASecond() throws {
    let error = #expect(throws: SortingError.self) {
      try sorted { second, channels in
        if second > 0.5 { channels = channels.map { _ in 0 } }
      }
    }
    #expect(error?.description.contains("no brain signal") == true)
  }
}
