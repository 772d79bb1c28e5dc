import Foundation
import LinearAlgebra
import NumPyInterop
import Recordings
import Simulation
import SpikeDetection
import TestSupport
import Testing

@testable import SignalQuality

/// White noise of 10 µV in whole steps of 0.195 µV, as 16-bit amplifiers give it, and what is done to it.
private struct MemoryRecording: Recording {
  let channelCount: Int
  var samples: [Float]
  var samplingRate = 30_000.0
  var gaps: [RecordingGap] { [] }
  var frameCount: Int { samples.count / channelCount }
  var gain: Gain? { Gain(microvoltsPerUnit: 1) }
  var probe: Probe { .standard(channelCount: channelCount) }
  var files: [URL] { [] }

  init(channels: Int = 4, seconds: Double = 20, step: Double = 0.195, seed: UInt64 = 1) {
    channelCount = channels
    var generator = NumPyGenerator(entropy: [seed])
    samples = generator.standardNormals(count: Int(30_000 * seconds) * channels).map {
      Float((10 * $0 / step).rounded() * step)
    }
  }

  func read(frames: Range<Int>, into target: UnsafeMutableBufferPointer<Float>) throws {
    for i in 0..<frames.count * channelCount { target[i] = samples[frames.lowerBound * channelCount + i] }
  }

  mutating func change(_ frames: Range<Int>, channels: [Int]? = nil, _ change: (Int, Float) -> Float) {
    for frame in frames {
      for channel in channels ?? Array(0..<channelCount) {
        let i = frame * channelCount + channel
        samples[i] = change(frame - frames.lowerBound, samples[i])
      }
    }
  }

  func findings(threads: Int = 2) throws -> SignalFindings {
    try ArtifactSearch(threads: threads).findings(in: self).findings
  }
}

@Suite("What cannot be brain signal")
struct ArtifactSearchTests {
  @Test(
    "In plain noise nothing is found, be its steps fine or as coarse as its deviation",
    arguments: [0.195, 10, 25])
  func findsNothing(step: Double) throws {
    let found = try MemoryRecording(step: step).findings()
    #expect(found.stretches.isEmpty && found.states.isEmpty && found.pulses == nil)
  }

  @Test("Blanked stretches are found to the frame, and those of one wire are bridged on it alone")
  func findsConstants() throws {
    var recording = MemoryRecording()
    recording.change(10_000..<10_900) { _, _ in 0 }
    recording.change(300_000..<301_000, channels: [2]) { _, _ in 7 }
    let found = try recording.findings()
    #expect(found.excluded.stretches == [10_000..<10_900])
    #expect(found.frames(onChannel: 2).stretches == [10_000..<10_900, 300_000..<301_000])
    #expect(found.frames(onChannel: 1).stretches == [10_000..<10_900])
    #expect(found.stretches.allSatisfy { $0.reason == .constant })
  }

  @Test("A wave that stands at the amplifier's limit is clipped")
  func findsClipping() throws {
    var recording = MemoryRecording()
    for start in stride(from: 30_000, to: 500_000, by: 40_000) {
      recording.change(start..<start + 3000) { i, x in
        Float(max(-60, min(60, Double(x) + 400 * sin(2 * .pi * Double(i) / 3000))))
      }
    }
    let found = try recording.findings()
    let clipped = found.stretches.filter { $0.reason == .clipped }
    #expect(clipped.count >= 20)
    #expect(found.excluded.overlaps(30_600..<30_900) && found.excluded.overlaps(32_100..<32_400))
  }

  @Test("A wire that dies midway is to be left out")
  func findsDeadWire() throws {
    var recording = MemoryRecording()
    recording.change(300_000..<600_000, channels: [1]) { _, _ in 0 }
    #expect(try ArtifactSearch().findings(in: recording).flatChannels == [1])
  }

