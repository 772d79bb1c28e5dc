internal import Foundation
internal import NumPyInterop
internal import SpikeDetection

/// What is added to, or taken from, the finished trace of a recording with conditions.
///
/// Every draw hangs on the seed and on what it is for, never on the block it falls into.
struct SignalDisturbances {
  private let options: SimulationOptions
  private let bursts: [NoiseBurst]
  private var slow: SlowNoise?
  private let badWire: Int
  private var wireGenerator: NumPyGenerator
  private let pulse: [Float]
  private let pulseGains: [Float]

  init(_ options: SimulationOptions) throws(SpikeDetectionError) {
    self.options = options
    bursts = try NoiseBurst.all(options)
    slow = SlowNoise(options)
    badWire = Int(options.seed % UInt64(options.channels))
    wireGenerator = NumPyGenerator(entropy: [options.seed, 13])
    var generator = NumPyGenerator(entropy: [options.seed, 14])
    pulseGains = (0..<options.channels).map { _ in Float(generator.uniform(from: 0.7, to: 1.2)) }
    pulse = options.has(.light) ? Self.lightPulse(samplingRate: options.samplingRate) : []
  }

  /// Changes the next frames of an interleaved trace in µV, of which the first is the recording's frame `start`.
  mutating func apply(to trace: UnsafeMutableBufferPointer<Float>, from start: Int) {
    slow?.add(to: trace)
    for burst in bursts { burst.add(to: trace, from: start, channels: options.channels) }
    addPulses(to: trace, from: start)
    addHum(to: trace, from: start)
    disturbWire(trace)
    blank(trace, from: start)
  }

  /// The answer of a wire to 5 ms of light: a step with edges of 0.1 ms and a decay, and what follows it, 20 ms in all.
  private static func lightPulse(samplingRate: Double) -> [Float] {
    (0..<Int(0.02 * samplingRate)).map { i in
      let t = Double(i) / samplingRate
      guard t < 0.005 else { return Float(800 * exp(-(t - 0.005) / 3e-4)) }
      return Float(800 * (1 - exp(-t / 1e-4)) - 250 * exp(-t / 1e-3))
    }
  }

  private func addPulses(to trace: UnsafeMutableBufferPointer<Float>, from start: Int) {
    guard !pulse.isEmpty else { return }
    let channels = options.channels
    let frames = start..<start + trace.count / channels
    // Trains of ten pulses every three seconds, from the fifth on.
    let first = max(0, Int((Double(frames.lowerBound) / options.samplingRate - 6) / 3))
    let last = Int((Double(frames.upperBound) / options.samplingRate - 5) / 3)
    guard first <= last else { return }
    for train in first...last {
      for i in 0..<10 {
        let second = 5 + 3 * Double(train) + 0.1 * Double(i)
        guard second < options.seconds - 5 else { continue }
        let place = Int(second * options.samplingRate)
        for frame in (place..<place + pulse.count).clamped(to: frames) {
          for channel in 0..<channels {
            trace[(frame - start) * channels + channel] += pulse[frame - place] * pulseGains[channel]
          }
        }
      }
    }
  }

  private func addHum(to trace: UnsafeMutableBufferPointer<Float>, from start: Int) {
    guard options.has(.hum) else { return }
    let parts = [(50.0, 100.0, 0.0), (150, 30, 1), (250, 12, 2), (350, 6, 0), (550, 4, 0)]
    let channels = options.channels
    for frame in 0..<trace.count / channels {
      let second = Double(start + frame) / options.samplingRate
      let hum = parts.reduce(0) { $0 + $1.1 * sin(2 * .pi * $1.0 * second + $1.2) }
      for channel in 0..<channels {
        let gain = 0.8 + 0.4 * Double(channel) / Double(max(1, channels - 1))
        trace[frame * channels + channel] += Float(hum * gain)
      }
    }
  }

  private mutating func disturbWire(_ trace: UnsafeMutableBufferPointer<Float>) {
    let (dead, noisy) = (options.has(.deadWire), options.has(.noisyWire))
    guard dead || noisy else { return }
    for i in stride(from: badWire, to: trace.count, by: options.channels) {
      let draw = Float(wireGenerator.standardNormal())
      trace[i] = dead ? 0.4 * draw : trace[i] + 45 * draw
    }
  }

  private func blank(_ trace: UnsafeMutableBufferPointer<Float>, from start: Int) {
    let channels = options.channels
    let off = options.has(.silent) ? Int(options.seconds / 3 * options.samplingRate) : Int.max
    let period = Int(0.05 * options.samplingRate)
    let blanked = options.has(.blanked) ? Int(0.03 * options.samplingRate) : 0
    guard off != Int.max || blanked > 0 else { return }
    for frame in 0..<trace.count / channels
    where start + frame >= off || (start + frame) % period < blanked {
      for channel in 0..<channels { trace[frame * channels + channel] = 0 }
    }
  }
}

/// A stretch of band noise on all wires.
private struct NoiseBurst {
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

/// Noise that falls with frequency and is mostly common to the wires: one-pole filters in a row.
private struct SlowNoise {
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
