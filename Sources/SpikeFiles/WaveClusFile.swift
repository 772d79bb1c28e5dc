internal import Foundation
internal import MATLABInterop
internal import Recordings

/// Spikes of wave_clus: a MAT-file with `spikes` (spikes × samples; a tetrode's channels follow one another) and
/// `index` (times in ms), or `times_*.mat` with `cluster_class` (cluster, time in ms) beside `spikes`.
struct WaveClusFile {
  private let url: URL
  private let file: MATFile

  /// Nil where the path is no MAT-file.
  init?(_ url: URL) throws(RecordingError) {
    guard url.pathExtension.lowercased() == "mat" else { return nil }
    self.url = url
    file = try openMAT(url)
  }

  func events(_ description: RecordingDescription) throws(RecordingError) -> SpikeEvents {
    guard let spikes = file["spikes"]?.numbers, spikes.shape.count == 2, spikes.shape[1] > 0 else {
      throw .malformed(
        file: url.path, found: "no variable spikes of spikes × samples among \(names)",
        expected: "snippets of wave_clus")
    }
    let (count, width) = (spikes.shape[0], spikes.shape[1])
    let classes = file["cluster_class"]?.numbers
    let milliseconds: [Double]? =
      classes.flatMap { $0.shape == [count, 2] ? Array($0.values.suffix(count)) : nil }
      ?? file["index"]?.numbers?.values
    var labels: [Int]?
    if let classes, classes.shape == [count, 2] {
      labels = classes.values.prefix(count).compactMap { Int(exactly: $0) }
      guard labels?.count == count else {
        throw .malformed(
          file: url.path, found: "clusters in cluster_class that are no whole numbers", expected: "0, 1, 2 …")
      }
    }
    if let milliseconds, milliseconds.count != count || !milliseconds.allSatisfy({ $0 >= 0 && $0 < 1e12 }) {
      throw .malformed(
        file: url.path, found: "\(milliseconds.count) times", expected: "\(count) times in ms, one a spike")
    }
    guard spikes.values.allSatisfy(\.isFinite) else {
      throw .malformed(file: url.path, found: "samples that are NaN or infinite", expected: "µV")
    }
    let stated = file["par"]?["sr"]?.numbers?.values.first ?? file["sr"]?.numbers?.values.first
    let rate = description.samplingRate ?? stated
    guard rate.map({ $0 > 0 && $0.isFinite }) ?? true else {
      throw .malformed(file: url.path, found: "a rate of \(rate ?? 0) Hz", expected: "a positive one")
    }
    if milliseconds != nil, rate == nil {
      throw .unstated(file: url.path, what: "its sampling rate", options: [.samplingRate])
    }
    let channels =
      description.channelCount ?? file["par"]?["channels"]?.numbers?.values.first.flatMap { Int(exactly: $0) }
      ?? 1
    guard channels > 0, width % channels == 0 else {
      throw .malformed(
        file: url.path, found: "\(width) samples a spike", expected: "a multiple of \(channels) channels")
    }
    let frames = width / channels
    // Column-major: the spikes of one sample follow one another.
    let values = interleaved(spikes: count, frames: frames, channels: channels) { n, c, f in
      Float(spikes.values[(c * frames + f) * count + n])
    }
    return SpikeEvents(
      name: url.deletingPathExtension().lastPathComponent, files: [url], samplingRate: rate,
      frames: rate.flatMap { rate in milliseconds?.map { SpikeEvents.frame($0 * rate / 1000) } },
      frameCount: nil,
      snippets: .init(
        frames: frames, channels: channels, samples: values,
        unit: "µV"),
      labels: labels,
      channels: Array(0..<channels))
  }

  private var names: String { file.variables.map(\.name).joined(separator: ", ") }
}

extension RecordingError {
  /// The same refusal as a recording's.
  init(_ error: MATError) {
    switch error {
    case .unreadable(let file, let reason): self = .unreadable(file: file, reason: reason)
    case .malformed(let file, let found, let expected):
      self = .malformed(file: file, found: found, expected: expected)
    }
  }
}