  @Test(
    "Bursts louder than any spike are left out; those that spikes stand out of are kept",
    arguments: [20.0, 1.5])
  func findsBursts(loudness: Double) throws {
    var recording = MemoryRecording()
    // Spikes of 120 µV, every 20 ms.
    for start in stride(from: 300, to: 599_000, by: 607) {
      recording.change(start..<start + 12) { i, x in x - Float(120 * sin(.pi * Double(i) / 12)) }
    }
    let bursts = stride(from: 60_000, to: 590_000, by: 90_000).map { $0..<$0 + 9000 }
    for burst in bursts { recording.change(burst) { _, x in Float(loudness) * x } }
    let found = try recording.findings()
    guard loudness > 10 else {
      #expect(found.excluded.isEmpty)
      return
    }
    #expect(found.stretches.allSatisfy { $0.reason == .burst })
    #expect(found.excluded.stretches.count == bursts.count)
    for (stretch, burst) in zip(found.excluded.stretches, bursts) {
      #expect(
        abs(stretch.lowerBound - burst.lowerBound) <= 900 && abs(stretch.upperBound - burst.upperBound) <= 900
      )
    }
  }

  @Test(
    "A giant neuron that all wires see alike is none of it, a few huge deflections alike on all wires are")
  func tellsNeuronsFromArtefacts() throws {
    func findings(every frames: Int, microvolts: Double) throws -> SignalFindings {
      var recording = MemoryRecording()
      for (n, start) in stride(from: 3000, to: 599_000, by: 611).enumerated() {
        // Small spikes on one wire.
        recording.change(start..<start + 12, channels: [n % 4]) { i, x in
          x - Float(80 * sin(.pi * Double(i) / 12))
        }
      }
      for (n, first) in stride(from: 3333, to: 590_000, by: frames).enumerated() {
        // No interval twice.
        let start = first + n * n * 7919 % 4001
        recording.change(start..<start + 12) { i, x in x - Float(microvolts * sin(.pi * Double(i) / 12)) }
      }
      return try recording.findings()
    }
    #expect(try findings(every: 9001, microvolts: 600).excluded.isEmpty)
    #expect(try findings(every: 70_001, microvolts: 1500).excluded.stretches.count == 9)
  }

  @Test("Noise that changes for good is a state, and not left out")
  func findsStates() throws {
    var recording = MemoryRecording(channels: 2, seconds: 100)
    recording.change(1_800_000..<3_000_000) { _, x in 10 * x }
    let found = try recording.findings()
    #expect(found.excluded.isEmpty)
    #expect(found.states.count == 1)
  }

  @Test("Pulses of a clock of their own are subtracted, those beside the period too")
  func findsPulses() throws {
    var recording = MemoryRecording()
    let before = recording
    // 97.3 ms and a third of a frame.
    let starts = (0..<180).map { 9000 + Int((Double($0) * 2919.33).rounded()) }
    for start in starts {
      recording.change(start..<start + 300) { i, x in
        x + Float(800 * exp(-Double(i) / 40) - 500 * exp(-Double(i) / 15))
      }
    }
    let found = try recording.findings()
    let pulses = try #require(found.pulses)
    #expect(pulses.frames.count == starts.count)
    #expect(abs(pulses.period - 2919) <= 3)
    let cleaned = CleanedRecording(recording, findings: found)
    let (was, now) = (try before.read(frames: 0..<600_000), try cleaned.read(frames: 0..<600_000))
    let isLeft = { (i: Int) in !cleaned.excludedFrames.contains(i / 4) }
    #expect(was.indices.allSatisfy { !isLeft($0) || abs(was[$0] - now[$0]) < 12 })
    #expect(Double(cleaned.excludedFrames.count) < 0.02 * 600_000)
  }

  @Test("The findings are the same for any number of threads")
  func threads() throws {
    var recording = MemoryRecording()
    for start in stride(from: 60_000, to: 590_000, by: 90_000) {
      recording.change(start..<start + 9000) { _, x in 20 * x }
    }
    recording.change(10_000..<10_900) { _, _ in 0 }
    #expect(try recording.findings(threads: 1) == recording.findings(threads: 3))
  }

  @Test(
    "Nothing is left out of simulated recordings without artefacts",
    arguments: [
      [], [.ripples], [.upStates], [.fast], [.hum], [.leak], [.noisyWire], [.mixedSign], [.jump],
    ]
      as [Set<SimulationCondition>])
  func keepsCleanRecordings(conditions: Set<SimulationCondition>) throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    try simulate(SimulationOptions(seconds: 20, conditions: conditions, seed: 3), to: folder)
    let found = try ArtifactSearch().findings(in: openRecording(at: folder)).findings
    #expect(found.excluded.isEmpty && found.pulses == nil)
  }

  @Test("Chewing is left out, light is subtracted and blanked frames are found")
  func findsSimulatedArtefacts() throws {
    func found(_ condition: SimulationCondition) throws -> SignalFindings {
      let folder = try temporaryFolder()
      defer { try? FileManager.default.removeItem(at: folder) }
      try simulate(SimulationOptions(seconds: 30, conditions: [condition], seed: 3), to: folder)
      return try ArtifactSearch().findings(in: openRecording(at: folder)).findings
    }
    let chewing = try found(.chewing)
    #expect((0.04...0.3).contains(Double(chewing.excluded.count) / 900_000))
    let light = try found(.light)
    #expect(light.pulses.map { abs($0.period - 3000) <= 3 && $0.frames.count >= 60 } == true)
    #expect(light.excluded.count < 9000)
    let blanked = try found(.blanked)
    #expect(abs(Double(blanked.excluded.count) / 900_000 - 0.6) < 0.005)
  }
}

