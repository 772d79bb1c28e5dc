internal import Foundation
internal import NumPyInterop

/// A neuron beside the probe: where it is, what its spikes look like, how far they reach.
struct SimulatedNeuron: Sendable {
  /// The soma in µm: along the probe's plane, and its distance from it.
  var place: SIMD3<Double>
  /// The direction in the plane in which the field reaches farther.
  var axis: SIMD2<Double>
  /// How much farther.
  var elongation: Double
  /// The distance at which the voltage begins to fall off.
  var reachMicrometers: Double
  /// How fast a spike spreads.
  var micrometersPerMillisecond: Double
  /// The voltage over time.
  var shape: SpikeShape
  /// The voltage at the soma, so that the largest channel's trough has the depth wanted.
  var microvolts = 1.0

  /// How a spike looks on one contact.
  struct View: Sendable {
    var microvolts: Float
    var humpRatio: Float
    var delayFrames: Double
    var stretch: Double
  }

  /// How a spike looks on every contact, the neuron moved by `displacement`.
  func views(on contacts: [SIMD2<Double>], displacement: SIMD3<Double>, samplingRate: Double) -> [View] {
    let soma = place + displacement
    let distances = contacts.map { contact -> (effective: Double, along: Double) in
      let offset = contact - SIMD2(soma.x, soma.y)
      let along = (offset * axis).sum()
      let across = offset.x * axis.y - offset.y * axis.x
      let shortened = along / elongation
      return ((shortened * shortened + across * across + soma.z * soma.z).squareRoot(), along)
    }
    let nearest = distances.reduce(Double.infinity) { min($0, $1.effective) }
    return distances.map { distance in
      let reach = distance.effective / reachMicrometers
      let excess = distance.effective - nearest
      return View(
        microvolts: Float(microvolts * pow(1 + reach * reach, -1.25)),
        // Towards the dendrite the return current weighs more.
        humpRatio: Float(shape.humpRatio * (1 + 0.6 * distance.along / (abs(distance.along) + 20))),
        delayFrames: excess / micrometersPerMillisecond * samplingRate / 1000,
        stretch: min(1.3, 1 + 0.004 * excess))
    }
  }

  /// Scales the neuron so that its deepest trough, unmoved, is `peakMicrovolts`.
  mutating func scale(toPeak peakMicrovolts: Double, contacts: [SIMD2<Double>], samplingRate: Double) {
    microvolts = 1
    let deepest =
      views(on: contacts, displacement: .zero, samplingRate: samplingRate)
      .map { -Double($0.microvolts * shape.trough(humpRatio: $0.humpRatio)) }.max() ?? 1
    microvolts = peakMicrovolts / deepest
  }

  /// The waveform of an unmoved spike with its trough on a frame: frames × channels in µV.
  func template(on contacts: [SIMD2<Double>], samplingRate: Double, window: SpikeWindow) -> [Float] {
    var trace = [Float](repeating: 0, count: window.margin * 2 * contacts.count)
    let views = views(on: contacts, displacement: .zero, samplingRate: samplingRate)
    trace.withUnsafeMutableBufferPointer { trace in
      add(views, to: trace, frame: Double(window.margin), amplitude: 1, stretch: 1)
    }
    let start = (window.margin - window.before) * contacts.count
    return Array(trace[start..<start + window.count * contacts.count])
  }

  /// Adds a spike to an interleaved trace.
  func add(
    _ views: [View], to trace: UnsafeMutableBufferPointer<Float>, frame: Double, amplitude: Float,
    stretch: Double
  ) {
    guard let base = trace.baseAddress else { return }
    for (channel, view) in views.enumerated() {
      let microvolts = view.microvolts * amplitude
      // Below the converter's step nothing is seen.
      guard abs(microvolts) > 0.2 else { continue }
      shape.add(
        to: base + channel, stride: views.count, frame: frame + view.delayFrames, humpRatio: view.humpRatio,
        microvolts: microvolts, stretch: stretch * view.stretch)
    }
  }
}

/// The frames around a trough.
struct SpikeWindow: Sendable {
  /// Frames before the trough.
  let before: Int
  /// Frames from the trough on.
  let after: Int
  /// Frames that no spike reaches beyond, stretched and late as it may be, on either side.
  let margin: Int
  /// The frames of the window.
  var count: Int { before + after }

  init(samplingRate: Double) {
    before = Int(SpikeShape.millisecondsBefore * samplingRate / 1000)
    after = Int(SpikeShape.millisecondsAfter * samplingRate / 1000)
    margin = Int(8 * samplingRate / 1000)
  }
}

