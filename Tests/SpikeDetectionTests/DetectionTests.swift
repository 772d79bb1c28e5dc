import Foundation
import LinearAlgebra
import NumPyInterop
import Recordings
import TestSupport
import Testing

@testable import SpikeDetection

/// White noise of 5 µV with a constant, and spikes at known frames with their troughs between frames.
private struct Scene {
  var samples: [Float]
  var times: [Double] = []

  init(seconds: Double, channels: Int = 4, sign: Float = -1, seed: UInt64 = 5, spikes: [Double]? = nil) {
    var generator = SeededGenerator(seed: seed)
    let frames = Int(seconds * 30000)
    samples = (0..<(frames * channels)).map { 300 + Float(5 * generator.normal()) + Float($0 % channels) }
    times =
      spikes
      ?? stride(from: 40.0, to: Double(frames) - 60, by: 157.3).map {
        $0 + Double.random(in: 0..<60, using: &generator)
      }
    for (i, time) in times.enumerated() {
      for frame in max(0, Int(time) - 20)..<min(frames, Int(time) + 40) {
        let t = Double(frame) - time
        let shape = exp(-t * t / 18) - 0.35 * exp(-(t - 12) * (t - 12) / 60)
        for channel in 0..<channels {
          let gain: Float = channel == i % channels ? 200 : 60
          samples[frame * channels + channel] += sign * gain * Float(shape)
        }
      }
    }
  }
}

@Suite struct DetectionTests {
  /// Blocks of 4096 frames, so that a second of recording has several.
  private func detect(
    _ recording: any Recording, _ options: DetectionOptions = DetectionOptions(), threads: Int = 2,
    blocksAtOnce: Int = 2
  ) throws -> DetectedSpikes {
    let filter = StreamingFilter(
      try .butterworth(
        order: options.filterOrder, options.band(samplingRate: recording.samplingRate),
        samplingRate: recording.samplingRate), leastBlockFrames: 4096)
    return try detectSpikes(
      in: recording, options: options, filter: filter, threads: threads, blocksAtOnce: blocksAtOnce
    ) { _ in }
  }

  @Test(arguments: [Float(-1), 1]) func everySpikeIsFoundBetweenItsFrames(sign: Float) throws {
    let scene = Scene(seconds: 1.5, sign: sign)
    // Spikes of sixty deviations ring a little after the filter.
    var options = DetectionOptions()
    options.threshold = 8
    let spikes = try detect(MemoryRecording(samples: scene.samples), options)
    #expect(spikes.peakSign == (sign < 0 ? .negative : .positive))
    #expect(spikes.count == scene.times.count)
    #expect(spikes.cutOffCount == 0)
    let errors = zip(spikes.frames, scene.times).map { Double($0) - $1 }
    #expect(abs(errors.reduce(0, +) / Double(errors.count)) < 1)
    let snippets = spikes.snippets
    #expect((snippets.frames, snippets.channels, snippets.trough) == (40, 4, 12))
    // Troughs a fraction of a frame apart are brought onto one frame: rounding alone would leave 0.29.
    let places = scene.times.indices.map { n -> Double in
      let trough = (-1...1).map { Double(sign * snippets[n][n * 160 + (12 + $0) * 4 + n % 4]) }
      #expect((100...250).contains(trough[1]))
      return (trough[2] - trough[0]) / (2 * (2 * trough[1] - trough[0] - trough[2]))
    }
    let spread = (places.reduce(0) { $0 + $1 * $1 } / Double(places.count)).squareRoot()
    #expect(spread < 0.15)
  }

  @Test func threadsDoNotMatter() throws {
    let recording = MemoryRecording(samples: Scene(seconds: 1).samples)
    let one = try detect(recording, threads: 1)
    let oneFeatures = try one.channelFeatures(threads: 1)
    for threads in [2, 3, 7] {
      let other = try detect(recording, threads: threads)
      #expect(other.frames == one.frames)
      #expect(other.snippets == one.snippets)
      #expect(other.noise == one.noise)
      let features = try other.channelFeatures(threads: threads)
      #expect(features == oneFeatures)
    }
  }

