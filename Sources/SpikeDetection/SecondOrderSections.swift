internal import Foundation

/// A recursive filter as a cascade of sections of second order.
public struct SecondOrderSections: Sendable, Equatable {
  /// One section: (b0 + b1 z⁻¹ + b2 z⁻²) / (1 + a1 z⁻¹ + a2 z⁻²).
  public struct Section: Sendable, Equatable {
    /// The coefficients of the numerator and, after its leading 1, of the denominator.
    public var b0, b1, b2, a1, a2: Double

    /// A section by its coefficients.
    public init(b0: Double, b1: Double, b2: Double, a1: Double, a2: Double) {
      (self.b0, self.b1, self.b2, self.a1, self.a2) = (b0, b1, b2, a1, a2)
    }

    /// The gain at zero frequency.
    var steadyGain: Double { (b0 + b1 + b2) / (1 + a1 + a2) }
  }

  /// The sections in the order a signal runs through them; at least one.
  public let sections: [Section]

  /// A cascade.
  ///
  /// - Precondition: at least one section.
  public init(_ sections: [Section]) {
    precondition(!sections.isEmpty, "a filter needs a section")
    self.sections = sections
  }

  /// |H| of one pass at a frequency.
  public func gain(atHertz frequency: Double, samplingRate: Double) -> Double {
    let delay = Complex(angle: -2 * .pi * frequency / samplingRate)
    return sections.reduce(1) { product, s in
      let top = Complex(s.b0) + delay * (Complex(s.b1) + delay * Complex(s.b2))
      let bottom = Complex(1) + delay * (Complex(s.a1) + delay * Complex(s.a2))
      return product * (top / bottom).length
    }
  }

  /// The two state values of every section after a long input of ones (SciPy's `sosfilt_zi`).
  ///
  /// From the fixed point of the transposed direct form II: y = H(1)·x, z₁ = b₂x − a₂y, z₀ = y − b₀x.
  public var steadyState: [(z0: Double, z1: Double)] {
    var level = 1.0
    return sections.map { s in
      let output = level * s.steadyGain
      defer { level = output }
      return (output - s.b0 * level, s.b2 * level - s.a2 * output)
    }
  }

  /// How far a signal is mirrored beyond its ends when it is filtered forward and backward (SciPy's default).
  public var paddingFrames: Int {
    let withoutZero = sections.count { $0.b2 == 0 }
    let withoutPole = sections.count { $0.a2 == 0 }
    return 3 * (2 * sections.count + 1 - min(withoutZero, withoutPole))
  }
}

extension SecondOrderSections {
  /// One pass over interleaved samples, from a state of zeros.
  ///
  /// - Parameter samples: frames × channels, frame after frame.
  /// - Complexity: O(samples × sections).
  public func filtered(_ samples: [Double], channelCount: Int) -> [Double] {
    precondition(samples.count % channelCount == 0, "samples must be whole frames")
    let frames = samples.count / channelCount
    return byLanes(samples, channelCount: channelCount, padding: 0) { lanes in
      var state = [SIMD4<Double>](repeating: .zero, count: 2 * sections.count)
      run(over: lanes, count: frames, step: 1, state: &state)
    }
  }

  /// Forward and backward over interleaved samples, so that nothing is delayed (SciPy's `sosfiltfilt`).
  ///
  /// Beyond both ends the signal goes on turned about its last sample, `paddingFrames` far (or as far as it is long);
  /// both passes start in the steady state of their first sample.
  /// - Parameter samples: frames × channels, frame after frame.
  /// - Complexity: O(samples × sections).
  public func filteredForwardBackward(_ samples: [Double], channelCount: Int) -> [Double] {
    precondition(samples.count % channelCount == 0, "samples must be whole frames")
    let frames = samples.count / channelCount
    guard frames > 0 else { return [] }
    let padding = min(paddingFrames, frames - 1)
    return byLanes(samples, channelCount: channelCount, padding: padding) { lanes in
      let data = lanes + padding
      Self.mirror(data, count: frames, before: padding, after: padding)
      runForwardBackward(over: lanes, count: frames + 2 * padding)
    }
  }

