public import LinearAlgebra

/// How far a unit's mean waveform rises above the noise.
public struct SignalToNoise: Sendable, Equatable {
  /// The channel with the largest peak of the polarity asked for.
  public let mainChannel: Int
  /// The peak on the main channel over its noise.
  public let extremum: Double
  /// The range from trough to peak on the main channel over its noise.
  public let peakToPeak: Double

  /// The ratios of a template. SpikeInterface's `snr`.
  ///
  /// - Parameters:
  ///   - template: a sample a row, a channel a column.
  ///   - noise: the noise of every channel in the template's unit (a robust standard deviation).
  ///   - negative: whether spikes point downwards.
  /// - Returns: nil where the template is empty or the main channel's noise is not positive.
  public init?(template: Matrix, noise: [Double], negative: Bool = true) {
    precondition(template.columns == noise.count, "every channel needs a noise level")
    guard template.rows > 0, template.columns > 0 else { return nil }
    let peaks = (0..<template.columns).map { channel in
      template.column(channel).map { negative ? -$0 : $0 }.max() ?? 0
    }
    let main = peaks.indices.max { peaks[$0] < peaks[$1] || (peaks[$0] == peaks[$1] && $0 > $1) } ?? 0
    guard noise[main] > 0 else { return nil }
    let trace = template.column(main)
    mainChannel = main
    extremum = abs(peaks[main]) / noise[main]
    peakToPeak = ((trace.max() ?? 0) - (trace.min() ?? 0)) / noise[main]
  }
}

/// The likeness of two waveforms up to a scale, as spikes late in a burst resemble the first ones.
///
/// - Parameters:
///   - first: samples of all channels, in any one order.
///   - second: the same number of samples.
/// - Returns: the cosine of the angle between them, and the factor by which `first` best fits `second` in least
///   squares; both 0 where a waveform is all zero.
public func waveformLikeness(_ first: [Double], _ second: [Double]) -> (cosine: Double, scale: Double) {
  precondition(first.count == second.count, "waveforms of one length are compared")
  var products = (0.0, 0.0, 0.0)
  for (a, b) in zip(first, second) {
    products.0 += a * a
    products.1 += a * b
    products.2 += b * b
  }
  guard products.0 > 0, products.2 > 0 else { return (0, 0) }
  return (products.1 / (products.0 * products.2).squareRoot(), products.1 / products.0)
}