  @Test func blockBordersAreInvisible() throws {
    // Spikes on and around the border of the blocks at 4096 and 8192, and pairs that straddle it.
    let times = [300, 1500.3, 3000, 4085.2, 4096, 4140.7, 6000, 8183.5, 8195.5, 9000, 10_500]
    let recording = MemoryRecording(samples: Scene(seconds: 0.4, spikes: times).samples)
    let blocks = try detect(recording, blocksAtOnce: 1)
    #expect(blocks.frames.count == times.count)
    for (frame, time) in zip(blocks.frames, times) { #expect(abs(Double(frame) - time) < 1.5) }
    for blocksAtOnce in [1, 3, 16] {
      let other = try detect(recording, blocksAtOnce: blocksAtOnce)
      #expect(other.frames == blocks.frames && other.snippets == blocks.snippets)
    }
    // The snippets are those of the stitched trace.
    var plain = DetectionOptions()
    plain.alignsBetweenFrames = false
    let unshifted = try detect(recording, plain)
    let filter = StreamingFilter(
      try .butterworth(order: 3, .between(300, 6000), samplingRate: 30000), leastBlockFrames: 4096)
    let trace = try FilteredRecording(recording, filter: filter).read(frames: 0..<recording.frameCount)
    for (spike, frame) in unshifted.frames.enumerated() {
      #expect(Array(unshifted.snippets[spike]) == Array(trace[(4 * (frame - 12))..<(4 * (frame + 28))]))
    }
  }

  @Test func spikesCutByTheEndsAreCounted() throws {
    let recording = MemoryRecording(samples: Scene(seconds: 0.3, spikes: [5, 2000, 5000, 8990]).samples)
    // The signal's mirror image at an end rings a little.
    var options = DetectionOptions()
    options.threshold = 10
    let spikes = try detect(recording, options)
    #expect(spikes.frames.map { ($0 + 5) / 10 } == [200, 500])
    #expect(spikes.cutOffCount == 2)
    #expect(spikes.warnings == ["2 spikes are cut by an end of the recording and left out"])
  }

  @Test func theLargerOfTwoWithinTheLockoutWins() {
    let depths: [Float] = [0, 5, 6, 5, 0, 0, 6, 0, 7, 7, 0, 0, 0, 0, 4, 9]
    #expect(depths.peaks(above: 4.5, lockout: 1) == [2, 6, 8, 15])
    #expect(depths.peaks(above: 4.5, lockout: 2) == [2, 8, 15])
    #expect(depths.peaks(above: 4.5, lockout: 4) == [2, 8, 15])
    #expect(depths.peaks(above: 4.5, lockout: 6) == [8, 15])
    #expect(depths.peaks(above: 9, lockout: 1) == [])
    let part = depths.withUnsafeBufferPointer { $0.peaks(above: 4.5, lockout: 2, in: 3..<9) }
    #expect(part == [8])
  }

  @Test func deadAndRepeatedChannelsAreLeftOut() throws {
    var samples = Scene(seconds: 0.5).samples
    for frame in 0..<(samples.count / 4) {
      samples[4 * frame + 1] = -7
      samples[4 * frame + 3] = samples[4 * frame]
    }
    let spikes = try detect(MemoryRecording(samples: samples))
    #expect(spikes.noise.faults == [.dead(channel: 1), .duplicate(channel: 3, of: 0)])
    #expect(spikes.warnings.count == 2)
    #expect(spikes.noise.deviations[1] == 0 && spikes.noise.deviations[3] == 0)
    #expect(spikes.noise.deviations[0] > 2 && spikes.noise.deviations[2] > 2)
    #expect(spikes.snippets.samples.allSatisfy { $0.isFinite })
    let features = try spikes.channelFeatures()
    #expect(features.channels == [0, 2])
    #expect(features.scores.columns == 6)
    #expect(features.scores.storage.allSatisfy { $0.isFinite })
    let dead = MemoryRecording(samples: [Float](repeating: 4, count: 4000))
    #expect(throws: SpikeDetectionError.noSignal(file: "/memory")) { _ = try detect(dead) }
  }

  @Test func theFirstBadSampleIsNamed() throws {
    var samples = Scene(seconds: 1).samples
    samples[4 * 20_000 + 1] = .nan
    samples[4 * 9_000 + 2] = .infinity
    let recording = MemoryRecording(samples: samples)
    #expect(
      throws: RecordingError.notFinite(file: "/memory", frame: 9000, channel: 2, value: .infinity)
    ) { try detectSpikes(in: recording) }
  }

