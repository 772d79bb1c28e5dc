internal import Foundation
public import Recordings
public import SignalQuality

extension Sorting {
  /// What of a recording was found to be no brain signal, by frames as spike times count them.
  public struct Artifacts: Codable, Sendable, Equatable {
    /// Stretches of one kind.
    public struct Kind: Codable, Sendable, Equatable {
      /// Why.
      public var reason: ArtifactReason
      /// The channels of the file concerned.
      public var channels: [Int]
      /// The first frame and the one after the last of every stretch, one after the other.
      public var frames: [Int]

      /// The stretches.
      public var stretches: [Range<Int>] {
        stride(from: 0, to: frames.count - 1, by: 2).map { frames[$0]..<max(frames[$0], frames[$0 + 1]) }
      }

      init(_ reason: ArtifactReason, channels: [Int], _ stretches: [Range<Int>]) {
        self.reason = reason
        self.channels = channels
        frames = stretches.flatMap { [$0.lowerBound, $0.upperBound] }
      }
    }

    /// The pulses of a stimulation.
    public struct Pulses: Codable, Sendable, Equatable {
      /// How many there are.
      public var count: Int
      /// From one to the next, in seconds.
      public var periodSeconds: Double
      /// The largest deflection of what was subtracted, in the source's unit.
      public var size: Double
    }

    /// What is left out: neither noise nor spikes are looked for there, and no time passes in rates and drift.
    public var excluded: [Kind]
    /// What is bridged on a few channels and counts as recorded.
    public var bridged: [Kind]
    /// Noise far louder than elsewhere that lasts so long that it is sorted as it is.
    public var states: [Int]
    /// A stimulation whose mean waveform was subtracted.
    public var pulses: Pulses?

    /// All frames that are left out.
    public var excludedFrames: FrameSet { FrameSet(excluded.flatMap(\.stretches)) }

    /// - Parameters:
    ///   - start: the frame that those of the findings are counted from.
    ///   - channels: what the file calls the channels.
    init(_ findings: SignalFindings, start: Int, channels: [Int], samplingRate: Double) {
      func moved(_ range: Range<Int>) -> Range<Int> { range.lowerBound + start..<range.upperBound + start }
      let all = findings.excluded
      var reasons: [ArtifactReason: [Range<Int>]] = [:]
      var few: [Kind] = []
      for reason in ArtifactReason.allCases {
        let own = findings.stretches.filter { $0.reason == reason }
        reasons[reason] = own.filter { 2 * $0.channels.count > channels.count }.map(\.frames)
        few += Self.bridged(own.filter { 2 * $0.channels.count <= channels.count }, besides: all).map {
          Kind(reason, channels: $0.places.map { channels[$0] }, $0.stretches.map(moved))
        }
      }
      // Where a few channels each are flat at once.
      let named = FrameSet(reasons.values.joined().map { $0 })
      reasons[.constant, default: []] += all.stretches.flatMap { named.outside($0) }
      excluded = ArtifactReason.allCases.compactMap { reason in
        guard let stretches = reasons[reason], !stretches.isEmpty else { return nil }
        return Kind(reason, channels: channels, FrameSet(stretches).stretches.map(moved))
      }
      bridged = few
      states = findings.states.flatMap { [$0.lowerBound + start, $0.upperBound + start] }
      pulses = findings.pulses.map {
        Pulses(count: $0.frames.count, periodSeconds: Double($0.period) / samplingRate, size: Double($0.size))
      }
    }

    /// Stretches of few channels, without what is left out on all and what is too short to be told from a sample held.
    private static func bridged(
      _ stretches: [ArtifactStretch], besides excluded: FrameSet
    ) -> [(places: [Int], stretches: [Range<Int>])] {
      Dictionary(grouping: stretches, by: \.channels).sorted {
        $0.key.lexicographicallyPrecedes($1.key)
      }.compactMap { places, stretches in
        let left = stretches.flatMap { excluded.outside($0.frames) }.filter { $0.count >= 4 }
        return left.isEmpty ? nil : (places, FrameSet(left).stretches)
      }
    }

    /// What lies in some frames, counted from their start; the pulses of a stimulation stay those of the whole.
    package func within(_ frames: Range<Int>) -> Artifacts {
      func cut(_ kind: Kind) -> Kind? {
        let stretches = FrameSet(kind.stretches).within(frames).stretches
        return stretches.isEmpty ? nil : Kind(kind.reason, channels: kind.channels, stretches)
      }
      var result = self
      result.excluded = excluded.compactMap(cut)
      result.bridged = bridged.compactMap(cut)
      let ranges = stride(from: 0, to: states.count - 1, by: 2).map {
        states[$0]..<max(states[$0], states[$0 + 1])
      }
      result.states = FrameSet(ranges).within(frames).stretches.flatMap { [$0.lowerBound, $0.upperBound] }
      return result
    }

    /// Whether nothing was found.
    var isEmpty: Bool { excluded.isEmpty && bridged.isEmpty && states.isEmpty && pulses == nil }
  }
}

extension Sorting.Artifacts {
  /// A sentence for everything that was found.
  ///
  /// - Parameters:
  ///   - frameCount: the frames of the recording.
  ///   - unit: of the voltages.
  public func sentences(frameCount: Int, samplingRate: Double, unit: String) -> [String] {
    var sentences: [String] = []
    let lost = excludedFrames.count
    func seconds(_ frames: Int) -> String { Self.number(Double(frames) / samplingRate) + " s" }
    if lost > 0 {
      let kinds = excluded.map { kind in
        let stretches = kind.stretches
        let places = stretches.count == 1 ? "one stretch" : "\(stretches.count) stretches"
        return "\(kind.reason.words), \(seconds(stretches.reduce(0) { $0 + $1.count })) in \(places)"
      }
      let share = Self.number(100 * Double(lost) / Double(max(frameCount, 1)))
      sentences.append(
        "\(seconds(lost)) (\(share) %) are no brain signal and left out: " + kinds.joined(separator: "; "))
    }
    if let pulses {
      sentences.append(
        "\(pulses.count) pulses of a stimulation, \(Self.number(pulses.periodSeconds)) s apart and of up to "
          + "\(Self.number(pulses.size)) \(unit), are subtracted")
    }
    for kind in bridged {
      let names = kind.channels.map(String.init).joined(separator: ", ")
      let frames = kind.stretches.reduce(0) { $0 + $1.count }
      sentences.append(
        "channel\(kind.channels.count == 1 ? "" : "s") \(names): \(kind.reason.words) for \(seconds(frames)) and bridged there"
      )
    }
    for place in stride(from: 0, to: states.count - 1, by: 2) {
      sentences.append(
        "from \(seconds(states[place])) to \(seconds(states[place + 1])) the noise is far louder than elsewhere: a state of "
          + "the electrode, which is sorted as it is")
    }
    return sentences
  }

  /// Three digits, as more say nothing.
  private static func number(_ value: Double) -> String {
    guard value > 0, value.isFinite else { return "0" }
    let digits = max(0, 2 - Int(log10(value).rounded(.down)))
    let scale = pow(10, Double(digits))
    let rounded = (value * scale).rounded() / scale
    return Int(exactly: rounded).map { "\($0)" } ?? "\(rounded)"
  }
}

extension Sorting.Source {
  /// The frames that were left out as no brain signal, as spike times count them.
  public var excludedFrames: FrameSet { artifacts?.excludedFrames ?? .none }
}