  /// Spreads channels over lanes of four, filters each group, and gathers the frames between the paddings.
  private func byLanes(
    _ samples: [Double], channelCount: Int, padding: Int,
    _ filter: (UnsafeMutablePointer<SIMD4<Double>>) -> Void
  ) -> [Double] {
    let frames = samples.count / channelCount
    var result = samples
    let lanes = UnsafeMutablePointer<SIMD4<Double>>.allocate(capacity: max(1, frames + 2 * padding))
    defer { lanes.deallocate() }
    for first in stride(from: 0, to: channelCount, by: 4) {
      let width = min(4, channelCount - first)
      for frame in 0..<frames {
        var x = SIMD4<Double>.zero
        for lane in 0..<width { x[lane] = samples[frame * channelCount + first + lane] }
        lanes[padding + frame] = x
      }
      filter(lanes)
      for frame in 0..<frames {
        for lane in 0..<width { result[frame * channelCount + first + lane] = lanes[padding + frame][lane] }
      }
    }
    return result
  }

  /// Writes the signal turned about its first and last sample into the space before and after it.
  static func mirror(_ data: UnsafeMutablePointer<SIMD4<Double>>, count: Int, before: Int, after: Int) {
    let first = data[0] + data[0]
    let last = data[count - 1] + data[count - 1]
    for i in 0..<before { data[-1 - i] = first - data[1 + i] }
    for i in 0..<after { data[count + i] = last - data[count - 2 - i] }
  }

  /// Filters in place forward, then backward, each pass from the steady state of its first sample.
  func runForwardBackward(over lanes: UnsafeMutablePointer<SIMD4<Double>>, count: Int) {
    guard count > 0 else { return }
    var state = steadyLanes(lanes[0])
    run(over: lanes, count: count, step: 1, state: &state)
    state = steadyLanes(lanes[count - 1])
    run(over: lanes + (count - 1), count: count, step: -1, state: &state)
  }

  private func steadyLanes(_ level: SIMD4<Double>) -> [SIMD4<Double>] {
    steadyState.flatMap { [level * $0.z0, level * $0.z1] }
  }

  /// Filters four channels in place, `count` frames from `start` on, each `step` from the last.
  ///
  /// Sections run three at a time with their states in registers: they wait for each other less than one
  /// section waits for itself.
  func run(
    over start: UnsafeMutablePointer<SIMD4<Double>>, count: Int, step: Int, state: inout [SIMD4<Double>]
  ) {
    var first = 0
    while first < sections.count {
      let z = 2 * first
      switch sections.count - first {
      case 1:
        var a = Stage(sections[first], state[z], state[z + 1])
        for i in 0..<count { start[i &* step] = a.next(start[i &* step]) }
        (state[z], state[z + 1]) = (a.z0, a.z1)
        first += 1
      case 2, 4:
        var a = Stage(sections[first], state[z], state[z + 1])
        var b = Stage(sections[first + 1], state[z + 2], state[z + 3])
        for i in 0..<count { start[i &* step] = b.next(a.next(start[i &* step])) }
        (state[z], state[z + 1], state[z + 2], state[z + 3]) = (a.z0, a.z1, b.z0, b.z1)
        first += 2
      default:
        var a = Stage(sections[first], state[z], state[z + 1])
        var b = Stage(sections[first + 1], state[z + 2], state[z + 3])
        var c = Stage(sections[first + 2], state[z + 4], state[z + 5])
        for i in 0..<count { start[i &* step] = c.next(b.next(a.next(start[i &* step]))) }
        (state[z], state[z + 1], state[z + 2], state[z + 3]) = (a.z0, a.z1, b.z0, b.z1)
        (state[z + 4], state[z + 5]) = (c.z0, c.z1)
        first += 3
      }
    }
  }
}

/// A section at work on four channels, in the transposed direct form II.
private struct Stage {
  private let b0, b1, b2, a1, a2: SIMD4<Double>
  var z0, z1: SIMD4<Double>

  @inline(__always) init(_ s: SecondOrderSections.Section, _ z0: SIMD4<Double>, _ z1: SIMD4<Double>) {
    (b0, b1, b2) = (SIMD4(repeating: s.b0), SIMD4(repeating: s.b1), SIMD4(repeating: s.b2))
    (a1, a2) = (SIMD4(repeating: s.a1), SIMD4(repeating: s.a2))
    (self.z0, self.z1) = (z0, z1)
  }

  @inline(__always) mutating func next(_ x: SIMD4<Double>) -> SIMD4<Double> {
    let y = b0 * x + z0
    z0 = b1 * x - a1 * y + z1
    z1 = b2 * x - a2 * y
    return y
  }
}