extension SimulatedNeuron {
  /// Neurons around the contacts, unlike one another, with peaks spread over what is found in practice.
  static func neighbours(_ options: SimulationOptions, contacts: [SIMD2<Double>]) -> [SimulatedNeuron] {
    var generator = NumPyGenerator(entropy: [options.seed, 0])
    let rate = options.samplingRate
    let window = SpikeWindow(samplingRate: rate)
    let ranks = generator.permutation(options.units)
    var neurons: [SimulatedNeuron] = []
    var templates: [[Float]] = []
    for unit in 0..<options.units {
      let share = (Double(ranks[unit]) + generator.random()) / Double(options.units)
      let peak = 70 * pow(200.0 / 70, share)
      // Of a few places and shapes the one least like the neurons already there.
      var best: (likeness: Float, neuron: SimulatedNeuron, template: [Float])?
      for _ in 0..<5 {
        var neuron = SimulatedNeuron(
          near: contacts, isInterneuron: unit % 3 == 2, samplingRate: rate, generator: &generator)
        if options.has(.broad), unit % 2 == 0 { neuron.broaden(samplingRate: rate, generator: &generator) }
        neuron.scale(toPeak: peak, contacts: contacts, samplingRate: rate)
        if options.has(.positive) || options.has(.mixedSign) && unit % 3 == 1 { neuron.microvolts.negate() }
        let template = neuron.template(on: contacts, samplingRate: rate, window: window)
        let likeness = templates.map { cosine($0, template) }.max() ?? 0
        if best.map({ likeness < $0.likeness }) ?? true { best = (likeness, neuron, template) }
      }
      guard let best else { continue }
      neurons.append(best.neuron)
      templates.append(best.template)
    }
    return neurons
  }

  /// A neuron near the contacts: wide spikes for pyramidal cells, narrow ones for interneurons.
  private init(
    near contacts: [SIMD2<Double>], isInterneuron: Bool, samplingRate: Double, generator: inout NumPyGenerator
  ) {
    let low = contacts.reduce(contacts[0]) { pointwiseMin($0, $1) } - 18
    let high = contacts.reduce(contacts[0]) { pointwiseMax($0, $1) } + 18
    let angle = generator.uniform(from: 0, to: 2 * .pi)
    place = SIMD3(
      generator.uniform(from: low.x, to: high.x), generator.uniform(from: low.y, to: high.y),
      generator.uniform(from: 8, to: 30))
    axis = SIMD2(cos(angle), sin(angle))
    elongation = generator.uniform(from: 1, to: 1.9)
    reachMicrometers = generator.uniform(from: 14, to: 26)
    micrometersPerMillisecond = generator.uniform(from: 250, to: 450)
    shape = SpikeShape(
      SpikeShape.Parameters(
        troughMilliseconds: isInterneuron
          ? generator.uniform(from: 0.06, to: 0.085) : generator.uniform(from: 0.095, to: 0.14),
        humpMilliseconds: isInterneuron
          ? generator.uniform(from: 0.28, to: 0.38) : generator.uniform(from: 0.42, to: 0.75),
        humpRatio: isInterneuron
          ? generator.uniform(from: 0.3, to: 0.5) : generator.uniform(from: 0.15, to: 0.35),
        onsetRatio: generator.uniform(from: 0.01, to: 0.08)),
      samplingRate: samplingRate)
  }

  /// Gives the neuron a slow spike.
  private mutating func broaden(samplingRate: Double, generator: inout NumPyGenerator) {
    shape = SpikeShape(
      SpikeShape.Parameters(
        troughMilliseconds: generator.uniform(from: 0.18, to: 0.25),
        humpMilliseconds: generator.uniform(from: 0.75, to: 1.05),
        humpRatio: generator.uniform(from: 0.15, to: 0.35),
        onsetRatio: generator.uniform(from: 0.01, to: 0.08)),
      samplingRate: samplingRate)
  }

  /// Neurons too far to be told apart, whose spikes are the hash under the larger ones.
  static func distant(_ options: SimulationOptions, contacts: [SIMD2<Double>]) -> [SimulatedNeuron] {
    guard options.noiseMicrovolts > 0 else { return [] }
    var generator = NumPyGenerator(entropy: [options.seed, 1])
    return (0..<40).map { _ in
      var neuron = SimulatedNeuron(
        near: contacts, isInterneuron: false, samplingRate: options.samplingRate, generator: &generator)
      let contact = contacts[generator.integers(below: contacts.count)]
      let angle = generator.uniform(from: 0, to: 2 * .pi)
      let distance = generator.uniform(from: 60, to: 160)
      neuron.place.x = contact.x + distance * cos(angle)
      neuron.place.y = contact.y + distance * sin(angle)
      neuron.reachMicrometers = generator.uniform(from: 60, to: 110)
      let peak = options.noiseMicrovolts * 0.4 * pow(6.5, generator.random())
      neuron.scale(toPeak: peak, contacts: contacts, samplingRate: options.samplingRate)
      return neuron
    }
  }
}

/// The cosine between two waveforms; 0 where one is flat.
func cosine(_ a: [Float], _ b: [Float]) -> Float {
  var (product, aSquare, bSquare): (Float, Float, Float) = (0, 0, 0)
  for i in a.indices {
    product += a[i] * b[i]
    aSquare += a[i] * a[i]
    bSquare += b[i] * b[i]
  }
  return aSquare * bSquare > 0 ? product / (aSquare * bSquare).squareRoot() : 0
}