@Suite("A recording without its artefacts")
struct CleanedRecordingTests {
  @Test("Bridged frames lie on a line, whatever range is read")
  func bridges() throws {
    let recording = MemoryRecording(seconds: 1)
    var findings = SignalFindings(frameCount: 30_000, channelCount: 4)
    findings.stretches = [
      ArtifactStretch(frames: 0..<50, reason: .asked, channels: [0, 1, 2, 3]),
      ArtifactStretch(frames: 1000..<1100, reason: .asked, channels: [0, 1, 2, 3]),
      ArtifactStretch(frames: 2000..<2100, reason: .constant, channels: [1]),
    ]
    let cleaned = CleanedRecording(recording, findings: findings)
    let whole = try cleaned.read(frames: 0..<30_000)
    #expect(cleaned.excludedFrames.stretches == [0..<50, 1000..<1100])
    for frame in 0..<50 { #expect(whole[4 * frame + 2] == recording.samples[4 * 50 + 2]) }
    let (first, last) = (recording.samples[4 * 999 + 3], recording.samples[4 * 1100 + 3])
    for i in 0..<100 {
      #expect(abs(whole[4 * (1000 + i) + 3] - (first + (last - first) * Float(i + 1) / 101)) < 1e-3)
    }
    #expect(whole[4 * 2050] == recording.samples[4 * 2050])
    #expect(whole[4 * 2050 + 1] != recording.samples[4 * 2050 + 1])
    for range in [0..<10, 1050..<1060, 990..<1200, 2090..<2300, 1000..<1100] {
      #expect(try cleaned.read(frames: range) == Array(whole[4 * range.lowerBound..<4 * range.upperBound]))
      let some = [Float](unsafeUninitializedCapacity: 2 * range.count) { buffer, count in
        try? cleaned.read(
          frames: range, channels: [3, 1],
          into: UnsafeMutableBufferPointer(rebasing: buffer[..<(2 * range.count)]))
        count = 2 * range.count
      }
      #expect(some == range.flatMap { [whole[4 * $0 + 3], whole[4 * $0 + 1]] })
    }
  }
}
