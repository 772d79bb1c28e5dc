import Foundation
import Testing

@testable import Simulation

/// Short recordings at a lower rate: what is tested hangs on neither.
struct SimulationConditionTests {
  private static func options(_ conditions: SimulationCondition..., seconds: Double = 9) -> SimulationOptions
  {
    SimulationOptions(
      seconds: seconds, units: 6, samplingRate: 12_000, noiseMicrovolts: 0, conditions: Set(conditions),
      seed: 6)
  }

  private static func made(_ conditions: SimulationCondition..., seconds: Double = 9) throws -> Simulated {
    var options = options(seconds: seconds)
    options.conditions = Set(conditions)
    return try Simulated(options)
  }

  /// Seconds of the spikes of every unit.
  private func trains(_ options: SimulationOptions) -> [[Double]] {
    let spikes = SimulatedTrains.draw(options)
    return (0..<options.units).map { unit in
      spikes.filter { $0.unit == unit }.map { $0.frame / options.samplingRate }
    }
  }

  /// Every unit's waveform: frames × 4 channels.
  private func templates(_ condition: SimulationCondition) -> [[Float]] {
    let options = Self.options(condition)
    let contacts = simulatedContacts(channels: 4)
    return SimulatedNeuron.neighbours(options, contacts: contacts).map {
      $0.template(on: contacts, samplingRate: 12_000, window: SpikeWindow(samplingRate: 12_000))
    }
  }

  /// What a condition adds to a wire: the difference from the recording without it, whose draws are the same.
  private func difference(_ made: Simulated, channel: Int = 0) throws -> [Double] {
    var options = made.options
    options.conditions = []
    let plain = try Simulated(options)
    return stride(from: channel, to: made.samples.count, by: made.options.channels).map {
      Double(made.samples[$0] - plain.samples[$0])
    }
  }

  private func rms(_ values: some Collection<Double>) -> Double {
    (values.reduce(0) { $0 + $1 * $1 } / Double(max(1, values.count))).squareRoot()
  }

