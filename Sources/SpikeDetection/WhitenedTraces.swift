internal import LinearAlgebra
public import Recordings

/// A recording filtered, referenced and whitened, read by ranges: what spikes are searched in and matched against.
///
/// The noise has variance 1 in every direction across channels; channels left out are zero.
public struct WhitenedTraces: Sendable {
  /// The number of channels.
  public let channelCount: Int
  /// Blocks of a fixed length that cover the recording, in order; fixed by the recording alone.
  public let blocks: [FilterBlock]

  /// The recording's frames that are left out.
  public let excludedFrames: FrameSet

  private let recording: any Recording
  private let preparation: BlockPreparation
  /// channels × channels: a frame as a row times this is white.
  private let whitening: [Float]

  /// Traces of a recording whose noise is known.
  ///
  /// - Throws: `SpikeDetectionError` for a band that does not fit the sampling rate.
  public init(of recording: any Recording, options: DetectionOptions, noise: NoiseModel) throws {
    let rate = recording.samplingRate
    let filter = StreamingFilter(
      try .butterworth(order: options.filterOrder, options.band(samplingRate: rate), samplingRate: rate))
    let faulty = noise.faults.map(\.channel)
    self.recording = recording
    excludedFrames = recording.excludedFrames
    channelCount = recording.channelCount
    blocks = filter.blocks(of: recording.segments)
    preparation = BlockPreparation(
      filter: filter, reference: options.reference,
      used: (0..<recording.channelCount).filter { !faulty.contains($0) }, equalizer: noise.equalizer)
    whitening = noise.whitening.storage.map(Float.init)
  }

  /// The whitened samples of some frames, interleaved.
  ///
  /// - Parameters:
  ///   - frames: any range inside the segment.
  ///   - segment: the stretch without a gap they lie in.
  /// - Throws: what reading throws.
  public func read(_ frames: Range<Int>, of segment: Range<Int>) throws -> [Float] {
    var samples = try preparation.samples(of: FilterBlock(frames: frames, segment: segment), in: recording)
    samples.withUnsafeMutableBufferPointer { whiten($0) }
    return samples
  }

  private func whiten(_ samples: UnsafeMutableBufferPointer<Float>) {
    let n = channelCount
    if n == 4 {
      let w = (0..<4).map {
        SIMD4(whitening[4 * $0], whitening[4 * $0 + 1], whitening[4 * $0 + 2], whitening[4 * $0 + 3])
      }
      let (w0, w1, w2, w3) = (w[0], w[1], w[2], w[3])
      for i in stride(from: 0, to: samples.count, by: 4) {
        let y = (w0 * samples[i] + w1 * samples[i &+ 1]) + (w2 * samples[i &+ 2] + w3 * samples[i &+ 3])
        (samples[i], samples[i &+ 1], samples[i &+ 2], samples[i &+ 3]) = (y[0], y[1], y[2], y[3])
      }
      return
    }
    if n > mostChannelsInLoops {
      mixChannels(UnsafeBufferPointer(samples), by: whitening, channelCount: n) { first, mixed in
        guard let target = samples.baseAddress, let source = mixed.baseAddress else { return }
        (target + first * n).update(from: source, count: mixed.count)
      }
      return
    }
    guard let base = samples.baseAddress else { return }
    mixFewChannels(UnsafeBufferPointer(samples), by: whitening, channelCount: n) { frame, mixed in
      for c in 0..<n { base[frame &* n &+ c] = mixed[c] }
    }
  }
}
