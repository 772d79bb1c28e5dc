public import Foundation
internal import NumPyInterop

/// Simulates a recording whose every spike is known, and writes it.
///
/// The folder gets `<name>.dat` (16-bit integers, frames × channels, 0.195 µV a step), `meta.json`, `probe.json`
/// (ProbeInterface), `gt_times.npy` (the frame of every spike's trough), `gt_labels.npy` and
/// `gt_templates_uV.npy`. The same options make the same bytes. What is in it:
///
/// - neurons around the contacts that fire at random with a refractory period of 2.5 ms, pyramidal cells with wide
///   spikes and interneurons with narrow ones; amplitudes vary by 5 % from spike to spike, troughs fall between
///   frames, and shape, delay and width differ from contact to contact;
/// - 40 distant neurons whose spikes are the hash under the others;
/// - white noise of the electrodes, coloured noise that near contacts share, slow field potentials;
/// - what `conditions` name;
/// - with `drift`, tissue that moves 14 µm and wanders; with `bursts`, bursts and collisions.
///
/// - Parameters:
///   - options: what to simulate.
///   - folder: made where it does not exist; files of these names are replaced.
///   - name: the recording's name, by default the folder's.
///   - progress: called now and then with the share that is done.
/// - Returns: every spike and the neurons.
/// - Throws: `SimulationError` for options that cannot be, `SimulationError` or `NPYError` where writing fails; what
///   was written then is removed.
/// - Complexity: O(seconds × samplingRate × channels) time; the samples stream through memory.
@discardableResult
public func simulate(
  _ options: SimulationOptions, to folder: URL, name: String? = nil, progress: (Double) -> Void = { _ in }
) throws -> GroundTruth {
  try options.check()
  let output = SimulationOutput(folder: folder, name: name ?? folder.lastPathComponent)
  do {
    try output.makeFolder()
    let contacts = simulatedContacts(channels: options.channels)
    let neurons = SimulatedNeuron.neighbours(options, contacts: contacts)
    let spikes = SimulatedTrains.draw(options).filter {
      options.isAudible(atSecond: $0.frame / options.samplingRate)
    }
    let truth = groundTruth(options, contacts: contacts, neurons: neurons, spikes: spikes)
    var trace = try SimulatedTrace(options, contacts: contacts, neurons: neurons, spikes: spikes)
    let beginning = try output.writeSamples(of: &trace, options, progress: progress)
    try output.write(truth)
    try output.writeJSON(ProbeDescription(contacts: truth.channelPositions), to: "probe.json")
    let description = try SimulationDescription(
      options, name: output.name, truth: truth, beginning: beginning)
    try output.writeJSON(description, to: "meta.json")
    progress(1)
    return truth
  } catch {
    output.remove()
    throw error
  }
}

/// Where the contacts are, in µm: a tetrode's four 12.5 µm from its middle, otherwise two columns 22 µm apart
/// with contacts every 25 µm, the second half a step higher.
func simulatedContacts(channels: Int) -> [SIMD2<Double>] {
  guard channels != 4 else {
    return [SIMD2(12.5, 0), SIMD2(0, 12.5), SIMD2(-12.5, 0), SIMD2(0, -12.5)]
  }
  let rows = (channels + 1) / 2
  return (0..<channels).map { channel in
    let (column, row) = channel.quotientAndRemainder(dividingBy: rows)
    return SIMD2(22 * Double(column) - 11, 25 * Double(row) + 12.5 * Double(column))
  }
}

private func groundTruth(
  _ options: SimulationOptions, contacts: [SIMD2<Double>], neurons: [SimulatedNeuron],
  spikes: [SimulatedSpike]
) -> GroundTruth {
  let window = SpikeWindow(samplingRate: options.samplingRate)
  let order = spikes.map { (time: Int($0.frame.rounded()), unit: $0.unit) }.sorted { $0 < $1 }
  return GroundTruth(
    times: order.map(\.time), labels: order.map(\.unit),
    templates: neurons.flatMap {
      $0.template(on: contacts, samplingRate: options.samplingRate, window: window)
    },
    templateFrames: window.count, troughFrame: window.before,
    channelPositions: contacts.map { [$0.x, $0.y] },
    burstingUnits: SimulatedTrains.burstingUnits(options))
}

/// The samples of a simulated recording, made block by block.
struct SimulatedTrace {
  /// The frames of a block: fixed, so that the draws fall the same whoever asks.
  static let blockFrames = 16_384

