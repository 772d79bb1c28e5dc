public import Foundation
public import Recordings

/// Spikes that another program detected: what their files hold of them.
///
/// Snippets or features are there, or both. Everything runs over the spikes in order of time where times are known.
public struct SpikeEvents: Sendable {
  /// What the group is called: a tetrode, a shank, an electrode.
  public var name: String
  /// The files read.
  public var files: [URL]
  /// Frames a second; nil where not known.
  public var samplingRate: Double?
  /// The frame of every spike; nil where not known.
  public var frames: [Int]?
  /// The length of the recording in frames, where the files say it.
  public var frameCount: Int?
  /// The clock of the recording, by the frames of the spikes; nil where time is the frame over the rate.
  public var clock: RecordingClock?
  /// The recordings that were joined, with the frames each takes; nil where nothing was.
  public var inputs: [InputFrames]?
  /// Snippets; nil where only features are known.
  public var snippets: Snippets?
  /// Features; nil where only snippets are known.
  public var features: Features?
  /// The cluster of every spike, where the files hold a sorting too.
  public var labels: [Int]?
  /// The channels, as the recording numbers them.
  public var channels: [Int]
  /// A sentence for everything that was left out or taken for granted when the files were read.
  public var notices: [String] = []

  /// Features of all spikes.
  public struct Features: Sendable {
    /// Features of a spike.
    public var columns: Int
    /// The features: spikes × columns.
    public var values: [Double]

    /// Makes a table of features.
    public init(columns: Int, values: [Double]) {
      self.columns = columns
      self.values = values
    }
  }

  /// The number of spikes.
  public var count: Int {
    if let snippets { return snippets.count }
    if let features { return features.values.count / max(features.columns, 1) }
    return 0
  }

  /// The frame nearest to a time; −1, which `check` refuses, where there is none.
  static func frame(_ time: Double) -> Int {
    abs(time) < Double(SpikeClock.frames.upperBound) ? Int(time.rounded()) : -1
  }

  /// The spikes up to a number; all where there are no more.
  mutating func keep(_ count: Int) {
    if let frames { self.frames = Array(frames.prefix(count)) }
    if let labels { self.labels = Array(labels.prefix(count)) }
    if let snippets {
      self.snippets?.samples = Array(snippets.samples.prefix(count * snippets.frames * snippets.channels))
    }
    if let features { self.features?.values = Array(features.values.prefix(count * features.columns)) }
  }

  /// Refuses times that are no frames and samples that are no numbers, whatever file they come from.
  func check(path: String) throws(RecordingError) {
    let file = files.first?.path ?? path
    if let fault = SpikeClock.fault(in: frames ?? [], samplingRate: samplingRate) {
      throw .malformed(file: file, found: fault.found, expected: fault.expected)
    }
    if let size = snippets.map({ $0.frames * $0.channels }),
      let place = snippets?.samples.firstIndex(where: { !$0.isFinite })
    {
      throw .malformed(
        file: file, found: "a sample of spike \(place / max(size, 1)) that is NaN or infinite",
        expected: "finite voltages")
    }
  }

  /// The same spikes in order of time; as they are where no times are known.
  func inOrderOfTime() -> SpikeEvents {
    guard let frames else { return self }
    guard zip(frames, frames.dropFirst()).contains(where: { $0 > $1 }) else { return self }
    let order = frames.indices.sorted { (frames[$0], $0) < (frames[$1], $1) }
    func rows<Value>(_ values: [Value], _ size: Int) -> [Value] {
      order.flatMap { values[$0 * size..<($0 + 1) * size] }
    }
    var result = self
    result.frames = order.map { frames[$0] }
    result.labels = labels.map { rows($0, 1) }
    if let snippets { result.snippets?.samples = rows(snippets.samples, snippets.frames * snippets.channels) }
    if let features { result.features?.values = rows(features.values, features.columns) }
    return result
  }
}

extension SpikeEvents {
  /// Spikes that a detector of your own found.
  ///
  /// - Parameters:
  ///   - name: what the group is called in messages.
  ///   - frames: the frame of every spike, ascending.
  ///   - samplingRate: frames a second.
  ///   - frameCount: the length of the recording in frames; nil where not known.
  ///   - snippets: the samples around every spike, in the order of `frames`.
  public init(
    name: String = "the spikes", frames: [Int], samplingRate: Double, frameCount: Int? = nil,
    snippets: Snippets
  ) {
    self.init(
      name: name, files: [], samplingRate: samplingRate, frames: frames, frameCount: frameCount, clock: nil,
      inputs: nil, snippets: snippets, features: nil, labels: nil, channels: Array(0..<snippets.channels))
  }
}
