internal import LinearAlgebra

/// How deep into the noise's tail every frame lies: the largest deflection over the channels, in noise deviations.
struct PeakStatistic: Sendable {
  private let channelCount: Int
  let sign: PeakSign
  /// Frame (as a row) times this are the deflections in noise deviations; the identity's shape where not whitened.
  private let weights: [Float]
  private let isDiagonal: Bool

  init(_ noise: NoiseModel, options: DetectionOptions, sign: PeakSign) {
    let n = noise.deviations.count
    channelCount = n
    self.sign = sign
    isDiagonal = !options.detectsOnWhitened
    var weights = Matrix(rows: n, columns: n)
    for j in 0..<n {
      let deviation = options.detectsOnWhitened ? noise.whitenedDeviations[j] : noise.deviations[j]
      guard deviation > 0 else { continue }
      for i in 0..<n {
        weights[i, j] = (options.detectsOnWhitened ? noise.whitening[i, j] : (i == j ? 1 : 0)) / deviation
      }
    }
    self.weights = weights.storage.map(Float.init)
  }

  /// The depth of every frame of interleaved samples.
  func depths(of samples: [Float]) -> [Float] {
    let frames = samples.count / channelCount
    return [Float](unsafeUninitializedCapacity: frames) { buffer, count in
      samples.withUnsafeBufferPointer {
        write($0, into: UnsafeMutableBufferPointer(rebasing: buffer[..<frames]))
      }
      count = frames
    }
  }

  /// Writes the depth of every frame.
  func write(_ samples: UnsafeBufferPointer<Float>, into depths: UnsafeMutableBufferPointer<Float>) {
    if channelCount == 4 {
      writeFour(samples, into: depths)
      return
    }
    if channelCount > mostChannelsInLoops, !isDiagonal {
      writeMany(samples, into: depths)
      return
    }
    if !isDiagonal {
      mixFewChannels(samples, by: weights, channelCount: channelCount) { frame, mixed in
        depths[frame] = deepest(low: mixed, high: mixed)
      }
      return
    }
    for frame in depths.indices {
      var deepest: Float = -.infinity
      for channel in 0..<channelCount {
        let x = deflection(channel, frame: frame, in: samples)
        deepest = max(deepest, directed(x))
      }
      depths[frame] = deepest
    }
  }

  /// The same for many channels, whose sums a matrix product makes.
  private func writeMany(
    _ samples: UnsafeBufferPointer<Float>, into depths: UnsafeMutableBufferPointer<Float>
  ) {
    mixChannels(samples, by: weights, channelCount: channelCount) { first, mixed in
      guard let base = mixed.baseAddress else { return }
      for frame in 0..<mixed.count / channelCount {
        depths[first &+ frame] = deepest(of: base + frame &* channelCount)
      }
    }
  }

  /// The largest deflection of a frame of more than eight channels, eight at a time; the last eight overlap others.
  @inline(__always) private func deepest(of frame: UnsafePointer<Float>) -> Float {
    func eight(_ channel: Int) -> SIMD8<Float> {
      UnsafeRawPointer(frame + channel).loadUnaligned(as: SIMD8<Float>.self)
    }
    var low = eight(channelCount &- 8)
    var high = low
    var channel = 0
    while channel < channelCount &- 8 {
      let x = eight(channel)
      low = pointwiseMin(low, x)
      high = pointwiseMax(high, x)
      channel = channel &+ 8
    }
    return deepest(low: low, high: high)
  }

  @inline(__always) private func deepest(low: SIMD8<Float>, high: SIMD8<Float>) -> Float {
    switch sign {
    case .negative: -low.min()
    case .positive: high.max()
    case .both, .auto: max(high.max(), -low.min())
    }
  }

  private func writeFour(
    _ samples: UnsafeBufferPointer<Float>, into depths: UnsafeMutableBufferPointer<Float>
  ) {
    let rows = (0..<4).map {
      SIMD4(weights[4 * $0], weights[4 * $0 + 1], weights[4 * $0 + 2], weights[4 * $0 + 3])
    }
    let (w0, w1, w2, w3) = (rows[0], rows[1], rows[2], rows[3])
    for frame in depths.indices {
      let i = 4 &* frame
      // The order of additions is that of `deflection`.
      let y = ((w0 * samples[i] + w1 * samples[i &+ 1]) + w2 * samples[i &+ 2]) + w3 * samples[i &+ 3]
      switch sign {
      case .negative: depths[frame] = -min(min(y[0], y[1]), min(y[2], y[3]))
      case .positive: depths[frame] = max(max(y[0], y[1]), max(y[2], y[3]))
      case .both, .auto:
        depths[frame] = max(
          max(max(y[0], y[1]), max(y[2], y[3])), -min(min(y[0], y[1]), min(y[2], y[3])))
      }
    }
  }