  private let options: SimulationOptions
  private let contacts: [SIMD2<Double>]
  private let neurons: [SimulatedNeuron]
  private let views: [[SimulatedNeuron.View]]
  private let distant: [SimulatedNeuron]
  private let distantViews: [[SimulatedNeuron.View]]
  private var distantTrains: DistantTrains
  private let drift: TissueDrift
  private var noise: BackgroundNoise
  private var disturbances: SignalDisturbances?
  private let spikes: [SimulatedSpike]
  private var nextSpike = 0
  private let margin: Int
  /// The block being made with the margin before and after it, in µV.
  private var buffer: [Float]
  /// The first frame of the block being made; `buffer` begins `margin` frames before.
  private var start = 0

  init(
    _ options: SimulationOptions, contacts: [SIMD2<Double>], neurons: [SimulatedNeuron],
    spikes: [SimulatedSpike]
  ) throws {
    func still(_ neuron: SimulatedNeuron) -> [SimulatedNeuron.View] {
      neuron.views(on: contacts, displacement: .zero, samplingRate: options.samplingRate)
    }
    self.options = options
    self.contacts = contacts
    self.neurons = neurons
    self.spikes = spikes
    views = neurons.map(still)
    distant = SimulatedNeuron.distant(options, contacts: contacts)
    distantViews = distant.map(still)
    distantTrains = DistantTrains(
      count: distant.count, seed: options.seed, samplingRate: options.samplingRate)
    drift = TissueDrift(options)
    noise = try BackgroundNoise(options, contacts: contacts)
    disturbances = options.conditions.isEmpty ? nil : try SignalDisturbances(options)
    margin = SpikeWindow(samplingRate: options.samplingRate).margin
    buffer = [Float](repeating: 0, count: (Self.blockFrames + 2 * margin) * options.channels)
  }

  /// Makes the next frames and hands them over in µV, frames × channels; false after the last.
  ///
  /// Spikes reach back over a block's start, so the frames lag `margin` behind the block.
  mutating func next(_ body: (UnsafeBufferPointer<Float>) throws -> Void) throws -> Bool {
    let total = options.frameCount
    let channels = options.channels
    guard start - margin < total else { return false }
    let end = start + Self.blockFrames
    let first = start - margin
    var buffer = [Float]()
    swap(&buffer, &self.buffer)
    defer { swap(&buffer, &self.buffer) }
    buffer.withUnsafeMutableBufferPointer { buffer in
      let block = margin * channels..<(margin + Self.blockFrames) * channels
      noise.add(to: UnsafeMutableBufferPointer(rebasing: buffer[block]))
      distantTrains.take(before: Double(end)) { [distant, distantViews] index, frame, amplitude in
        distant[index].add(
          distantViews[index], to: buffer, frame: frame - Double(first), amplitude: amplitude, stretch: 1)
      }
      while nextSpike < spikes.count, spikes[nextSpike].frame < Double(end) {
        add(spikes[nextSpike], to: buffer, first: first)
        nextSpike += 1
      }
    }
    try buffer.withUnsafeMutableBufferPointer { buffer in
      let frames = max(0, -first)..<min(Self.blockFrames, total - first)
      let samples = frames.lowerBound * channels..<frames.upperBound * channels
      disturbances?.apply(
        to: UnsafeMutableBufferPointer(rebasing: buffer[samples]), from: first + frames.lowerBound)
      try body(UnsafeBufferPointer(rebasing: buffer[samples]))
    }
    // What stands beyond the frames handed over begins the next block.
    buffer.removeFirst(Self.blockFrames * channels)
    buffer.append(contentsOf: repeatElement(0, count: Self.blockFrames * channels))
    start = end
    return true
  }

  private func add(_ spike: SimulatedSpike, to buffer: UnsafeMutableBufferPointer<Float>, first: Int) {
    let neuron = neurons[spike.unit]
    var seen = views[spike.unit]
    var amplitude = spike.amplitude
    if drift.moves {
      let second = spike.frame / options.samplingRate
      let displacement = drift.displacement(atSecond: second)
      seen = neuron.views(on: contacts, displacement: displacement, samplingRate: options.samplingRate)
      amplitude *= drift.gain(ofUnit: spike.unit, atSecond: second)
    }
    neuron.add(
      seen, to: buffer, frame: spike.frame - Double(first), amplitude: amplitude, stretch: spike.stretch)
  }
}
