internal import Foundation
internal import NumPyInterop

/// A spike to come: when, whose, and how it differs from its neuron's others.
struct SimulatedSpike: Sendable {
  /// The trough in frames, any real number.
  var frame: Double
  var unit: Int
  /// By the neuron's own.
  var amplitude: Float
  /// How much slower than the neuron's own.
  var stretch: Double
}

/// When simulated neurons fire.
enum SimulatedTrains {
  /// No neuron fires twice within this.
  static let refractoryMilliseconds = 2.5
  /// Every third neuron, an interneuron, fires regularly even where the others burst.
  static func burstingUnits(_ options: SimulationOptions) -> [Int] {
    options.bursts ? (0..<options.units).filter { $0 % 3 != 2 } : []
  }

  /// All spikes in order of time.
  static func draw(_ options: SimulationOptions) -> [SimulatedSpike] {
    let bursting = Set(burstingUnits(options))
    let population = populationEvents(options)
    var trains = (0..<options.units).map { unit in
      var generator = NumPyGenerator(entropy: [options.seed, 2, UInt64(unit)])
      if let population { return together(unit, population, options, generator: &generator) }
      return bursting.contains(unit)
        ? bursts(of: unit, options, generator: &generator) : regular(unit, options, generator: &generator)
    }
    if options.bursts && options.units > 1 {
      for spike in collisions(with: trains, options) { trains[spike.unit].append(spike) }
    }
    if options.has(.part) {
      for unit in trains.indices {
        trains[unit].removeAll { !isActive(unit, atShare: $0.frame / options.samplingRate / options.seconds) }
      }
    }
    return trains.flatMap { refractory($0, options) }.sorted { ($0.frame, $0.unit) < ($1.frame, $1.unit) }
  }

  /// A Poisson train with a refractory period.
  private static func regular(
    _ unit: Int, _ options: SimulationOptions, generator: inout NumPyGenerator
  ) -> [SimulatedSpike] {
    let isInterneuron = unit % 3 == 2
    var rate = isInterneuron ? 6 * pow(3, generator.random()) : 1.5 * pow(6, generator.random())
    // The fast ones are interneurons by their spikes too.
    if options.has(.fast), isInterneuron, unit < 6 {
      rate = unit == 2 ? generator.uniform(from: 40, to: 60) : generator.uniform(from: 60, to: 100)
    }
    return events(ratePerSecond: rate, deadSeconds: refractoryMilliseconds / 1000, options, &generator).map {
      SimulatedSpike(
        frame: $0 * options.samplingRate, unit: unit, amplitude: jitter(&generator), stretch: 1)
    }
  }

  /// When all neurons fire together: the start of every event and its length in seconds; nil where they never do.
  private static func populationEvents(_ options: SimulationOptions) -> [(start: Double, seconds: Double)]? {
    guard options.has(.ripples) || options.has(.upStates) else { return nil }
    var generator = NumPyGenerator(entropy: [options.seed, 15])
    let (rate, dead) = options.has(.ripples) ? (1.2, 0.15) : (0.5, 0.7)
    return events(ratePerSecond: rate, deadSeconds: dead, options, &generator).map {
      ($0, options.has(.ripples) ? 0.01 : generator.uniform(from: 0.15, to: 0.4))
    }
  }

  /// A train of few spikes, and of those that a neuron adds to what all do together.
  private static func together(
    _ unit: Int, _ population: [(start: Double, seconds: Double)], _ options: SimulationOptions,
    generator: inout NumPyGenerator
  ) -> [SimulatedSpike] {
    let dead = refractoryMilliseconds / 1000
    var times = events(
      ratePerSecond: options.has(.ripples) ? 0.4 : 0.3, deadSeconds: dead, options, &generator)
    for event in population {
      if options.has(.ripples) {
        guard generator.random() < 0.75 else { continue }
        var time = event.start + 0.005 * generator.standardNormal()
        times.append(time)
        for _ in 0..<generator.integers(below: 3) {
          time += generator.uniform(from: 0.0025, to: 0.006)
          times.append(time)
        }
      } else {
        let mean = 1 / generator.uniform(from: 40, to: 90)
        var time = event.start
        while true {
          time += dead - log1p(-generator.random()) * (mean - dead)
          guard time < event.start + event.seconds else { break }
          times.append(time)
        }
      }
    }
    return times.map {
      SimulatedSpike(
        frame: $0 * options.samplingRate, unit: unit, amplitude: jitter(&generator), stretch: 1)
    }
  }

  /// Whether a neuron of a recording in parts fires at a share of the session: the first third, the second, the last
  /// 15 %, three visits of a thirtieth, always, always, and again.
  private static func isActive(_ unit: Int, atShare share: Double) -> Bool {
    let windows: [[Range<Double>]] = [
      [0..<1 / 3], [1 / 3..<2 / 3], [0.85..<1], [0.1..<0.134, 0.5..<0.534, 0.8..<0.834], [0..<1], [0..<1],
    ]
    return windows[unit % windows.count].contains { $0.contains(share) }
  }

