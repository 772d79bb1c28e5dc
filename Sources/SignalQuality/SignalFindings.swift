public import Recordings

/// Why a stretch of a recording is no brain signal.
public enum ArtifactReason: String, Codable, Sendable, CaseIterable {
  /// One value for longer than chance holds it: blanked, lost or not connected.
  case constant
  /// At the largest or smallest value the amplifier gives.
  case clipped
  /// What differs from pulse to pulse of a periodic stimulation.
  case stimulation
  /// Broad-band noise so loud that no spike of the recording would stand out of it: muscles, movement.
  case burst
  /// Deflections alike on all wires, larger than any spike.
  case alike
  /// What the user asked to leave out.
  case asked

  /// What it is, for people.
  public var words: String {
    switch self {
    case .constant: "constant"
    case .clipped: "clipped"
    case .stimulation: "stimulation"
    case .burst: "bursts of noise"
    case .alike: "deflections alike on all wires"
    case .asked: "asked for"
    }
  }
}

/// A stretch of some channels that is no brain signal.
public struct ArtifactStretch: Sendable, Equatable {
  /// The frames.
  public var frames: Range<Int>
  /// Why.
  public var reason: ArtifactReason
  /// The channels concerned, ascending.
  public var channels: [Int]

  /// Names a stretch.
  public init(frames: Range<Int>, reason: ArtifactReason, channels: [Int]) {
    self.frames = frames
    self.reason = reason
    self.channels = channels
  }
}

/// The pulses of a periodic stimulation, with what all of them have in common.
public struct StimulationPulses: Sendable, Equatable {
  /// The frame at which the waveform of each pulse begins, ascending.
  public var frames: [Int]
  /// The period in frames.
  public var period: Int
  /// The waveform, in the recording's unit: frames × channels.
  public var waveform: [Float]
  /// The number of channels.
  public var channelCount: Int

  /// The frames of the waveform.
  public var length: Int { waveform.count / max(channelCount, 1) }
  /// The largest deflection of the waveform.
  public var size: Float { waveform.reduce(0) { max($0, abs($1)) } }
}

/// What was found in a recording that cannot be brain signal.
public struct SignalFindings: Sendable, Equatable {
  /// The frames that were looked at.
  public var frameCount: Int
  /// The number of channels.
  public var channelCount: Int
  /// The stretches found, by their start.
  public var stretches: [ArtifactStretch] = []
  /// Broad-band noise that lasts so long that it is a state of the electrode: named, and not left out.
  public var states: [Range<Int>] = []
  /// A stimulation whose pulses are subtracted.
  public var pulses: StimulationPulses?

  /// Nothing was found.
  public init(frameCount: Int, channelCount: Int) {
    self.frameCount = frameCount
    self.channelCount = channelCount
  }

  /// Whether the recording is as it should be.
  public var isClean: Bool { stretches.isEmpty && pulses == nil }

  /// The frames that are left out: those in which more than half of the channels are no brain signal.
  public var excluded: FrameSet {
    var half: [ArtifactStretch] = []
    var whole: [Range<Int>] = []
    for stretch in stretches {
      if 2 * stretch.channels.count > channelCount {
        whole.append(stretch.frames)
      } else {
        half.append(stretch)
      }
    }
    return FrameSet(whole + overlapping(half))
  }

  /// Where stretches of few channels each make more than half of all channels together.
  private func overlapping(_ stretches: [ArtifactStretch]) -> [Range<Int>] {
    let edges = (0..<channelCount).flatMap { channel in
      frames(onChannel: channel, of: stretches).stretches.flatMap {
        [($0.lowerBound, 1), ($0.upperBound, -1)]
      }
    }.sorted { $0 < $1 }
    var found: [Range<Int>] = []
    var (bad, start) = (0, 0)
    for (frame, step) in edges {
      let wasBad = 2 * bad > channelCount
      bad += step
      let isBad = 2 * bad > channelCount
      if isBad, !wasBad { start = frame }
      if wasBad, !isBad { found.append(start..<frame) }
    }
    return found
  }

  /// The frames in which a channel is no brain signal.
  public func frames(onChannel channel: Int) -> FrameSet { frames(onChannel: channel, of: stretches) }

  private func frames(onChannel channel: Int, of stretches: [ArtifactStretch]) -> FrameSet {
    FrameSet(stretches.filter { $0.channels.contains(channel) }.map(\.frames))
  }
}
