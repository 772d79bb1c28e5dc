internal import Foundation
internal import SpikeDetection

/// What `meta.json` says of a simulated recording.
struct SimulationDescription: Encodable {
  /// What it says of a neuron.
  struct Unit: Encodable {
    var id: Int
    var spikes: Int
    var rate: Double
    var peak: Double
    var signalToNoise: Double
    var nearestCosine: Double

    enum CodingKeys: String, CodingKey {
      case id, spikes
      case rate = "rate_hz"
      case peak = "peak_uV"
      case signalToNoise = "snr_600_6000"
      case nearestCosine = "nearest_cosine"
    }
  }

  /// What it says of the tissue's way.
  struct Drift: Encodable {
    var net: Double

    enum CodingKeys: String, CodingKey {
      case net = "net_um"
    }
  }

  var name: String
  var seed: UInt64
  var file: String
  var dtype = "int16 little endian"
  var layout = "C order, frames x channels"
  var samplingRate: Double
  var channels: Int
  var frames: Int
  var duration: Double
  var gain = SimulationOutput.microvoltsPerStep
  var offset = 0.0
  var spikeSign = "negative peak"
  var timeMeaning = "frame nearest to the negative peak on the unit's largest channel"
  var units: [Unit]
  var noise: [Double]
  var channelPositions: [[Double]]
  var generator = "spikesort simulate"
  var noiseDescription: String
  var isExhaustive = true
  var burstingUnits: [Int]?
  var fractionNearOthers: Double
  var drift: Drift?
  var conditions: [SimulationCondition]?

  enum CodingKeys: String, CodingKey {
    case name, seed, file, dtype, layout, channels, frames, units, generator, drift, conditions
    case samplingRate = "sampling_rate_hz"
    case duration = "duration_s"
    case gain = "gain_uV_per_bit"
    case offset = "offset_uV"
    case spikeSign = "spike_sign"
    case timeMeaning = "gt_time_meaning"
    case noise = "noise_sigma_600_6000_uV"
    case channelPositions = "channel_xy_um"
    case noiseDescription = "noise"
    case isExhaustive = "exhaustive_gt"
    case burstingUnits = "bursting_units"
    case fractionNearOthers = "fraction_spikes_within_1ms_of_other"
  }

  /// Measures noise and signal of a recording.
  ///
  /// - Parameter beginning: the first samples in µV, frames × channels.
  /// - Throws: `invalidBand`, which no rate allowed here can cause.
  init(
    _ options: SimulationOptions, name: String, truth: GroundTruth, beginning: [Double]
  ) throws(SpikeDetectionError) {
    let band = try SecondOrderSections.butterworth(
      order: 3, .between(600, min(6000, 0.45 * options.samplingRate)), samplingRate: options.samplingRate)
    let noise = Self.noise(band.filtered(beginning, channelCount: options.channels), options)
    let templates = (0..<truth.unitCount).map { Array(truth.template(ofUnit: $0)) }
    self.name = name
    seed = options.seed
    file = "\(name).dat"
    samplingRate = options.samplingRate
    channels = options.channels
    frames = options.frameCount
    duration = options.seconds
    units = templates.enumerated().map { unit, template in
      let count = truth.labels.count { $0 == unit }
      let filtered = band.filtered(template.map { Double($0) }, channelCount: options.channels)
      let cosines = templates.indices.filter { $0 != unit }.map { cosine(template, templates[$0]) }
      return Unit(
        id: unit, spikes: count, rate: Double(count) / options.seconds,
        peak: Double(template.reduce(0) { max($0, abs($1)) }),
        signalToNoise: filtered.enumerated().map { abs($1) / max(noise[$0 % options.channels], 1e-9) }.max()
          ?? 0,
        nearestCosine: Double(cosines.max() ?? 0))
    }
    self.noise = noise
    channelPositions = truth.channelPositions
    noiseDescription =
      "\(options.noiseMicrovolts) µV of white (60 %) and shared coloured (40 %) noise, 80 µV of slow field"
      + " potentials" + (options.noiseMicrovolts > 0 ? ", 40 distant neurons" : "")
    burstingUnits = truth.burstingUnits.isEmpty ? nil : truth.burstingUnits
    fractionNearOthers = Self.fractionNearOthers(truth.times, options)
    if options.has(.positive) || options.has(.mixedSign) {
      spikeSign = options.has(.positive) ? "positive peak" : "negative or positive peak"
      timeMeaning = "frame nearest to the largest peak on the unit's largest channel"
    }
    conditions =
      options.conditions.isEmpty ? nil : SimulationCondition.allCases.filter(options.conditions.contains)
    drift = options.drift ? Drift(net: TissueDrift(options).netMicrometers) : nil
  }

  /// The robust standard deviation of every channel, median |x| / 0.6745, without the filter's first 0.1 s.
  private static func noise(_ filtered: [Double], _ options: SimulationOptions) -> [Double] {
    (0..<options.channels).map { channel in
      let start = Int(0.1 * options.samplingRate) * options.channels + channel
      let sizes = stride(from: start, to: filtered.count, by: options.channels).map { abs(filtered[$0]) }
      return sizes.isEmpty ? 0 : sizes.sorted()[sizes.count / 2] / 0.6745
    }
  }

  /// The share of the spikes that have another, of any neuron, within 1 ms.
  private static func fractionNearOthers(_ times: [Int], _ options: SimulationOptions) -> Double {
    let reach = Int(options.samplingRate / 1000)
    let near = times.indices.count { i in
      i > 0 && times[i] - times[i - 1] < reach || i + 1 < times.count && times[i + 1] - times[i] < reach
    }
    return times.isEmpty ? 0 : Double(near) / Double(times.count)
  }
}

/// The contacts as ProbeInterface writes them.
struct ProbeDescription: Encodable {
  struct Probe: Encodable {
    struct Circle: Encodable {
      var radius = 6
    }

    /// Nothing: an object without fields.
    struct Annotations: Encodable {}

    var ndim = 2
    var units = "um"
    var annotations = Annotations()
    var contactAnnotations = Annotations()
    var positions: [[Double]]
    var planeAxes: [[[Double]]]
    var shapes: [String]
    var shapeParameters: [Circle]
    var channels: [Int]
    var identifiers: [String]

    enum CodingKeys: String, CodingKey {
      case ndim, annotations
      case units = "si_units"
      case contactAnnotations = "contact_annotations"
      case positions = "contact_positions"
      case planeAxes = "contact_plane_axes"
      case shapes = "contact_shapes"
      case shapeParameters = "contact_shape_params"
      case channels = "device_channel_indices"
      case identifiers = "contact_ids"
    }
  }

  var specification = "probeinterface"
  var version = "0.4.2"
  var probes: [Probe]

  init(contacts: [[Double]]) {
    let count = contacts.count
    probes = [
      Probe(
        positions: contacts, planeAxes: Array(repeating: [[1, 0], [0, 1]], count: count),
        shapes: Array(repeating: "circle", count: count),
        shapeParameters: Array(repeating: Probe.Circle(), count: count), channels: Array(0..<count),
        identifiers: (0..<count).map(String.init))
    ]
  }
}
