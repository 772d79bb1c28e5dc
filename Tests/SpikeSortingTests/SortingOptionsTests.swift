import Foundation
import LinearAlgebra
import MixtureModels
import Recordings
import Simulation
import SpikeDetection
import SpikeTrains
import TestSupport
import Testing

@testable import SpikeSorting

/// Half a second of noise in memory at any rate.
private struct Noise: Recording {
  var channelCount = 2
  var samplingRate: Double
  var frameCount = 5000
  var gain: Gain? { nil }
  var files: [URL] { [] }
  var probe: Probe { .standard(channelCount: channelCount) }

  func read(frames: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws {
    var generator = SeededGenerator(seed: UInt64(frames.lowerBound))
    for place in buffer.indices { buffer[place] = Float(generator.normal()) * 10 }
  }
}

struct SortingOptionsTests {
  private static let impossible: [@Sendable (inout SortingOptions) -> Void] = [
    { $0.band = [300] }, { $0.band = [] }, { $0.band = [300, 600, 900] }, { $0.band = [600, 300] },
    { $0.band = [.nan, 300] }, { $0.band = [-1, 300] }, { $0.band = [300, .infinity] },
    { $0.threshold = .nan }, { $0.threshold = .infinity }, { $0.threshold = 0 }, { $0.threshold = -4 },
    { $0.excludedChannels = [-1] }, { $0.start = .nan }, { $0.end = .nan }, { $0.components = 0...3 },
    { $0.components = -5...(-1) }, { $0.components = 1...(.max) }, { $0.restarts = 0 },
    { $0.restarts = .max },
    { $0.seed = -1 }, { $0.seed = .max },
  ]

  @Test(arguments: impossible.indices) func whatCannotBeIsRefusedBeforeAnythingIsDone(_ place: Int) throws {
    var options = SortingOptions()
    options.model = .atRest(AtRest(.t))
    Self.impossible[place](&options)
    #expect(throws: SortingError.self) { try options.check() }
    #expect(throws: SortingError.self) { try sort(Noise(samplingRate: 30_000), options: options, threads: 1) }
    let input = FeatureInput(
      urls: [], features: Matrix(rows: 50, columns: 2, repeating: 1), frames: nil, samplingRate: nil,
      waveforms: nil, isLab: false)
    #expect(throws: SortingError.self) { try cluster(input, options: options, threads: 1) }
  }

  @Test func theDefaultsAndTheLabsArePossible() throws {
    try SortingOptions().check()
    try SortingOptions.lab.check()
  }

  @Test func tablesThatDoNotBelongTogether() {
    func input(_ change: (inout FeatureInput) -> Void) -> FeatureInput {
      var input = FeatureInput(
        urls: [], features: Matrix(rows: 20, columns: 2, repeating: 1), frames: Array(0..<20),
        samplingRate: 1000, waveforms: nil, isLab: false)
      change(&input)
      return input
    }
    let wrong: [(inout FeatureInput) -> Void] = [
      { $0.frames = [1, 2] }, { $0.frames = [Int](repeating: -1, count: 20) }, { $0.samplingRate = .nan },
      { $0.frames = [Int](repeating: .max, count: 20) }, { $0.samplingRate = 0 },
      { $0.waveforms = .init(frames: 3, channels: 2, samples: [1]) },
      { $0.waveforms = .init(frames: 0, channels: 0, samples: []) },
      { $0.waveforms = .init(frames: .max, channels: 2, samples: []) },
    ]
    for change in wrong {
      #expect(throws: SortingError.self) { try cluster(input(change), options: SortingOptions(), threads: 1) }
    }
  }

  /// Whoever says 1 MHz means another unit; at 2 kHz no spike is seen.
  @Test(arguments: [1e6, 250_001, 1e7, 1e300, .infinity, .nan, 10, 100, 1000, 2000, 0, -1])
  func ratesAtWhichNoSpikeCanBeSorted(_ rate: Double) {
    #expect(throws: SortingError.self) { try sort(Noise(samplingRate: rate), threads: 1) }
  }

  @Test(arguments: [4000.0, 8000, 200_000]) func ratesOfRealRecordings(_ rate: Double) throws {
    var options = SortingOptions()
    (options.components, options.restarts, options.model) = (1...1, 1, .atRest(AtRest(.t)))
    _ = try sort(Noise(samplingRate: rate), options: options, threads: 1)
  }

  @Test func optionsOfTracking() throws {
    var generator = SeededGenerator(seed: 2)
    let points = Matrix(rows: 60, columns: 1, storage: (0..<60).map { _ in generator.normal() })
    let data = try MixtureData(points, frames: (0..<60).map { $0 / 20 }, frameCount: 3)
    let wrong: [(inout TrackingOptions) -> Void] = [
      { $0.secondsPerFrame = 0 }, { $0.secondsPerFrame = .nan }, { $0.windowSeconds = .nan },
      { $0.windowSeconds = .infinity }, { $0.windowStartSeconds = .nan }, { $0.memorySeconds = .infinity },
      { $0.components = 0...2 }, { $0.seed = -1 }, { $0.seed = .max }, { $0.driftPerSecond = .nan },
    ]
    for change in wrong {
      var options = TrackingOptions()
      change(&options)
      #expect(throws: MixtureError.self) { try windowTrackPolish(data, options: options, threads: 1) }
      #expect(options.frames(ofSeconds: [0, .nan, -.infinity, .infinity]).count >= 1)
    }
    #expect(throws: MixtureError.self) {
      try heldOutScores(
        data.restricted(toFrames: 0..<1), of: [], options: MixtureOptions(), folds: BlockedFolds(count: 0))
    }
  }

  /// Another noise, another seed, other snippets: what is found in them is the noise of the trace they were cut from. The
  /// trace's is known to a few per cent, snippets leave out where it is quiet, and spikes that look alike differ in more
  /// than noise; before, it was 1.1 to 1.3 times as much, and more in dense recordings.
  @Test(arguments: [(UInt64(1), 9.0, 30), (2, 4, 40), (3, 15, 60)])
  func theNoiseOfSnippetsIsThatOfTheirTrace(_ seed: UInt64, _ noise: Double, _ frames: Int) throws {
    try withTemporaryFolder { folder in
      let options = SimulationOptions(seconds: 20, units: 4, noiseMicrovolts: noise, seed: seed)
      _ = try simulate(options, to: folder, name: "made")
      var detection = DetectionOptions()
      detection.beforeMilliseconds = Double(frames / 3) / 30
      detection.afterMilliseconds = Double(frames - frames / 3) / 30
      let spikes = try detectSpikes(in: try openRecording(at: folder), options: detection, threads: 2)
      let found = SnippetNoise(spikes.snippets).deviations
      for (own, true_) in zip(found, spikes.noise.deviations) {
        #expect(
          abs(own / true_ - 1) < 0.12, "\(own) of \(true_) in \(spikes.count) snippets of \(frames) frames")
      }
    }
  }
}
