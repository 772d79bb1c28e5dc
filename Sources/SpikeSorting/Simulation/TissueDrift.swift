internal import Foundation
internal import NumPyInterop

/// How the tissue moves against the probe, and how the neurons' amplitudes wander with it.
struct TissueDrift: Sendable {
  /// A slow wave of the wander along each direction.
  private struct Wave: Sendable {
    var micrometers: SIMD3<Double>
    var cycles: Double
    var phase: Double
  }

  /// The way from the recording's first to its last second, µm.
  let netMicrometers: Double
  private let direction: SIMD3<Double>
  private let waves: [Wave]
  private let gainPhases: [Double]
  private let seconds: Double

  init(_ options: SimulationOptions) {
    var generator = NumPyGenerator(entropy: [options.seed, 5])
    let angle = generator.uniform(from: 0, to: 2 * .pi)
    direction = SIMD3(cos(angle), sin(angle), 0.25)
    waves = (0..<4).map { _ in
      let size = SIMD3(generator.standardNormal(), generator.standardNormal(), generator.standardNormal())
      return Wave(
        micrometers: size * 0.6, cycles: generator.uniform(from: 1, to: 5),
        phase: generator.uniform(from: 0, to: 2 * .pi))
    }
    gainPhases = (0..<options.units).map { _ in generator.uniform(from: 0, to: 2 * .pi) }
    seconds = options.seconds
    netMicrometers = options.drift ? 14 : 0
  }

  /// Where the tissue is, from where it is on the way's half; zero without drift.
  func displacement(atSecond second: Double) -> SIMD3<Double> {
    guard netMicrometers > 0 else { return .zero }
    let way = netMicrometers * (second / seconds - 0.5)
    return waves.reduce(direction * way) { sum, wave in
      let now = sin(2 * .pi * wave.cycles * second / seconds + wave.phase)
      let half = sin(.pi * wave.cycles + wave.phase)
      return sum + wave.micrometers * (now - half)
    }
  }

  /// What a neuron's amplitude is multiplied by; one without drift and on the way's half.
  func gain(ofUnit unit: Int, atSecond second: Double) -> Float {
    guard netMicrometers > 0 else { return 1 }
    let phase = gainPhases[unit]
    return Float(exp(0.12 * (sin(2 * .pi * 1.3 * second / seconds + phase) - sin(1.3 * .pi + phase))))
  }
}
