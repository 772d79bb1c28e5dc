/// A channel that carries nothing of its own.
public enum ChannelFault: Sendable, Equatable, CustomStringConvertible {
  /// The channel has one and the same value throughout.
  case dead(channel: Int)
  /// The channel repeats another, sample for sample.
  case duplicate(channel: Int, of: Int)
  /// The channel is constant or clipped for a good part of the time.
  case flat(channel: Int)

  /// The channel in question, from 0.
  public var channel: Int {
    switch self {
    case .dead(let channel), .duplicate(let channel, _), .flat(let channel): channel
    }
  }

  /// The same fault by other numbers of the channels.
  public func renumbered(_ number: (Int) -> Int) -> ChannelFault {
    switch self {
    case .dead(let channel): .dead(channel: number(channel))
    case .duplicate(let channel, let other): .duplicate(channel: number(channel), of: number(other))
    case .flat(let channel): .flat(channel: number(channel))
    }
  }

  /// One sentence for people; channels count from 0.
  public var description: String {
    switch self {
    case .dead(let channel): "channel \(channel) is dead (constant) and is left out"
    case .duplicate(let channel, let of): "channel \(channel) repeats channel \(of) and is left out"
    case .flat(let channel):
      "channel \(channel) is constant or clipped for more than a quarter of the time and is left out"
    }
  }
}

/// Finds dead and repeated channels in samples handed over piece by piece.
public struct ChannelCheck: Sendable {
  private let channelCount: Int
  private var first: [Float]?
  private var isConstant: [Bool]
  /// Pairs (channel, earlier channel) that have been equal so far.
  private var equalPairs: [(Int, Int)]

  /// A check that has seen nothing.
  public init(channelCount: Int) {
    self.channelCount = channelCount
    isConstant = [Bool](repeating: true, count: channelCount)
    equalPairs = (0..<channelCount).flatMap { later in (0..<later).map { (later, $0) } }
  }

  /// Looks at interleaved samples.
  public mutating func add(_ samples: [Float]) {
    precondition(samples.count % channelCount == 0, "samples must be whole frames")
    guard !samples.isEmpty else { return }
    let reference = first ?? Array(samples[..<channelCount])
    first = reference
    let starts = stride(from: 0, to: samples.count, by: channelCount)
    for channel in 0..<channelCount where isConstant[channel] {
      isConstant[channel] = starts.allSatisfy { samples[$0 + channel] == reference[channel] }
    }
    equalPairs.removeAll { later, earlier in
      starts.contains { samples[$0 + later] != samples[$0 + earlier] }
    }
  }

  /// The faults found so far, by channel; a channel has at most one.
  public var faults: [ChannelFault] {
    guard first != nil else { return [] }
    return (0..<channelCount).compactMap { channel in
      if isConstant[channel] { return .dead(channel: channel) }
      return equalPairs.first { $0.0 == channel }.map { .duplicate(channel: channel, of: $0.1) }
    }
  }
}

/// Dead and repeated channels, judged by sixteen stretches of 4096 frames spread evenly over the recording.
///
/// - Throws: `RecordingError`.
public func channelFaults(in recording: any Recording) throws -> [ChannelFault] {
  let length = min(4096, recording.frameCount)
  guard length > 0 else { return [] }
  var check = ChannelCheck(channelCount: recording.channelCount)
  for i in 0..<16 {
    let start = (recording.frameCount - length) * i / 15
    check.add(try recording.read(frames: start..<start + length))
  }
  return check.faults
}
