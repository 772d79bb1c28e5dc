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