  @inline(__always) private func directed(_ x: Float) -> Float {
    switch sign {
    case .negative: -x
    case .positive: x
    case .both, .auto: abs(x)
    }
  }

  /// One channel's deflection in noise deviations at a frame.
  @inline(__always)
  func deflection(_ channel: Int, frame: Int, in samples: UnsafeBufferPointer<Float>) -> Float {
    let start = frame * channelCount
    if isDiagonal { return weights[channel * channelCount + channel] * samples[start + channel] }
    var sum = weights[channel] * samples[start]
    for source in 1..<max(channelCount, 1) {
      sum += weights[source * channelCount + channel] * samples[start + source]
    }
    return sum
  }

  /// The channel of the largest deflection of the wanted sign at a frame, and that deflection.
  func signedPeak(at frame: Int, in samples: UnsafeBufferPointer<Float>) -> (channel: Int, value: Float) {
    var best = (channel: 0, value: deflection(0, frame: frame, in: samples))
    for channel in 1..<max(channelCount, 1) {
      let value = deflection(channel, frame: frame, in: samples)
      if directed(value) > directed(best.value) { best = (channel, value) }
    }
    return best
  }

  /// The channel of the largest deflection of the wanted sign at a frame, and that deflection.
  func signedPeak(at frame: Int, in samples: [Float]) -> (channel: Int, value: Float) {
    samples.withUnsafeBufferPointer { signedPeak(at: frame, in: $0) }
  }
}

extension [Float] {
  /// The places of values above a threshold that are the largest within the lockout on both sides; of equal ones the earlier.
  func peaks(above threshold: Float, lockout: Int) -> [Int] {
    withUnsafeBufferPointer { $0.peaks(above: threshold, lockout: lockout, in: $0.indices) }
  }
}

extension UnsafeBufferPointer<Float> {
  /// The places in a range of values above a threshold that are the largest within the lockout on both sides, also
  /// where that reaches beyond the range; of equal ones the earlier.
  package func peaks(above threshold: Float, lockout: Int, in range: Range<Int>) -> [Int] {
    var found: [Int] = []
    for i in range where self[i] > threshold {
      let value = self[i]
      var isLargest = true
      for j in Swift.max(0, i - lockout)..<i where self[j] >= value {
        isLargest = false
        break
      }
      guard isLargest else { continue }
      for j in (i + 1)..<Swift.max(i + 1, Swift.min(count, i + lockout + 1)) where self[j] > value {
        isLargest = false
        break
      }
      if isLargest { found.append(i) }
    }
    return found
  }
}

/// With more channels than this, sums over channels are matrix products.
let mostChannelsInLoops = 8

/// Every frame of interleaved samples of at most eight channels, as a row, times a channels × channels matrix.
///
/// - Parameter body: given the number of a frame and its product; what is beyond the channels repeats the first.
@inline(__always)
func mixFewChannels(
  _ samples: UnsafeBufferPointer<Float>, by weights: [Float], channelCount: Int,
  _ body: (_ frame: Int, _ mixed: SIMD8<Float>) -> Void
) {
  let rows = (0..<channelCount).map { source in
    SIMD8<Float>((0..<8).map { weights[source * channelCount + ($0 < channelCount ? $0 : 0)] })
  }
  rows.withUnsafeBufferPointer { rows in
    for frame in 0..<samples.count / max(channelCount, 1) {
      let start = frame &* channelCount
      // The order of additions is that of a sum over the channels.
      var mixed = rows[0] * samples[start]
      for source in 1..<channelCount { mixed += rows[source] * samples[start &+ source] }
      body(frame, mixed)
    }
  }
}

/// Every frame of interleaved samples, as a row, times a channels × channels matrix, handed over in blocks of frames.
///
/// - Parameter body: given the first frame of a block and its product, interleaved.
func mixChannels(
  _ samples: UnsafeBufferPointer<Float>, by weights: [Float], channelCount: Int,
  _ body: (_ first: Int, _ mixed: UnsafeBufferPointer<Float>) -> Void
) {
  let frames = samples.count / channelCount
  let block = 1024
  var mixed = [Float](repeating: 0, count: block * channelCount)
  mixed.withUnsafeMutableBufferPointer { mixed in
    weights.withUnsafeBufferPointer { weights in
      guard let a = samples.baseAddress, let b = weights.baseAddress, let c = mixed.baseAddress else {
        return
      }
      for first in stride(from: 0, to: frames, by: block) {
        let count = min(block, frames - first)
        gemm(
          m: count, n: channelCount, k: channelCount, a: a + first * channelCount, lda: channelCount,
          transposeA: false, b: b, ldb: channelCount, transposeB: false, beta: 0, c: c, ldc: channelCount)
        body(first, UnsafeBufferPointer(start: c, count: count * channelCount))
      }
    }
  }
}
