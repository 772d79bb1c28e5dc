public import LinearAlgebra
public import Recordings

/// The spikes of a recording, in the order of time.
///
/// A spike takes 8 bytes and the snippet's frames × channels × 4: 648 bytes with 40 frames of 4 channels.
public struct DetectedSpikes: Sendable {
  /// Frames a second.
  public let samplingRate: Double
  /// What is known of the noise.
  public let noise: NoiseModel
  /// The sign the spikes were found by; never `auto`.
  public let peakSign: PeakSign
  /// Of spikes nearer to each other than this only one was found, in ms.
  public let lockoutMilliseconds: Double
  /// The frame of every spike's trough.
  public internal(set) var frames: [Int]
  /// The filtered snippets, their troughs on one frame.
  public internal(set) var snippets: Snippets
  /// Spikes whose snippet would reach beyond an end of the recording, or of a segment of it; they are left out.
  public internal(set) var cutOffCount = 0

  /// Spikes found in a noise.
  ///
  /// - Parameters:
  ///   - frames: the frame of every spike's trough, ascending.
  ///   - snippets: one a spike, filtered, in the recording's unit; of no size where none are known.
  public init(
    samplingRate: Double, noise: NoiseModel, peakSign: PeakSign, lockoutMilliseconds: Double = 0,
    frames: [Int] = [], snippets: Snippets
  ) {
    precondition(snippets.size == 0 || snippets.count == frames.count, "every spike needs a snippet")
    self.lockoutMilliseconds = lockoutMilliseconds
    self.samplingRate = samplingRate
    self.noise = noise
    self.peakSign = peakSign
    self.frames = frames
    self.snippets = snippets
  }

  /// The number of spikes.
  public var count: Int { frames.count }

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
  /// Gives the noise the spectrum of white noise in the band, before all else; nil where it has it.
  public internal(set) var equalizer: Equalizer?

  /// A noise known in every way.
  public init(
    deviations: [Double], whitening: Matrix, whitenedDeviations: [Double], faults: [ChannelFault]
  ) {
    self.deviations = deviations
    self.whitening = whitening
    self.whitenedDeviations = whitenedDeviations
    self.faults = faults
  }

  /// A noise of independent channels.
  public init(deviations: [Double]) {
    self.init(
      deviations: deviations, whitening: Matrix(diagonal: deviations.map { $0 > 0 ? 1 / $0 : 0 }),
      whitenedDeviations: deviations.map { $0 > 0 ? 1 : 0 }, faults: [])
  }
}

extension DetectedSpikes {
  /// Other spikes found in the same recording, in place of these.
  ///
  /// - Parameters:
  ///   - frames: the frame of every spike's trough, ascending.
  ///   - snippets: one a spike, of the shape of these.
  public func replaced(frames: [Int], snippets: Snippets) -> DetectedSpikes {
    var result = DetectedSpikes(
      samplingRate: samplingRate, noise: noise, peakSign: peakSign, lockoutMilliseconds: lockoutMilliseconds,
      frames: frames, snippets: snippets)
    result.cutOffCount = cutOffCount
    return result
  }
}
