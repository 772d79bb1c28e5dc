internal import Foundation
public import LinearAlgebra
public import Recordings

extension DetectedSpikes {
  /// Spikes that another program detected and cut out of a recording that is not at hand.
  ///
  /// The snippets are shifted, by at most `largestShift` frames and between frames, so that their deflections stand on
  /// one frame; what is shifted in from outside repeats the snippet's end and is cut off. The noise is what `SnippetNoise`
  /// finds in them.
  /// - Parameters:
  ///   - frames: the frame of every spike, ascending.
  ///   - cut: the snippets as they were cut.
  ///   - samplingRate: frames a second.
  ///   - file: a name for errors.
  /// - Throws: `SpikeDetectionError.noSignal` where no channel carries anything.
  public init(
    frames: [Int], aligning cut: Snippets, samplingRate: Double, file: String,
    threads: Int = Parallel.defaultThreads
  ) throws {
    let alignment = SnippetAlignment(cut: cut)
    let noise = try alignment.noise(file: file)
    let (trough, sign) = alignment.deflection(noise)
    let shift = min(SnippetAlignment.largestShift, trough / 3, (cut.frames - 1 - trough) / 3)
    let most = Int((DetectionOptions().afterMilliseconds * samplingRate / 1000).rounded())
    let window = SnippetWindow(
      before: trough - shift, after: min(cut.frames - trough - shift, max(most, 2)))
    let samples = alignment.aligned(
      to: window, trough: trough, shift: shift, sign: sign, noise, threads: threads)
    self.init(
      samplingRate: samplingRate, noise: noise, peakSign: sign, frames: frames,
      snippets: Snippets(
        frames: window.count, channels: cut.channels, trough: window.before, samples: samples,
        unit: cut.unit))
  }
}

/// Brings the deflections of snippets that another program cut onto one frame.
private struct SnippetAlignment: Sendable {
  let cut: Snippets

  /// Triggers cross a threshold up to so many frames before or after where they do on average.
  static let largestShift = 4

  private var frames: Int { cut.frames }
  private var channels: Int { cut.channels }
  private func sample(_ spike: Int, _ frame: Int, _ channel: Int) -> Float {
    cut.samples[(spike * cut.frames + frame) * cut.channels + channel]
  }

  /// The noise that is left where spikes like each other are taken away.
  func noise(file: String) throws -> NoiseModel {
    let found = SnippetNoise(cut)
    var check = ChannelCheck(channelCount: channels)
    check.add(cut.samples)
    // A wire that repeats another stays: who cuts snippets leaves it out before.
    let faults = check.faults.filter { if case .dead = $0 { true } else { false } }
    let used = (0..<channels).filter { c in !faults.contains { $0.channel == c } }
    guard !used.isEmpty else { throw SpikeDetectionError.noSignal(file: file) }
    // Coarse counts can have a median deviation of nothing.
    let least = cut.samples.map { abs($0) }.filter { $0 > 0 }.min().map(Double.init) ?? 1
    let own = (0..<channels).map { used.contains($0) ? max(found.deviations[$0], least) : 0 }
    let small = (0..<found.calmFrames.rows).map { row in used.map { found.calmFrames[row, $0] } }
    let calm = small.filter { row in zip(row, used).allSatisfy { abs($0) < 4 * own[$1] } }
    let covariance =
      calm.count > 10 * used.count
      ? Matrix(rows: calm).covariance() : Matrix(diagonal: used.map { own[$0] * own[$0] })
    let scale = covariance.diagonal.reduce(0, +) / Double(used.count)
    let whitening = try Matrix.whitening(covariance: covariance, epsilon: max(1e-3 * scale, 1e-30))
    let white = Matrix.product(Matrix(rows: small), whitening)
    var wide = Matrix(rows: channels, columns: channels)
    var whiteDeviations = [Double](repeating: 0, count: channels)
    for (i, a) in used.enumerated() {
      whiteDeviations[a] = Noise.deviation(white.column(i))
      for (j, b) in used.enumerated() { wide[a, b] = whitening[i, j] }
    }
    return NoiseModel(
      deviations: own, whitening: wide, whitenedDeviations: whiteDeviations,
      faults: faults)
  }

  /// The frame of the largest mean deflection, and its sign.
  func deflection(_ noise: NoiseModel) -> (frame: Int, sign: PeakSign) {
    var troughs = [Double](repeating: 0, count: frames)
    var peaks = troughs
    for n in 0..<cut.count {
      for f in 0..<frames {
        var low = 0.0
        var high = 0.0
        for c in 0..<channels where noise.deviations[c] > 0 {
          let value = Double(sample(n, f, c)) / noise.deviations[c]
          low = max(low, -value)
          high = max(high, value)
        }
        troughs[f] += low
        peaks[f] += high
      }
    }
    let low = troughs.indices.reduce(0) { troughs[$1] > troughs[$0] ? $1 : $0 }
    let high = peaks.indices.reduce(0) { peaks[$1] > peaks[$0] ? $1 : $0 }
    return troughs[low] >= peaks[high] ? (low, .negative) : (high, .positive)
  }

  /// The snippets with every spike's own deflection on one frame.
  func aligned(
    to window: SnippetWindow, trough: Int, shift: Int, sign: PeakSign, _ noise: NoiseModel, threads: Int
  ) -> [Float] {
    let interpolation = Interpolation()
    let block = 512
    let parts = Parallel.map(count: (cut.count + block - 1) / block, threads: threads) {
      (b: Int) -> [Float] in
      (b * block..<min((b + 1) * block, cut.count)).flatMap { n in
        aligned(n, window, trough: trough, shift: shift, sign: sign, noise, interpolation)
      }
    }
    return parts.flatMap { $0 }
  }

  private func aligned(
    _ n: Int, _ window: SnippetWindow, trough: Int, shift: Int, sign: PeakSign, _ noise: NoiseModel,
    _ interpolation: Interpolation
  ) -> [Float] {
    let direction: Float = sign == .positive ? 1 : -1
    var best = (frame: trough, channel: 0, size: -Double.infinity)
    for f in trough - shift...trough + shift {
      for c in 0..<channels where noise.deviations[c] > 0 {
        let size = Double(direction * sample(n, f, c)) / noise.deviations[c]
        if size > best.size { best = (f, c, size) }
      }
    }
    let reach = Interpolation.reach
    func at(_ frame: Int, _ channel: Int) -> Float { sample(n, min(max(frame, 0), frames - 1), channel) }
    let around = (-reach...reach).map { direction * at(best.frame + $0, best.channel) }
    let weights = Interpolation.weights(offset: interpolation.maximum(around))
    var result: [Float] = []
    result.reserveCapacity(window.count * channels)
    for f in best.frame - window.before..<best.frame + window.after {
      for c in 0..<channels {
        var sum: Float = 0
        for (i, weight) in weights.enumerated() { sum += weight * at(f + i - reach, c) }
        result.append(sum)
      }
    }
    return result
  }
}
