/// The type of a sample in a flat binary file, little endian.
public enum SampleType: String, Sendable, CaseIterable {
  /// Signed 16-bit integers.
  case int16
  /// Unsigned 16-bit integers.
  case uint16
  /// Signed 32-bit integers.
  case int32
  /// IEEE single precision.
  case float32
  /// IEEE double precision.
  case float64

  /// The bytes of a sample.
  public var byteCount: Int {
    switch self {
    case .int16, .uint16: 2
    case .int32, .float32: 4
    case .float64: 8
    }
  }

  /// Turns raw interleaved samples into scaled floats.
  func decode(
    _ raw: UnsafeRawPointer, count: Int, scale: SampleScale, into samples: UnsafeMutablePointer<Float>
  ) {
    switch self {
    case .int16:
      scale.apply(count: count, into: samples) {
        Double(Int16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self)))
      }
    case .uint16:
      scale.apply(count: count, into: samples) {
        Double(UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self)))
      }
    case .int32:
      scale.apply(count: count, into: samples) {
        Double(Int32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)))
      }
    case .float32:
      scale.apply(count: count, into: samples) {
        let bits = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
        return Double(Float(bitPattern: bits))
      }
    case .float64:
      scale.apply(count: count, into: samples) {
        let bits = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
        return Double(bitPattern: bits)
      }
    }
  }
}

extension SampleType {
  /// Turns some channels of raw interleaved samples into scaled floats, interleaved in the order given.
  func decode(
    _ raw: UnsafeRawPointer, frames: Int, of channelCount: Int, channels: [Int], scale: SampleScale,
    into samples: UnsafeMutablePointer<Float>
  ) {
    @inline(__always) func pick(_ value: (Int) -> Double) {
      let width = channels.count
      for (column, channel) in channels.enumerated() {
        let (factor, offset) = scale.line(ofChannel: channel)
        for frame in 0..<frames {
          samples[frame &* width &+ column] = Float(
            value(frame &* channelCount &+ channel) * factor + offset)
        }
      }
    }
    switch self {
    case .int16:
      pick { Double(Int16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self))) }
    case .uint16:
      pick { Double(UInt16(littleEndian: raw.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self))) }
    case .int32:
      pick { Double(Int32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self))) }
    case .float32:
      pick {
        let bits = UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 4 * $0, as: UInt32.self))
        return Double(Float(bitPattern: bits))
      }
    case .float64:
      pick {
        let bits = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
        return Double(bitPattern: bits)
      }
    }
  }
}

/// A gain laid out for a number of channels.
struct SampleScale: Sendable {
  private let factors: [Double]
  private let offsets: [Double]
  private let isCommon: Bool

  init(_ gain: Gain?, channelCount: Int) {
    let gain = gain ?? Gain(microvoltsPerUnit: 1)
    isCommon = gain.microvoltsPerUnit.count == 1
    factors = isCommon ? gain.microvoltsPerUnit : Array(gain.microvoltsPerUnit.prefix(channelCount))
    offsets = isCommon ? gain.offsetMicrovolts : Array(gain.offsetMicrovolts.prefix(channelCount))
    precondition(
      isCommon || factors.count == channelCount, "a gain a channel needs as many as there are channels")
  }

  /// What a channel's values are multiplied by, and what is added then.
  func line(ofChannel channel: Int) -> (factor: Double, offset: Double) {
    (factors[isCommon ? 0 : channel], offsets[isCommon ? 0 : channel])
  }

  /// One value of a channel, scaled.
  @inline(__always)
  func scaled(_ value: Double, channel: Int) -> Float {
    let (factor, offset) = line(ofChannel: channel)
    return Float(value * factor + offset)
  }

  /// Writes value(i) × factor + offset for every i below `count`.
  @inline(__always)
  func apply(count: Int, into samples: UnsafeMutablePointer<Float>, _ value: (Int) -> Double) {
    if isCommon {
      let factor = factors[0]
      let offset = offsets[0]
      for i in 0..<count { samples[i] = Float(value(i) * factor + offset) }
    } else {
      let channels = factors.count
      for i in 0..<count { samples[i] = Float(value(i) * factors[i % channels] + offsets[i % channels]) }
    }
  }
}

/// The first sample that is NaN or infinite, nil where all are finite.
func firstNotFinite(_ samples: UnsafeMutableBufferPointer<Float>) -> Int? {
  // x − x is zero for every finite x and NaN for the others; four sums so that additions overlap.
  var sums = SIMD4<Float>.zero
  var i = 0
  while i + 4 <= samples.count {
    let x = SIMD4(samples[i], samples[i + 1], samples[i + 2], samples[i + 3])
    sums += x - x
    i += 4
  }
  while i < samples.count {
    sums[0] += samples[i] - samples[i]
    i += 1
  }
  guard sums != .zero else { return nil }
  return samples.firstIndex { !$0.isFinite }
}