  /// Single spikes and complex-spike bursts: up to six spikes, 3 to 8 ms apart, each smaller and slower.
  private static func bursts(
    of unit: Int, _ options: SimulationOptions, generator: inout NumPyGenerator
  ) -> [SimulatedSpike] {
    let rate = generator.uniform(from: 1, to: 4)
    let probability = generator.uniform(from: 0.3, to: 0.6)
    var spikes: [SimulatedSpike] = []
    for event in events(ratePerSecond: rate, deadSeconds: 0.06, options, &generator) {
      var time = event
      var amplitude = 1.0
      var stretch = 1.0
      var left = generator.random() < probability ? 5 : 0
      while true {
        spikes.append(
          SimulatedSpike(
            frame: time * options.samplingRate, unit: unit, amplitude: Float(amplitude) * jitter(&generator),
            stretch: stretch))
        guard left > 0 else { break }
        left = generator.random() < 0.5 ? left - 1 : 0
        time += generator.uniform(from: 0.003, to: 0.008)
        amplitude = max(0.45, amplitude * generator.uniform(from: 0.78, to: 0.92))
        stretch = min(1.3, stretch * generator.uniform(from: 1.03, to: 1.09))
      }
    }
    return spikes
  }

  /// Spikes of other neurons within 0.6 ms of six in a hundred.
  private static func collisions(
    with trains: [[SimulatedSpike]], _ options: SimulationOptions
  ) -> [SimulatedSpike] {
    var generator = NumPyGenerator(entropy: [options.seed, 3])
    return trains.joined().compactMap { spike in
      guard generator.random() < 0.06 else { return nil }
      let partner = (spike.unit + 1 + generator.integers(below: options.units - 1)) % options.units
      let lag = generator.uniform(from: -0.0006, to: 0.0006) * options.samplingRate
      return SimulatedSpike(
        frame: spike.frame + lag, unit: partner, amplitude: jitter(&generator), stretch: 1)
    }
  }

  /// Event times in seconds, at least `deadSeconds` apart, none within 20 ms of the ends.
  private static func events(
    ratePerSecond: Double, deadSeconds: Double, _ options: SimulationOptions,
    _ generator: inout NumPyGenerator
  ) -> [Double] {
    var times: [Double] = []
    var time = 0.02 - deadSeconds
    while true {
      time += deadSeconds - log1p(-generator.random()) * max(0, 1 / ratePerSecond - deadSeconds)
      guard time < options.seconds - 0.02 else { return times }
      times.append(time)
    }
  }

  /// One neuron's spikes in order of time, those too soon after another or too near an end left out.
  private static func refractory(
    _ spikes: [SimulatedSpike], _ options: SimulationOptions
  ) -> [SimulatedSpike] {
    let dead = refractoryMilliseconds / 1000 * options.samplingRate
    let edge = 0.02 * options.samplingRate
    let end = options.seconds * options.samplingRate - edge
    var kept: [SimulatedSpike] = []
    for spike in spikes.sorted(by: { $0.frame < $1.frame }) where spike.frame >= edge && spike.frame < end {
      if let last = kept.last, spike.frame - last.frame < dead { continue }
      kept.append(spike)
    }
    return kept
  }

  /// Five in a hundred, more or less.
  private static func jitter(_ generator: inout NumPyGenerator) -> Float {
    Float(min(1.25, max(0.75, 1 + 0.05 * generator.standardNormal())))
  }
}

/// The spikes of the distant neurons, drawn as the recording goes: there are too many to keep.
struct DistantTrains {
  private struct Train {
    var generator: NumPyGenerator
    var meanSeconds: Double
    var nextFrame: Double
  }

  private var trains: [Train]
  private let samplingRate: Double

  init(count: Int, seed: UInt64, samplingRate: Double) {
    self.samplingRate = samplingRate
    trains = (0..<count).map { index in
      var generator = NumPyGenerator(entropy: [seed, 4, UInt64(index)])
      let rate = 2 * pow(12, generator.random())
      return Train(generator: generator, meanSeconds: 1 / rate, nextFrame: 0)
    }
    for index in trains.indices { advance(index) }
  }

  private mutating func advance(_ index: Int) {
    let dead = SimulatedTrains.refractoryMilliseconds / 1000
    let interval = dead - log1p(-trains[index].generator.random()) * (trains[index].meanSeconds - dead)
    trains[index].nextFrame += interval * samplingRate
  }

  /// Hands over every spike before `end` that was not handed over yet: the neuron, the frame, the amplitude.
  mutating func take(before end: Double, _ body: (Int, Double, Float) -> Void) {
    for index in trains.indices {
      while trains[index].nextFrame < end {
        let amplitude = min(2, max(0.2, 1 + 0.2 * trains[index].generator.standardNormal()))
        body(index, trains[index].nextFrame, Float(amplitude))
        advance(index)
      }
    }
  }
}
