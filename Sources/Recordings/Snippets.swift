/// Pieces of voltage around spikes, all of one length: spikes × frames × channels, row-major.
public struct Snippets: Sendable, Equatable {
  /// Frames of a snippet.
  public var frames: Int
  /// Channels of a snippet.
  public var channels: Int
  /// The frame that the spikes' deflections stand on; 0 where they are not aligned.
  public var trough: Int
  /// The samples: spikes × frames × channels.
  public var samples: [Float]
  /// "µV", or "ADC units" where the gain is not known.
  public var unit: String

  /// Makes a table of snippets.
  public init(frames: Int, channels: Int, trough: Int = 0, samples: [Float] = [], unit: String = "µV") {
    self.frames = frames
    self.channels = channels
    self.trough = trough
    self.samples = samples
    self.unit = unit
  }

  /// Samples of one snippet.
  public var size: Int { frames * channels }

  /// The number of snippets.
  public var count: Int { samples.count / max(size, 1) }

  /// The snippet of a spike: frames × channels.
  public subscript(spike: Int) -> ArraySlice<Float> { samples[spike * size..<(spike + 1) * size] }

  /// The same shape without snippets.
  public var emptied: Snippets { Snippets(frames: frames, channels: channels, trough: trough, unit: unit) }

  /// Some of the snippets, in the order given.
  public func selecting(_ spikes: some Sequence<Int>) -> Snippets {
    var result = emptied
    for spike in spikes { result.samples += self[spike] }
    return result
  }

  /// The snippets on some of their channels.
  public func selecting(channels kept: [Int]) -> Snippets {
    var result = self
    result.channels = kept.count
    result.samples = stride(from: 0, to: samples.count, by: max(channels, 1)).flatMap { start in
      kept.map { samples[start + $0] }
    }
    return result
  }

  /// Keeps the snippets of some spikes, ascending; in place, as snippets are most of a sorting's memory.
  public mutating func keep(_ spikes: [Int]) {
    let (size, surplus) = (size, count - spikes.count)
    for (place, spike) in spikes.enumerated() where place != spike {
      for i in 0..<size { samples[place * size + i] = samples[spike * size + i] }
    }
    samples.removeLast(surplus * size)
  }
}
