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
  /// Where the electrode stands in each third of the session, µm; empty where it does not jump.
  private let thirds: [SIMD3<Double>]
  /// Every unit's amplitude in each third.
  private let thirdGains: [[Float]]

  /// Whether anything changes with time.
  var moves: Bool { netMicrometers > 0 || !thirds.isEmpty }

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
    guard options.has(.jump) else {
      (thirds, thirdGains) = ([], [])
      return
    }
    var places = [SIMD3<Double>.zero]
    for _ in 0..<2 {
      let way = SIMD3(
        generator.standardNormal(), generator.standardNormal(), 0.4 * generator.standardNormal())
      places.append(places[places.count - 1] + 12 * way / (way * way).sum().squareRoot())
    }
    thirds = places
    thirdGains = (0..<3).map { third in
      (0..<options.units).map { _ in
        third == 0 ? 1 : Float(exp(generator.uniform(from: -0.2, to: 0.2)))
      }
    }
  }

  private func third(ofSecond second: Double) -> Int { min(2, max(0, Int(3 * second / seconds))) }

  /// Where the tissue is, from where it is on the way's half; zero without drift.
  func displacement(atSecond second: Double) -> SIMD3<Double> {
    let jumped = thirds.isEmpty ? SIMD3<Double>.zero : thirds[third(ofSecond: second)]
    guard netMicrometers > 0 else { return jumped }
    let way = netMicrometers * (second / seconds - 0.5)
    return waves.reduce(jumped + direction * way) { sum, wave in
      let now = sin(2 * .pi * wave.cycles * second / seconds + wave.phase)
      let half = sin(.pi * wave.cycles + wave.phase)
      return sum + wave.micrometers * (now - half)
    }
  }

  /// What a neuron's amplitude is multiplied by; one without drift and on the way's half.
  func gain(ofUnit unit: Int, atSecond second: Double) -> Float {
    let jumped = thirds.isEmpty ? 1 : thirdGains[third(ofSecond: second)][unit]
    guard netMicrometers > 0 else { return jumped }
    let phase = gainPhases[unit]
    return jumped
      * Float(exp(0.12 * (sin(2 * .pi * 1.3 * second / seconds + phase) - sin(1.3 * .pi + phase))))
  }
}