  /// The power density around a frequency in µV/√Hz: windows of a quarter second, four of their lines.
  private func density(_ values: [Double], hertz: Double, samplingRate: Double) -> Double {
    let count = Int(samplingRate / 4)
    let window = (0..<count).map { 0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(count)) }
    let weight = window.reduce(0) { $0 + $1 * $1 }
    var sum = 0.0
    var terms = 0.0
    for start in stride(from: 0, through: values.count - count, by: count) {
      for line in 0..<4 {
        let angle = 2 * Double.pi * (hertz + 4 * Double(line) - 6) / samplingRate
        let step = SIMD2(cos(angle), sin(angle))
        var (real, imaginary) = (0.0, 0.0)
        var turned = SIMD2(1.0, 0.0)
        for i in 0..<count {
          let value = window[i] * values[start + i]
          (real, imaginary) = (real + value * turned.x, imaginary + value * turned.y)
          turned = SIMD2(
            turned.x * step.x - turned.y * step.y, turned.x * step.y + turned.y * step.x)
        }
        sum += 2 * (real * real + imaginary * imaginary) / (samplingRate * weight)
        terms += 1
      }
    }
    return (sum / terms).squareRoot()
  }

  @Test func chewingIsLoudInBurstsAndAlikeOnAllWires() throws {
    let made = try Self.made(.chewing)
    let (first, second) = (try difference(made), try difference(made, channel: 1))
    let loud = first.map { abs($0) }.max() ?? 0
    #expect(loud > 200 && loud < 1500)
    // Between bursts nothing is changed.
    #expect(first.count { $0 == 0 } > first.count / 2)
    let product = zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(product / (rms(first) * rms(second) * Double(first.count)) > 0.99)
  }

  @Test func musclesMoveOneSecondInEight() throws {
    let added = try difference(try Self.made(.emg))
    // 40 µV times the first wire's 0.9; steps of 0.195 µV.
    #expect(abs(rms(added[..<12_000]) - 36) < 0.5)
    #expect(added[12_000..<96_000].allSatisfy { $0 == 0 })
    #expect(abs(rms(added[96_000..<108_000]) - 36) < 0.5)
  }

  @Test func lightComesInTrainsOfTenPulses() throws {
    let made = try Self.made(.light, seconds: 15)
    let added = try difference(made)
    let rises = added.indices.dropFirst().filter { added[$0 - 1] < 200 && added[$0] >= 200 }
    let expected = [5.0, 8].flatMap { train in (0..<10).map { train + 0.1 * Double($0) } }
    #expect(rises.count == expected.count)
    #expect(zip(rises, expected).allSatisfy { abs(Double($0) / 12_000 - $1) < 0.001 })
  }

  @Test func blankedFramesAreZeroAndHoldNoTrueSpike() throws {
    let made = try Self.made(.blanked)
    let blanked = made.samples.indices.filter { $0 / 4 % 600 < 360 }
    #expect(blanked.allSatisfy { made.samples[$0] == 0 })
    #expect(made.truth.times.allSatisfy { $0 % 600 >= 360 } && made.truth.times.count > 20)
  }

  @Test func aSilentAmplifierGivesZerosFromAThirdOn() throws {
    let made = try Self.made(.silent)
    #expect(made.samples[(4 * 36_000)...].allSatisfy { $0 == 0 })
    #expect(made.samples[0..<(4 * 36_000)].contains { $0 != 0 })
    #expect((made.truth.times.last ?? 0) < 36_000)
  }

  @Test func humHasTheMainsFrequencies() throws {
    let made = try Self.made(.hum)
    let (first, last) = (try difference(made), try difference(made, channel: 3))
    let second = 2 * Double.pi / 12_000
    let sine = first.indices.reduce(0) { $0 + first[$1] * sin(50 * second * Double($1)) }
    // 100 µV times the first wire's 0.8.
    #expect(abs(2 * sine / Double(first.count) - 80) < 0.1)
    #expect(abs(rms(last) / rms(first) - 1.5) < 0.01)
  }

  /// Two poles at 150 Hz leave 5/17 from 300 to 600 Hz, one at 20 Hz a half. Neighbouring lines of these windows share
  /// half of what they hold: the power in 144 of them scatters as that in 72, by 12 %, its root by 6 %; three of these.
  @Test(arguments: [(SimulationCondition.leak, 1.2, 1.2 * 5 / 17), (.pink, 0.25, 0.125)])
  func slowNoiseHasItsDensity(condition: SimulationCondition, at300: Double, at600: Double) throws {
    let added = try difference(try Self.made(condition))
    let found = [300, 600].map { density(added, hertz: $0, samplingRate: 12_000) }
    #expect(abs(found[0] / at300 - 1) < 0.18)
    #expect(abs(found[1] / at600 - 1) < 0.18)
  }

  @Test func oneWireIsDeadOrNoisy() throws {
    // Seed 6 and four channels: the third.
    let dead = try Self.made(.deadWire)
    let wire = stride(from: 2, to: dead.samples.count, by: 4).map { Double(dead.samples[$0]) }
    #expect(abs(rms(wire) - 0.4) < 0.05)
    let noisy = try Self.made(.noisyWire)
    #expect(abs(rms(try difference(noisy, channel: 2)) - 45) < 0.5)
    #expect(try difference(noisy, channel: 1).allSatisfy { $0 == 0 })
  }

  @Test func signsOfSpikes() {
    func signs(_ condition: SimulationCondition) -> [Bool] {
      templates(condition).map { ($0.max() ?? 0) > -($0.min() ?? 0) }
    }
    #expect(signs(.positive) == [Bool](repeating: true, count: 6))
    #expect(signs(.mixedSign) == [false, true, false, false, true, false])
  }

  @Test func broadSpikesAreBroad() {
    let widths = templates(.broad).map { template -> Double in
      let channel = (template.indices.min { template[$0] < template[$1] } ?? 0) % 4
      let wave = stride(from: channel, to: template.count, by: 4).map { template[$0] }
      let trough = wave.indices.min { wave[$0] < wave[$1] } ?? 0
      let hump = wave.indices.dropFirst(trough).max { wave[$0] < wave[$1] } ?? 0
      return Double(hump - trough) / 12
    }
    #expect([0, 2, 4].allSatisfy { widths[$0] > 0.6 })
    #expect([1, 3, 5].allSatisfy { widths[$0] < 0.85 })
  }

  @Test func neuronsOfAPartFireThereAlone() {
    let trains = trains(Self.options(.part, seconds: 60))
    for (train, bound) in zip(trains, [0.0..<20, 20..<40, 51..<60]) {
      #expect(!train.isEmpty && train.allSatisfy(bound.contains))
    }
    #expect(trains[3].allSatisfy { s in [6.0..<8.04, 30..<32.04, 48..<50.04].contains { $0.contains(s) } })
    #expect((trains[4].last ?? 0) - (trains[4].first ?? 0) > 50)
  }

  @Test func fastInterneurons() {
    let rates = trains(Self.options(.fast, seconds: 30)).map { Double($0.count) / 30 }
    // Poisson counts of 1,200 and more scatter by 3 %.
    #expect(rates[2] > 36 && rates[2] < 66 && rates[5] > 54 && rates[5] < 110)
    #expect([0, 1, 3, 4].allSatisfy { rates[$0] < 20 })
  }

  @Test(arguments: [SimulationCondition.ripples, .upStates])
  func neuronsFireTogether(condition: SimulationCondition) {
    let trains = trains(Self.options(condition, seconds: 60))
    // Pairs of units within 20 ms, against what their rates give.
    for other in trains.dropFirst() {
      let near = trains[0].reduce(0) { sum, time in sum + other.count { abs($0 - time) < 0.02 } }
      #expect(Double(near) > 3 * Double(trains[0].count * other.count) * 0.04 / 60)
    }
  }

  @Test func theElectrodeJumpsTwice() {
    let still = TissueDrift(Self.options(seconds: 30))
    #expect(!still.moves && still.displacement(atSecond: 20) == .zero)
    let jumping = TissueDrift(Self.options(.jump, seconds: 30))
    let places = [1.0, 9.9, 10.1, 19.9, 20.1, 29].map { jumping.displacement(atSecond: $0) }
    #expect(places[0] == .zero && places[1] == .zero && places[2] == places[3] && places[4] == places[5])
    for (before, after) in [(places[1], places[2]), (places[3], places[4])] {
      let way = after - before
      #expect(abs((way * way).sum().squareRoot() - 12) < 1e-9)
    }
    #expect(jumping.gain(ofUnit: 0, atSecond: 5) == 1 && jumping.gain(ofUnit: 0, atSecond: 15) != 1)
  }

  @Test func conditionsThatExcludeOneAnotherAreRefused() {
    #expect(throws: SimulationError.self) { try Self.made(.positive, .mixedSign) }
    #expect(throws: SimulationError.self) { try Self.made(.ripples, .upStates) }
  }

  @Test func severalConditionsAtOnce() throws {
    let made = try Self.made(.hum, .deadWire, .mixedSign, .part)
    #expect(
      abs(rms(stride(from: 2, to: made.samples.count, by: 4).map { Double(made.samples[$0]) }) - 0.4) < 0.05)
    #expect(made.truth.unitCount == 6)
  }
}
