internal import Foundation

/// The voltage of one kind of spike over time, as a fine table.
///
/// A spike seen from outside a neuron is a current sink at the soma, the sharp trough, and the return current of
/// dendrites and repolarisation, the slower hump after it. How much of the second belongs to the first changes
/// from contact to contact, so both stand in the table by themselves.
struct SpikeShape: Sendable {
  /// The widths of a spike in milliseconds, and the height of its hump.
  struct Parameters: Sendable {
    /// The trough's standard deviation.
    var troughMilliseconds: Double
    /// When the hump is highest.
    var humpMilliseconds: Double
    /// The hump's height by the trough's depth.
    var humpRatio: Double
    /// The height of the small positive peak before the trough.
    var onsetRatio: Double
  }

  /// Table entries a frame.
  static let resolution = 16
  /// The part of a spike that is simulated.
  static let millisecondsBefore = 1.0
  static let millisecondsAfter = 3.0

  /// Sink and return, the trough's depth near −1.
  let table: [SIMD2<Float>]
  /// The entry of the trough.
  let origin: Int
  /// The hump's height by the trough's depth.
  let humpRatio: Double

  /// Tabulates a shape at a sampling rate.
  init(_ parameters: Parameters, samplingRate: Double) {
    let entriesPerMillisecond = samplingRate / 1000 * Double(Self.resolution)
    let before = Int((Self.millisecondsBefore * entriesPerMillisecond).rounded(.up))
    let after = Int((Self.millisecondsAfter * entriesPerMillisecond).rounded(.up))
    let entries = (-before...after).map { i in
      Self.value(
        parameters, at: Double(i) / entriesPerMillisecond,
        taper: min(1, Double(min(i + before, after - i)) / (0.4 * entriesPerMillisecond)))
    }
    table = entries
    humpRatio = parameters.humpRatio
    // The hump moves the trough a little.
    let whole = entries.map { $0.x + Float(parameters.humpRatio) * $0.y }
    origin = whole.indices.min { whole[$0] < whole[$1] } ?? before
  }

  /// Sink and return at a time from the trough; `taper` rises from 0 to 1 at the table's ends.
  private static func value(
    _ p: Parameters, at milliseconds: Double, taper: Double
  ) -> SIMD2<Float> {
    func bump(_ x: Double) -> Double { exp(-0.5 * x * x) }
    let width = p.troughMilliseconds * (milliseconds < 0 ? 0.85 : 1.15)
    let onset = p.onsetRatio * bump((milliseconds + 3 * p.troughMilliseconds) / (1.2 * p.troughMilliseconds))
    let sink = onset - bump(milliseconds / width)
    var hump = 0.0
    if milliseconds > 0 {
      hump = bump(log(milliseconds / p.humpMilliseconds) / 0.55)
      hump -= 0.12 * bump(log(milliseconds / (3.2 * p.humpMilliseconds)) / 0.35)
    }
    let window = 0.5 - 0.5 * cos(.pi * taper)
    return SIMD2(Float(sink * window), Float(hump * window))
  }

  /// The lowest voltage with a given share of the return.
  func trough(humpRatio: Float) -> Float {
    table.reduce(0) { min($0, $1.x + humpRatio * $1.y) }
  }

  /// Adds a spike to one channel of an interleaved trace.
  ///
  /// - Parameters:
  ///   - trace: the first frame of the trace on this channel.
  ///   - stride: the channels of the trace.
  ///   - frame: the trough's time in frames from the trace's first, any real number.
  ///   - humpRatio: the share of the return.
  ///   - microvolts: the factor of the table.
  ///   - stretch: how much slower than the table.
  @inline(__always)
  func add(
    to trace: UnsafeMutablePointer<Float>, stride: Int, frame: Double, humpRatio: Float, microvolts: Float,
    stretch: Double
  ) {
    let step = Double(Self.resolution) / stretch
    let first = Int((frame - Double(origin) / step).rounded(.up))
    let last = Int((frame + Double(table.count - 2 - origin) / step).rounded(.down))
    var position = (Double(first) - frame) * step + Double(origin)
    let weights = SIMD2<Float>(1, humpRatio) * microvolts
    table.withUnsafeBufferPointer { table in
      for j in first...last {
        let index = Int(position)
        let fraction = Float(position - Double(index))
        let value = (table[index] + fraction * (table[index + 1] - table[index])) * weights
        trace[j * stride] += value.x + value.y
        position += step
      }
    }
  }
}
