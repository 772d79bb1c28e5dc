internal import Foundation
internal import NumPyInterop

/// Noise that falls with frequency and is mostly common to the wires: one-pole filters in a row.
struct SlowNoise {
  private var generator: NumPyGenerator
  private let channels: Int
  private let poles: Int
  private let pole: Double
  private let gain: Double
  /// The filters' states, those of what is common first, then each channel's.
  private var states: [Double]

  /// The share of a wire's variance that all wires have in common.
  private static let commonShare = 0.81

  /// Nil for a recording without.
  init?(_ options: SimulationOptions) {
    // Density at 300 Hz in µV/√Hz, corner, poles: a one-pole falls as 1/f above its corner, two as 1/f².
    let (density, corner, poles): (Double, Double, Int)
    if options.has(.leak) {
      (density, corner, poles) = (1.2, 150, 2)
    } else if options.has(.pink) {
      (density, corner, poles) = (0.25, 20, 1)
    } else {
      return nil
    }
    generator = NumPyGenerator(entropy: [options.seed, 10])
    channels = options.channels
    self.poles = poles
    pole = exp(-2 * .pi * corner / options.samplingRate)
    // White draws of unit variance have 2 / rate of power a Hz; the filter's gain at 300 Hz takes some away.
    let angle = 2 * .pi * 300 / options.samplingRate
    let one = (1 - pole) / (1 - 2 * pole * cos(angle) + pole * pole).squareRoot()
    gain = density / ((2 / options.samplingRate).squareRoot() * pow(one, Double(poles)))
    states = [Double](repeating: 0, count: poles * (channels + 1))
  }

  mutating func add(to trace: UnsafeMutableBufferPointer<Float>) {
    let (common, own) = (Self.commonShare.squareRoot(), (1 - Self.commonShare).squareRoot())
    for frame in 0..<trace.count / channels {
      let shared = next(0)
      for channel in 0..<channels {
        trace[frame * channels + channel] += Float(gain * (common * shared + own * next(channel + 1)))
      }
    }
  }

  private mutating func next(_ source: Int) -> Double {
    var value = generator.standardNormal()
    for i in source * poles..<(source + 1) * poles {
      states[i] = pole * states[i] + (1 - pole) * value
      value = states[i]
    }
    return value
  }
}
