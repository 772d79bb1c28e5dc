import Foundation
public import SortingFormats
import SpikeDetection
public import SpikeSorting
import SpikeTrains
import TestSupport

/// A sorting of made-up spikes: neurons that fire by chance 3 ms apart at least, each a cloud of its own in feature space
/// with a waveform of its own. The same for the same seed.
public func madeSorting(neurons: Int = 4, spikesEach: Int = 120, seed: UInt64 = 3) -> Sorting {
  var generator = SeededGenerator(seed: seed)
  let (frames, channels, perChannel) = (20, 4, 3)
  let rate = 30_000.0
  let recordingFrames = spikesEach * 6000
  var events: [(frame: Int, neuron: Int)] = []
  for neuron in 0..<neurons {
    var frame = 0
    for _ in 0..<spikesEach {
      frame += 90 + Int(-log(Double.random(in: 1e-6..<1, using: &generator)) * 5000)
      events.append((frame, neuron))
    }
  }
  events = events.filter { $0.frame < recordingFrames }.sorted {
    ($0.frame, $0.neuron) < ($1.frame, $1.neuron)
  }
  let labels = events.map(\.neuron)
  var features: [Float] = []
  for neuron in labels {
    for c in 0..<channels {
      for p in 0..<perChannel {
        let centre = p == 0 ? 40 * cos(Double(neuron) * 1.3 + Double(c)) : 0
        features.append(Float(centre + generator.normal()))
      }
    }
  }
  func waveform(_ neuron: Int) -> [Float] {
    (0..<frames).flatMap { f in
      (0..<channels).map { c -> Float in
        let size = -90.0 / Double(1 + abs(c - neuron % channels)) - 7 * Double(neuron)
        return Float(size * exp(-pow(Double(f - 8) / (2 + 0.2 * Double(neuron)), 2)))
      }
    }
  }
  let means = (0..<neurons).map(waveform)
  let members = (0..<neurons).map { neuron in labels.indices.filter { labels[$0] == neuron } }
  let examples = members.flatMap { own in
    (0..<min(30, own.count)).map { own[$0 * own.count / min(30, own.count)] }
  }
  let snippets = examples.flatMap { n in means[labels[n]].map { $0 + Float(6 * generator.normal()) } }
  let units = (0..<neurons).map { id in
    Sorting.Unit(
      id: id, components: [id], spikeCount: members[id].count, peakChannel: id % channels,
      verdict: id == neurons - 1 ? .multi : .single)
  }
  let source = Sorting.Source(
    files: ["made.dat"], checksum: "00c0ffee", samplingRate: rate, frameCount: recordingFrames,
    channelPositions: [[0, 0], [0, 25], [25, 0], [25, 25]], amplitudeUnit: "µV", flatBinary: nil)
  let mixture = Sorting.MixtureSummary(
    model: .driftingT, weights: [Double](repeating: 1 / Double(neurons), count: neurons))
  let trace = Sorting.TraceExample(
    startFrame: 40, channels: channels, raw: [Float](repeating: 1, count: 24),
    filtered: [Float](repeating: 1, count: 24), thresholds: [27, 27, 27, 27], sign: .negative)
  return Sorting(
    source: source, options: SortingOptions(),
    spikes: Sorting.Spikes(
      frames: events.map(\.frame), components: labels, units: labels,
      amplitudes: labels.map { abs(means[$0][8 * channels + $0 % channels]) + Float(generator.normal()) },
      features: features, featureChannels: channels, featuresPerChannel: perChannel),
    mixture: mixture, units: units, pairs: [], merges: [],
    waveforms: Sorting.Waveforms(
      frames: frames, channels: channels, troughFrame: 8, componentMeans: means.flatMap { $0 },
      unitMeans: means.flatMap { $0 },
      unitDeviations: [Float](repeating: 6, count: neurons * frames * channels), exampleSpikes: examples,
      examples: snippets),
    traceExample: trace, warnings: [])
}

/// Calls `body` with a folder that holds a made-up result.
public func withMadeResult<Result>(
  _ sorting: Sorting = madeSorting(), _ body: (ResultFolder) throws -> Result
) throws -> Result {
  try withTemporaryFolder { (url) throws in
    let folder = ResultFolder(url.appendingPathComponent("made"))
    try folder.makeFolder("")
    try folder.write(sorting)
    return try body(folder)
  }
}

/// Calls `body` with a folder that holds a made-up result.
public func withMadeResult<Result>(
  _ sorting: Sorting = madeSorting(), _ body: (ResultFolder) async throws -> Result
) async throws -> Result {
  let url = try temporaryFolder()
  defer { try? FileManager.default.removeItem(at: url) }
  let folder = ResultFolder(url.appendingPathComponent("made"))
  try folder.makeFolder("")
  try folder.write(sorting)
  return try await body(folder)
}
