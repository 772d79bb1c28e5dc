internal import Foundation
internal import NumPyInterop
internal import SpikeDetection

/// A stretch of band noise on all wires.
struct NoiseBurst {
  let frame: Int
  let count: Int
  /// The rms where the burst is loudest.
  let microvolts: Double
  let rises: Bool
  let filter: SecondOrderSections
  let gains: [Float]
  let entropy: [UInt64]

  /// The bursts of a recording that chews or moves.
  static func all(_ options: SimulationOptions) throws(SpikeDetectionError) -> [NoiseBurst] {
    var bursts: [NoiseBurst] = []
    let rate = options.samplingRate
    if options.has(.chewing) {
      var generator = NumPyGenerator(entropy: [options.seed, 11])
      let filter = try SecondOrderSections.butterworth(order: 2, .between(20, 900), samplingRate: rate)
      let gains = (0..<options.channels).map { _ in Float(generator.uniform(from: 0.9, to: 1.1)) }
      var second = 0.0
      while true {
        // 20 a minute, at least 0.6 s apart.
        second += 0.6 - 2.4 * log1p(-generator.random())
        guard second < options.seconds - 0.6 else { break }
        let seconds = generator.uniform(from: 0.2, to: 0.5)
        bursts.append(
          NoiseBurst(
            frame: Int(second * rate), count: Int(seconds * rate),
            microvolts: generator.uniform(from: 300, to: 1000) / 3, rises: true, filter: filter,
            gains: gains, entropy: [options.seed, 11, UInt64(bursts.count)]))
      }
    }
    if options.has(.emg) {
      let filter = try SecondOrderSections.butterworth(order: 2, .between(60, 1500), samplingRate: rate)
      let gains = (0..<options.channels).map {
        Float(0.9 + 0.2 * Double($0) / Double(max(1, options.channels - 1)))
      }
      for i in 0..<Int((options.seconds / 8).rounded(.up)) {
        bursts.append(
          NoiseBurst(
            frame: Int(8 * Double(i) * rate), count: Int(rate), microvolts: 40, rises: false, filter: filter,
            gains: gains, entropy: [options.seed, 12, UInt64(i)]))
      }
    }
    return bursts
  }

  /// Adds what lies within some frames.
  func add(to trace: UnsafeMutableBufferPointer<Float>, from start: Int, channels: Int) {
    let shared = (frame..<frame + count).clamped(to: start..<start + trace.count / channels)
    guard !shared.isEmpty else { return }
    let wave = wave()
    for place in shared {
      for channel in 0..<channels {
        trace[(place - start) * channels + channel] += wave[place - frame] * gains[channel]
      }
    }
  }

  private func wave() -> [Float] {
    var generator = NumPyGenerator(entropy: entropy)
    let noise = filter.filtered(generator.standardNormals(count: count), channelCount: 1)
    let mean = noise.reduce(0, +) / Double(max(1, count))
    let variance = noise.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, count))
    let scale = variance > 0 ? microvolts / variance.squareRoot() : 0
    return noise.indices.map { i in
      let window = rises ? 0.5 - 0.5 * cos(2 * .pi * Double(i) / Double(max(1, count - 1))) : 1
      return Float(noise[i] * scale * window)
    }
  }
}
