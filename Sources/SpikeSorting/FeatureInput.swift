public import Foundation
public import LinearAlgebra
internal import NumPyInterop
public import Recordings
internal import SpikeFiles

/// Spikes that somebody else detected: features, and times and waveforms where they are known.
public struct FeatureInput: Sendable {
  /// The files read.
  public var urls: [URL]
  /// One spike a row.
  public var features: Matrix
  /// Frame of every spike; nil where not known.
  public var frames: [Int]?
  /// Frames a second; nil where not known.
  public var samplingRate: Double?
  /// Snippets: spikes × frames × channels; nil where not known.
  public var waveforms: Snippets?
  /// The recordings that were joined, with the frames each takes; nil where nothing was.
  var inputs: [InputFrames]?
  /// The clock of the recording, by the frames of the spikes; nil where time is the frame over the rate.
  var clock: RecordingClock?
  /// Whether this is the lab's folder, whose features are 3 principal components a channel.
  public var isLab: Bool

  /// Spikes as they are at hand.
  init(
    urls: [URL], features: Matrix, frames: [Int]?, samplingRate: Double?, waveforms: Snippets?, isLab: Bool
  ) {
    self.urls = urls
    self.features = features
    self.frames = frames
    self.samplingRate = samplingRate
    self.waveforms = waveforms
    self.isLab = isLab
  }

  /// Refuses tables that do not belong together.
  ///
  /// - Throws: `SortingError.badInput`.
  func check() throws(SortingError) {
    let name = urls.first?.lastPathComponent ?? "the features"
    let count = features.rows
    if let rate = samplingRate, !(rate > 0 && rate < 1e12) {
      throw .badInput("\(name): found \(rate) samples a second, expected a positive number")
    }
    if let frames, frames.count != count || !frames.allSatisfy({ (0...Self.lastFrame).contains($0) }) {
      throw .badInput("\(name): found \(frames.count) times, expected \(count) from 0 to \(Self.lastFrame)")
    }
    guard let waveforms else { return }
    let (size, overflows) = waveforms.frames.multipliedReportingOverflow(by: waveforms.channels)
    guard waveforms.frames > 0, waveforms.channels > 0, !overflows,
      waveforms.samples.count.isMultiple(of: size), waveforms.samples.count / size == count,
      waveforms.samples.allSatisfy(\.isFinite)
    else {
      throw .badInput(
        "\(name): found waveforms of \(waveforms.frames) frames and \(waveforms.channels) channels with "
          + "\(waveforms.samples.count) samples, expected as many finite ones as \(count) spikes have")
    }
  }

  /// Frames that no sum of a few of them overflows: a thousand years at 30 kHz.
  private static let lastFrame = 1_000_000_000_000_000

