public import LinearAlgebra
public import Recordings
internal import SpikeDetection

/// Looks for what cannot be brain signal in a recording.
///
/// In this order: constant and clipped stretches by the raw samples; periodic stimulation; broad-band bursts; huge
/// deflections alike on all wires. Every threshold is what chance passes fewer than `falseFindings` times in a whole
/// recording, by the recording's own distribution. The result is the same bits for any number of threads.
public struct ArtifactSearch: Sendable {
  /// Findings of one kind that chance makes in a whole recording without artefacts.
  static let falseFindings = 0.01
  /// What lasts longer is a state of the electrode, in seconds.
  private static let stateSeconds = 30.0
  /// A channel that is constant or clipped for a larger share of what the others record says less than it costs: a wire of
  /// a tetrode is a quarter of what is known of a spike.
  private static let mostFlatShare = 0.25
  /// Huge is four times as large as anything that is not alike on all wires, and rare: a neuron that all wires see alike, as
  /// large among small others, fires more often in any recording in which it can be judged.
  private static let hugeFactor: Float = 4
  private static let mostHuge = 19
  /// No neuron reaches 2 mV outside itself, in µV; deflections alike on all wires that do may come as often as they like.
  private static let largestSpike: Float = 2000

  /// How many threads to use.
  public var threads: Int

  /// A search on so many threads.
  public init(threads: Int = Parallel.defaultThreads) { self.threads = threads }

  /// What is found in a recording of channels that see the same neurons.
  ///
  /// - Returns: the findings, and the channels that are flat for so much of the time that they are to be left out.
  /// - Throws: what reading throws.
  public func findings(
    in recording: any Recording
  ) throws -> (findings: SignalFindings, flatChannels: [Int]) {
    var findings = SignalFindings(frameCount: recording.frameCount, channelCount: recording.channelCount)
    guard recording.frameCount > 0 else { return (findings, []) }
    findings.stretches = Self.together(try FlatStretches(recording: recording, threads: threads).found())
    let flat = flatChannels(of: findings)
    let channels = (0..<recording.channelCount).filter { !flat.contains($0) }
    guard !channels.isEmpty, findings.excluded.count < recording.frameCount else { return (findings, []) }
    let rate = recording.samplingRate
    let filter = StreamingFilter(
      try .butterworth(order: 3, .between(300, min(6000, 0.45 * rate)), samplingRate: rate))
    try look(in: recording, channels, filter, adding: &findings)
    findings.stretches.sort {
      ($0.frames.lowerBound, $0.frames.upperBound, $0.reason.rawValue)
        < ($1.frames.lowerBound, $1.frames.upperBound, $1.reason.rawValue)
    }
    return (findings, flat)
  }

  /// Everything that shows in the filtered recording.
  private func look(
    in recording: any Recording, _ channels: [Int], _ filter: StreamingFilter,
    adding findings: inout SignalFindings
  ) throws {
    func scanner() throws -> SignalScanner {
      let ignored = channels.reduce(findings.excluded) { $0.union(findings.frames(onChannel: $1)) }
      let cleaned = CleanedRecording(recording, findings: findings)
      return try SignalScanner(
        cleaned, channels: channels, ignored: ignored, filter: filter, threads: threads)
    }
    var current = try scanner()
    guard current.noise > 0 else { return }
    var scan = try current.scan(threads: threads)
    if let (pulses, lost) = try Stimulation(scanner: current, threads: threads).found(scan.uniform) {
      findings.pulses = pulses
      let all = Array(0..<recording.channelCount)
      findings.stretches += lost.within(0..<recording.frameCount).stretches.map {
        ArtifactStretch(frames: $0, reason: .stimulation, channels: all)
      }
      current = try scanner()
      scan = try current.scan(threads: threads)
    }
    addLoud(scan, current, to: &findings)
  }

  /// Bursts, states and huge deflections.
  private func addLoud(_ scan: SignalScan, _ scanner: SignalScanner, to findings: inout SignalFindings) {
    let recording = scanner.recording
    let all = Array(0..<recording.channelCount)
    let bursts = Bursts(
      scan: scan, noise: scanner.noise, samplingRate: recording.samplingRate, segments: recording.segments,
      hop: scanner.hop
    ).found()
    let isState: (Range<Int>) -> Bool = { Double($0.count) > Self.stateSeconds * recording.samplingRate }
    findings.states = bursts.filter(isState)
    findings.stretches += bursts.filter { !isState($0) }.map {
      ArtifactStretch(frames: $0, reason: .burst, channels: all)
    }
    guard scanner.channels.count > 2 else { return }
    let left = FrameSet(bursts)
    let others = scan.deflections.filter { !left.contains($0.frame) && !$0.isAlike }.map(\.size).sorted()
    let largest =
      others.count > 20
      ? others[min(others.count - 1, Int(Double(others.count) * (1 - 1 / Double(max(others.count, 100)))))]
      : Float(100 * scanner.noise)
    let alike = scan.uniform.filter { $0.isAlike && !left.contains($0.frame) }
    let huge = alike.filter { $0.size > Self.hugeFactor * largest }
    let impossible = alike.filter { recording.gain != nil && $0.size > Self.largestSpike }
    let millisecond = Int(0.001 * recording.samplingRate)
    for event in huge.count > Self.mostHuge ? impossible : huge {
      let frames = event.frame - millisecond..<event.frame + 2 * millisecond
      findings.stretches.append(
        ArtifactStretch(frames: frames.clamped(to: 0..<recording.frameCount), reason: .alike, channels: all))
    }
  }

  /// The channels that are flat for too much of the time that the recording has otherwise.
  private func flatChannels(of findings: SignalFindings) -> [Int] {
    let excluded = findings.excluded
    let left = Double(findings.frameCount - excluded.count)
    return (0..<findings.channelCount).filter { channel in
      let own = findings.frames(onChannel: channel).union(excluded).count - excluded.count
      return Double(own) > Self.mostFlatShare * left
    }
  }

  /// Stretches of single channels, those of the same frames and reason as one.
  private static func together(_ stretches: [ArtifactStretch]) -> [ArtifactStretch] {
    let sorted = stretches.sorted {
      ($0.frames.lowerBound, $0.frames.upperBound, $0.reason.rawValue, $0.channels[0])
        < ($1.frames.lowerBound, $1.frames.upperBound, $1.reason.rawValue, $1.channels[0])
    }
    return sorted.reduce(into: [ArtifactStretch]()) { result, stretch in
      if let last = result.last, last.frames == stretch.frames, last.reason == stretch.reason {
        result[result.count - 1].channels += stretch.channels
      } else {
        result.append(stretch)
      }
    }
  }
}
