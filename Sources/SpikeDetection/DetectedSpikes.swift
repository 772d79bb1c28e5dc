public import LinearAlgebra
public import Recordings

/// The spikes of a recording, in the order of time.
///
/// A spike takes 28 bytes and the snippet's frames × channels × 4: 668 bytes with 40 frames of 4 channels.
public struct DetectedSpikes: Sendable {
  /// Frames a second.
  public let samplingRate: Double
  /// The number of channels.
  public let channelCount: Int
  /// The snippets' frames around the trough.
  public let window: SnippetWindow
  /// What is known of the noise.
  public let noise: NoiseModel
  /// The sign the spikes were found by; never `auto`.
  public let peakSign: PeakSign
  /// The frame of every spike's trough.
  public internal(set) var frames: [Int] = []
  /// The trough's place between frames, −0.5 to 0.5, to be added to the frame.
  public internal(set) var offsets: [Float] = []
  /// The channel of every spike's trough.
  public internal(set) var peakChannels: [Int] = []
  /// The filtered voltage at the trough on the peak channel, with its sign, in the recording's unit.
  public internal(set) var amplitudes: [Float] = []
  /// The filtered snippets in the recording's unit: [spike][frame][channel].
  public internal(set) var snippets: [Float] = []
  /// Spikes whose snippet would reach beyond an end of the recording, or of a segment of it; they are left out.
  public internal(set) var cutOffCount = 0

  /// The number of spikes.
  public var count: Int { frames.count }
  /// The numbers of a snippet.
  public var snippetLength: Int { window.count * channelCount }
  /// The snippet of a spike: [frame][channel].
  public func snippet(_ spike: Int) -> ArraySlice<Float> {
    snippets[(spike * snippetLength)..<((spike + 1) * snippetLength)]
  }

  /// What a user should know, one sentence each.
  public var warnings: [String] {
    var sentences = noise.faults.map(\.description)
    if cutOffCount > 0 {
      let spikes = cutOffCount == 1 ? "1 spike is" : "\(cutOffCount) spikes are"
      sentences.append("\(spikes) cut by an end of the recording and left out")
    }
    return sentences
  }
}

/// The noise of a filtered recording, estimated on blocks spread evenly over it.
public struct NoiseModel: Sendable, Equatable {
  /// The robust standard deviation of every channel in the recording's unit; 0 where the channel is left out.
  public let deviations: [Double]
  /// Makes noise white across channels, with unit variance: a frame as a row times this. Channels left out have zeros.
  public let whitening: Matrix
  /// The robust standard deviation of every whitened channel, near 1; 0 where the channel is left out.
  public let whitenedDeviations: [Double]
  /// Dead and repeated channels, left out of detection.
  public let faults: [ChannelFault]
}

extension DetectedSpikes {
  /// The frames counted from the start of a recording that these spikes' recording begins at a frame of.
  public func frames(from startFrame: Int) -> [Int] {
    // Nothing is copied where both begin together.
    startFrame == 0 ? frames : frames.map { $0 + startFrame }
  }

  /// Other spikes found in the same recording, in place of these.
  ///
  /// - Parameters:
  ///   - frames: the frame of every spike's trough, ascending.
  ///   - snippets: [spike][frame][channel], in the recording's unit.
  public func replaced(frames: [Int], snippets: [Float]) -> DetectedSpikes {
    precondition(snippets.count == frames.count * snippetLength, "every spike needs a snippet")
    var result = DetectedSpikes(
      samplingRate: samplingRate, channelCount: channelCount, window: window, noise: noise, peakSign: peakSign
    )
    result.cutOffCount = cutOffCount
    result.frames = frames
    result.offsets = [Float](repeating: 0, count: frames.count)
    result.snippets = snippets
    result.peakChannels.reserveCapacity(frames.count)
    result.amplitudes.reserveCapacity(frames.count)
    for spike in frames.indices {
      let trough = spike * snippetLength + window.before * channelCount
      var best = (channel: 0, size: -Double.infinity)
      for c in 0..<channelCount where noise.deviations[c] > 0 {
        let size = abs(Double(snippets[trough + c])) / noise.deviations[c]
        if size > best.size { best = (c, size) }
      }
      result.peakChannels.append(best.channel)
      result.amplitudes.append(snippets[trough + best.channel])
    }
    return result
  }
}