  /// Reads a features file, or a folder with the lab's files (any prefix): `*features.npy` and, where they are
  /// there, `*spiketimes_s.npy`, `*spiketimes_t.npy` and `*waveforms.npy`.
  ///
  /// - Parameters:
  ///   - url: the file or folder.
  ///   - times: a file with the frame of every spike, for a features file.
  ///   - waveforms: a file with snippets, for a features file.
  ///   - samplingRate: frames a second; from the lab's folder it is 1000·s/t.
  /// - Throws: `SortingError.badInput`, `NPYError`.
  public init(at url: URL, times: URL? = nil, waveforms: URL? = nil, samplingRate: Double? = nil) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
      throw SortingError.badInput(
        "\(url.path) does not exist; expected a features .npy file or the lab's folder")
    }
    guard isFolder.boolValue else {
      try self.init(
        features: url, times: times, milliseconds: nil, waveforms: waveforms, samplingRate: samplingRate)
      return
    }
    func file(_ suffix: String) throws -> URL? {
      let names = try FileManager.default.contentsOfDirectory(atPath: url.path).filter {
        $0.hasSuffix(suffix)
      }.sorted()
      guard names.count < 2 else {
        throw SortingError.badInput(
          "\(url.path) holds \(names.count) files that end in \(suffix) (\(names.joined(separator: ", "))); expected one"
        )
      }
      return names.first.map { url.appendingPathComponent($0) }
    }
    guard let features = try file("features.npy") else {
      throw SortingError.badInput(
        "\(url.path) holds no file that ends in features.npy; expected the lab's folder")
    }
    try self.init(
      features: features, times: times ?? file("spiketimes_s.npy"), milliseconds: file("spiketimes_t.npy"),
      waveforms: waveforms ?? file("waveforms.npy"), samplingRate: samplingRate)
    isLab = true
  }

  private init(
    features url: URL, times: URL?, milliseconds: URL?, waveforms: URL?, samplingRate: Double?
  ) throws {
    if let samplingRate, !(samplingRate > 0 && samplingRate.isFinite) {
      throw SortingError.badChoice(
        "the rate of the times: found \(samplingRate), expected a positive number of samples a second",
        of: [.samplingRate])
    }
    for file in [times, milliseconds, waveforms].compactMap(\.self)
    where !FileManager.default.fileExists(atPath: file.path) {
      throw SortingError.badInput("\(file.path) does not exist; expected a .npy file")
    }
    let array = try NPYArray(contentsOf: url)
    let name = url.lastPathComponent
    guard array.shape.count == 2 else {
      throw SortingError.badInput(
        "\(name) holds an array of shape \(array.shape); expected two axes, spikes × features")
    }
    let values = array.doubles()
    if let bad = values.firstIndex(where: { !$0.isFinite }) {
      let columns = max(array.shape[1], 1)
      throw SortingError.badInput(
        "\(name) holds \(values[bad]) at spike \(bad / columns), feature \(bad % columns); expected finite numbers"
      )
    }
    features = Matrix(rows: array.shape[0], columns: array.shape[1], storage: values)
    urls = [url]
    isLab = false
    self.samplingRate = samplingRate
    try readTimes(times, milliseconds: milliseconds)
    if let waveforms {
      self.waveforms = try snippets(waveforms)
      urls.append(waveforms)
    }
  }

  private mutating func readTimes(_ times: URL?, milliseconds: URL?) throws {
    guard let times else { return }
    let values = try column(times)
    let milliseconds = try milliseconds.map(column)
    if samplingRate == nil, let milliseconds, let last = values.indices.max(by: { values[$0] < values[$1] }),
      milliseconds[last] > 0
    {
      // The lab keeps times in samples and in ms; their ratio is the rate.
      samplingRate = (values[last] / milliseconds[last] * 1000).rounded()
    }
    guard let rate = samplingRate, rate > 0, rate.isFinite else {
      throw SortingError.unstated(
        "\(times.lastPathComponent) gives spike times in samples but not their rate; expected the rate with it",
        of: [.samplingRate])
    }
    let frames = values.map { Int($0.rounded()) }
    if let fault = SpikeClock.fault(in: frames, samplingRate: rate) {
      throw SortingError.badInput(
        "\(times.lastPathComponent): found \(fault.found), expected \(fault.expected)")
    }
    self.frames = frames
    urls.append(times)
  }

  /// One number a spike.
  private func column(_ url: URL) throws -> [Double] {
    let array = try NPYArray(contentsOf: url)
    let values = array.doubles()
    guard values.count == features.rows else {
      throw SortingError.badInput(
        "\(url.lastPathComponent) holds \(values.count) numbers; expected \(features.rows), one a spike")
    }
    guard values.allSatisfy({ $0.isFinite && $0 >= 0 && $0 < 1e15 }) else {
      throw SortingError.badInput(
        "\(url.lastPathComponent) holds times that are no samples; expected finite numbers from 0")
    }
    return values
  }

  /// Snippets in either order of frames and channels: the shorter axis is the channels.
  private func snippets(_ url: URL) throws -> Snippets {
    let array = try NPYArray(contentsOf: url)
    guard array.shape.count == 3, array.shape[0] == features.rows, array.shape[1] > 0, array.shape[2] > 0
    else {
      throw SortingError.badInput(
        "\(url.lastPathComponent) holds an array of shape \(array.shape); "
          + "expected \(features.rows) × frames × channels or \(features.rows) × channels × frames")
    }
    let values = array.floats()
    guard values.allSatisfy(\.isFinite) else {
      throw SortingError.badInput(
        "\(url.lastPathComponent) holds samples that are NaN or infinite; expected µV")
    }
    let (first, second) = (array.shape[1], array.shape[2])
    guard first < second else { return Snippets(frames: first, channels: second, samples: values) }
    var samples = values
    for n in 0..<features.rows {
      for c in 0..<first {
        for f in 0..<second { samples[(n * second + f) * first + c] = values[(n * first + c) * second + f] }
      }
    }
    return Snippets(frames: second, channels: first, samples: samples)
  }
}
