import Foundation
import LinearAlgebra
import NumPyInterop
import Recordings
import Testing

@testable import SpikeDetection

/// Noise of four channels: white and, where `slow` > 0, a slow one common to all.
private func noise(seconds: Double, slow: Double, seed: Int) -> [Float] {
  var generator = NumPyGenerator(seed: UInt64(seed))
  let frames = Int(seconds * 30_000)
  let own = generator.standardNormals(count: 4 * frames)
  let common = generator.standardNormals(count: frames)
  var level = 0.0
  return (0..<frames).flatMap { frame -> [Float] in
    level = 0.9 * level + common[frame]
    return (0..<4).map { Float(10 * own[4 * frame + $0] + slow * level) }
  }
}

/// The largest distance from 1 of an eigenvalue of the whitened noise's spectrum over that of white noise, inside the band.
private func unevenness(_ recording: MemoryRecording) throws -> Double {
  let options = DetectionOptions()
  let noise = try sampleNoise(of: recording, options: options, threads: 1).noise
  let traces = try WhitenedTraces(of: recording, options: options, noise: noise)
  let samples = try traces.read(0..<recording.frameCount, of: 0..<recording.frameCount)
  let (lags, count) = (60, 240)
  let spectrum = NoiseSpectrum(
    of: [samples], isQuiet: [[Bool](repeating: true, count: recording.frameCount)], whitening: .identity(4),
    lags: lags)
  let white = NoiseSpectrum.white(
    behind: try .butterworth(order: 3, .between(300, 6000), samplingRate: 30_000), samplingRate: 30_000,
    lags: lags, count: count)
  return try zip(spectrum.matrices(count: count), white).filter { $0.1 > 0.2 * (white.max() ?? 1) }.flatMap {
    matrix, power in try matrix.symmetricEigen().values.map { abs($0 / power - 1) }
  }.max() ?? 0
}

@Suite struct NoiseInTimeTests {
  @Test func noiseThatIsWhiteInTheBandHasNoEqualizer() throws {
    let recording = MemoryRecording(samples: noise(seconds: 20, slow: 0, seed: 1))
    #expect(try sampleNoise(of: recording, threads: 1).noise.equalizer == nil)
    #expect(try unevenness(recording) < 0.25)
  }

  @Test func slowCommonNoiseIsMadeWhiteOverTimeAndChannels() throws {
    let recording = MemoryRecording(samples: noise(seconds: 20, slow: 10, seed: 2))
    let equalizer = try #require(try sampleNoise(of: recording, threads: 1).noise.equalizer)
    #expect(equalizer.gain > 1.3)
    #expect(try unevenness(recording) < 0.25)
    // Whitening over channels alone leaves several times more at low frequencies than at high ones.
    let noise = try sampleNoise(of: recording, threads: 1).noise
    let spatial = NoiseModel(
      deviations: noise.deviations, whitening: noise.whitening, whitenedDeviations: noise.whitenedDeviations,
      faults: [])
    let plain = try WhitenedTraces(of: recording, options: DetectionOptions(), noise: spatial)
    let spectrum = NoiseSpectrum(
      of: [try plain.read(0..<recording.frameCount, of: 0..<recording.frameCount)],
      isQuiet: [[Bool](repeating: true, count: recording.frameCount)], whitening: .identity(4), lags: 60)
    let traces = spectrum.matrices(count: 240).map { $0.diagonal.reduce(0, +) }
    #expect(traces[8] > 2 * traces[40])
  }

  @Test func aRangeIsThatRangeOfTheWhole() throws {
    let recording = MemoryRecording(samples: noise(seconds: 8, slow: 10, seed: 3))
    let noise = try sampleNoise(of: recording, threads: 1).noise
    #expect(noise.equalizer != nil)
    let traces = try WhitenedTraces(of: recording, options: DetectionOptions(), noise: noise)
    let whole = try traces.read(0..<recording.frameCount, of: 0..<recording.frameCount)
    // To what the band-pass forgets of where it began.
    for range in [0..<1, 37..<5000, 100_001..<100_033, recording.frameCount - 70..<recording.frameCount] {
      let part = try traces.read(range, of: 0..<recording.frameCount)
      let same = whole[4 * range.lowerBound..<4 * range.upperBound]
      #expect(zip(part, same).allSatisfy { abs($0 - $1) < 1e-3 })
    }
  }

  @Test func anImpulseComesOutAsTheTapsSay() throws {
    let recording = MemoryRecording(samples: noise(seconds: 8, slow: 10, seed: 4))
    let equalizer = try #require(try sampleNoise(of: recording, threads: 1).noise.equalizer)
    let frames = 100
    func filtered(_ source: [Float]) -> [Float] {
      var target = [Float](repeating: 0, count: frames * 4)
      target.withUnsafeMutableBufferPointer { equalizer.write(source, into: $0) }
      return target
    }
    var source = [Float](repeating: 0, count: (frames + 2 * equalizer.reach) * 4)
    source[(equalizer.reach + 50) * 4 + 1] = 1
    let response = filtered(source)
    // Zero phase: what comes before is what comes after, on every channel.
    for lag in 1..<50 {
      for channel in 0..<4 {
        #expect(abs(response[(50 - lag) * 4 + channel] - response[(50 + lag) * 4 + channel]) < 1e-5)
      }
    }
    #expect(response.map(abs).max() == abs(response[50 * 4 + 1]))
    source[(equalizer.reach + 50) * 4 + 1] = 0
    source[(equalizer.reach + 83) * 4 + 1] = 1
    let later = filtered(source)
    for frame in 33..<100 { #expect(abs(later[frame * 4 + 2] - response[(frame - 33) * 4 + 2]) < 1e-5) }
  }

  @Test func aThousandSpikesASecondDoNotRaiseTheDeviation() throws {
    var samples = noise(seconds: 20, slow: 0, seed: 5)
    let calm = try sampleNoise(of: MemoryRecording(samples: samples), threads: 1).noise.deviations
    var generator = NumPyGenerator(seed: 6)
    for _ in 0..<20_000 {
      let frame = 40 + Int(generator.random() * Double(samples.count / 4 - 80))
      for i in -6...12 {
        let size = -150 * exp(-Double(i * i) / 8) + 60 * exp(-Double((i - 8) * (i - 8)) / 20)
        for channel in 0..<4 { samples[4 * (frame + i) + channel] += Float(size / Double(1 + channel)) }
      }
    }
    let busy = MemoryRecording(samples: samples)
    let found = try sampleNoise(of: busy, threads: 1).noise.deviations
    for (a, b) in zip(found, calm) { #expect(abs(a / b - 1) < 0.15) }
  }

  @Test func withoutAQuietFrameTheDeviationIsThatOfAllFrames() {
    // A sine of two deviations' height everywhere is no deflection; one beyond four is, and then nothing is left.
    let tone = (0..<40_000).map { Float(sin(Double($0))) }
    let quiet = QuietFrames([tone], channelCount: 1, used: [0], samplingRate: 30_000)
    #expect(quiet.isQuiet[0].allSatisfy { $0 })
    let spikes = (0..<40_000).map { Float($0 % 20 == 0 ? 100 : sin(Double($0))) }
    let none = QuietFrames([spikes], channelCount: 1, used: [0], samplingRate: 30_000)
    #expect(none.isQuiet[0].allSatisfy { $0 })
    #expect(none.deviations[0] > 0.5)
  }
}
