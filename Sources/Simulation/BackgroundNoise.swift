internal import Foundation
internal import LinearAlgebra
internal import NumPyInterop

/// What electrodes and tissue make without any spike: white noise of every electrode, coloured noise that near
/// contacts share, and slow field potentials common to all.
struct BackgroundNoise {
  private var generator: NumPyGenerator
  private var fields: FieldPotential
  private let channels: Int
  private let whiteMicrovolts: Float
  private let tissueMicrovolts: Float
  /// The factor of the correlation between contacts, a source a row, times the colouring filter's input gain.
  private let mixing: [Float]
  /// The pole of the colouring filter, at 2.5 kHz.
  private let pole: Float
  private var state: [Float]
  private var draws: [Double] = []
  private var tissue: [Float] = []

  /// The share of the tissue in the variance.
  private static let tissueShare = 0.4

  init(_ options: SimulationOptions, contacts: [SIMD2<Double>]) throws(LinearAlgebraError) {
    generator = NumPyGenerator(entropy: [options.seed, 6])
    fields = FieldPotential(options)
    channels = options.channels
    whiteMicrovolts = Float(options.noiseMicrovolts * (1 - Self.tissueShare).squareRoot())
    tissueMicrovolts = Float(options.noiseMicrovolts * Self.tissueShare.squareRoot())
    let pole = exp(-2 * .pi * 2500 / options.samplingRate)
    self.pole = Float(pole)
    var correlation = Matrix(rows: contacts.count, columns: contacts.count)
    for (i, a) in contacts.enumerated() {
      for (j, b) in contacts.enumerated() {
        let offset = a - b
        correlation[i, j] = exp(-(offset * offset).sum().squareRoot() / 60)
      }
    }
    let gain = (1 - pole * pole).squareRoot()
    mixing = try correlation.choleskyFactor().transposed.storage.map { Float($0 * gain) }
    state = [Float](repeating: 0, count: options.channels)
  }

  /// Adds the next frames to an interleaved trace.
  mutating func add(to trace: UnsafeMutableBufferPointer<Float>) {
    fields.add(to: trace)
    guard whiteMicrovolts > 0 else { return }
    makeRoom(trace.count)
    draw()
    for i in trace.indices { trace[i] += whiteMicrovolts * Float(draws[i]) }
    draw()
    for i in trace.indices { tissue[i] = tissueMicrovolts * Float(draws[i]) }
    colour(frames: trace.count / channels)
    for i in trace.indices { trace[i] += tissue[i] }
  }

  /// Turns `tissue` from independent draws into noise with the contacts' correlation and the filter's spectrum.
  ///
  /// Plain loops rather than BLAS: the same bits on every machine.
  private mutating func colour(frames: Int) {
    let (channels, pole) = (channels, pole)
    tissue.withUnsafeMutableBufferPointer { tissue in
      for frame in 0..<frames {
        let row = UnsafeMutableBufferPointer(rebasing: tissue[frame * channels..<(frame + 1) * channels])
        for channel in 0..<channels { state[channel] *= pole }
        for source in 0..<channels {
          let draw = row[source]
          for channel in source..<channels { state[channel] += mixing[source * channels + channel] * draw }
        }
        for channel in 0..<channels { row[channel] = state[channel] }
      }
    }
  }

  /// Makes room for a block's draws.
  private mutating func makeRoom(_ count: Int) {
    guard draws.count != count else { return }
    draws = [Double](repeating: 0, count: count)
    tissue = [Float](repeating: 0, count: count)
  }

  private mutating func draw() {
    draws.withUnsafeMutableBufferPointer { generator.fillWithStandardNormals($0) }
  }
}

/// Slow waves up to some 100 Hz: a slow part, theta, beta, gamma and a tail, almost the same on every channel.
///
/// Drawn a thousand times a second and joined by cubic B-splines, which lets nothing into the spikes' band.
struct FieldPotential {
  /// A second-order autoregressive process of unit variance times its share's root.
  private struct Process {
    let first: Double
    let second: Double
    let drive: Double
    var last = 0.0
    var beforeLast = 0.0

    init(hertz: Double, bandwidthHertz: Double, microvolts: Double, knotsPerSecond: Double) {
      let radius = exp(-2 * .pi * bandwidthHertz / knotsPerSecond)
      first = 2 * radius * cos(2 * .pi * hertz / knotsPerSecond)
      second = -radius * radius
      let variance = (1 - second) / ((1 + second) * ((1 - second) * (1 - second) - first * first))
      drive = microvolts / variance.squareRoot()
    }

    mutating func next(_ generator: inout NumPyGenerator) -> Double {
      let value = first * last + second * beforeLast + drive * generator.standardNormal()
      (last, beforeLast) = (value, last)
      return value
    }
  }

  /// The standard deviation of the whole.
  static let microvolts = 80.0

  private var generator: NumPyGenerator
  private var common: [Process]
  private var own: [Process]
  /// The last four knots of every channel, the oldest first.
  private var knots: [SIMD4<Float>]
  /// The B-spline's weights at every frame between two knots.
  private let weights: [SIMD4<Float>]
  private var phase = 0

  init(_ options: SimulationOptions) {
    generator = NumPyGenerator(entropy: [options.seed, 7])
    let step = max(1, Int((options.samplingRate / 1000).rounded()))
    let knotsPerSecond = options.samplingRate / Double(step)
    let parts: [(hertz: Double, bandwidth: Double, share: Double)] = [
      (0, 2, 0.45), (7.5, 1, 0.3), (16, 6, 0.14), (40, 15, 0.05), (80, 60, 0.01),
    ]
    common = parts.map {
      Process(
        hertz: $0.hertz, bandwidthHertz: $0.bandwidth, microvolts: Self.microvolts * $0.share.squareRoot(),
        knotsPerSecond: knotsPerSecond)
    }
    own = (0..<options.channels).map { _ in
      Process(
        hertz: 0, bandwidthHertz: 6, microvolts: Self.microvolts * 0.05.squareRoot(),
        knotsPerSecond: knotsPerSecond)
    }
    knots = [SIMD4<Float>](repeating: .zero, count: options.channels)
    weights = (0..<step).map { i in
      let t = Float(i) / Float(step)
      let s = 1 - t
      return SIMD4(s * s * s, 4 - 6 * t * t + 3 * t * t * t, 4 - 6 * s * s + 3 * s * s * s, t * t * t) / 6
    }
    // Two seconds to forget the start from zero.
    for _ in 0..<Int(2 * knotsPerSecond) { drawKnot() }
  }

  private mutating func drawKnot() {
    var shared = 0.0
    for i in common.indices { shared += common[i].next(&generator) }
    for channel in knots.indices {
      let value = Float(shared + own[channel].next(&generator))
      let old = knots[channel]
      knots[channel] = SIMD4(old.y, old.z, old.w, value)
    }
  }

  /// Adds the next frames to an interleaved trace.
  mutating func add(to trace: UnsafeMutableBufferPointer<Float>) {
    let channels = knots.count
    for frame in 0..<(trace.count / channels) {
      if phase == weights.count {
        drawKnot()
        phase = 0
      }
      for channel in 0..<channels {
        trace[frame * channels + channel] += (knots[channel] * weights[phase]).sum()
      }
      phase += 1
    }
  }
}