  @Test func noiseAloneHasNoSpikes() throws {
    var options = DetectionOptions()
    options.threshold = 8
    for channels in [1, 4, 5] {
      let recording = MemoryRecording(
        samples: Scene(seconds: 0.2, channels: channels, spikes: []).samples, channelCount: channels)
      let spikes = try detect(recording, options)
      #expect(spikes.count == 0)
      #expect(spikes.snippets.samples.isEmpty && spikes.cutOffCount == 0)
      #expect(spikes.noise.whitenedDeviations.allSatisfy { abs($0 - 1) < 0.1 })
      #expect(try spikes.channelFeatures().scores.rows == 0)
    }
    // Very short recordings too.
    for frames in [1, 2, 10, 60] {
      let tiny = MemoryRecording(samples: (0..<(frames * 4)).map { Float(($0 * 7919) % 13) })
      if frames > 1 { #expect(try detect(tiny, options).count == 0) }
    }
  }

  @Test func anyNumberOfChannelsIsTheSameDetector() throws {
    // The path for four channels against that for any number: a fifth, silent but for noise, changes little.
    let scene = Scene(seconds: 0.5)
    var generator = SeededGenerator(seed: 77)
    let wide = scene.samples.indices.flatMap { i in
      i % 4 == 3 ? [scene.samples[i], Float(10 * generator.normal())] : [scene.samples[i]]
    }
    let four = try detect(MemoryRecording(samples: scene.samples))
    let five = try detect(MemoryRecording(samples: wide, channelCount: 5))
    #expect(four.frames.count == five.frames.count)
    #expect(zip(four.frames, five.frames).allSatisfy { abs($0 - $1) <= 1 })
  }

  @Test func theMedianReferenceTakesOutWhatIsCommon() throws {
    var samples = Scene(seconds: 0.3, channels: 5, spikes: [4000]).samples
    for frame in 0..<(samples.count / 5) {
      let hum = 400 * sin(Float(frame) * 0.2)
      for channel in 0..<5 { samples[5 * frame + channel] += hum }
    }
    var options = DetectionOptions()
    options.reference = .median
    options.detectsOnWhitened = false
    options.threshold = 8
    let spikes = try detect(MemoryRecording(samples: samples, channelCount: 5), options)
    #expect(spikes.count == 1)
    #expect(abs((spikes.frames.first ?? 0) - 4000) <= 1)
  }

  @Test func optionsThatMakeNoSenseAreRefused() {
    let recording = MemoryRecording(samples: [1, 2, 3, 4])
    var bad = [DetectionOptions](repeating: DetectionOptions(), count: 4)
    bad[0].threshold = 0
    bad[1].filterOrder = 0
    bad[2].lockoutMilliseconds = -1
    bad[3].band = .between(6000, 300)
    for options in bad {
      #expect(throws: SpikeDetectionError.self) { try detectSpikes(in: recording, options: options) }
    }
  }

  @Test func progressCanEndTheSearch() throws {
    struct Stop: Error {}
    let recording = MemoryRecording(samples: Scene(seconds: 0.3).samples)
    #expect(throws: Stop.self) { try detectSpikes(in: recording) { _ in throw Stop() } }
  }
}

@Suite struct FeatureTests {
  @Test func featuresAreScoresOfTheirComponents() throws {
    let recording = MemoryRecording(samples: Scene(seconds: 1).samples)
    let spikes = try detectSpikes(in: recording)
    let lab = try spikes.channelFeatures()
    #expect(lab.scores.columns == 12 && lab.scores.rows == spikes.count)
    for channel in 0..<4 {
      let snippets = Matrix(
        rows: (0..<spikes.count).map { spike in
          let snippet = Array(spikes.snippets[spike])
          return (0..<40).map { Double(snippet[4 * $0 + channel]) }
        })
      let pca = try PrincipalComponents(of: snippets, count: 3)
      #expect(lab.components[channel] == pca)
      let expected = pca.scores(of: snippets)
      let ours = lab.scores.selecting(columns: [3 * channel, 3 * channel + 1, 3 * channel + 2])
      #expect(largestDifference(ours.storage, expected.storage) < 1e-9)
    }
    #expect(lab.components[0].explainedVarianceRatio[0] > 0.3)
  }
}

/// The real tetrode recordings, where they are at hand.
@Suite(.enabled(if: samplesFolder() != nil, "the sample recordings are not here")) struct RealRecordingTests {
  @Test func theLocustTetrodeHasSpikes() throws {
    let folder = try #require(samplesFolder()).appendingPathComponent("locust_tetrode")
    let recording = try openRecording(
      at: folder.appendingPathComponent("locust_trial_01.raw"),
      description: RecordingDescription(samplingRate: 15000, channelCount: 4))
    #expect(recording.unit == "ADC units")
    let spikes = try detectSpikes(in: RecordingSelection(recording, frames: 0..<60_000))
    #expect(spikes.peakSign == .negative)
    #expect((50...1000).contains(spikes.count))
    #expect(spikes.noise.faults.isEmpty)
  }
}
