/// What to simulate. The defaults are a tetrode recording of five minutes with six neurons.
public struct SimulationOptions: Sendable, Equatable {
  /// The length in seconds.
  public var seconds: Double
  /// The neurons near enough to sort.
  public var units: Int
  /// The channels: four make a tetrode, any other number two columns of contacts.
  public var channels: Int
  /// Frames a second.
  public var samplingRate: Double
  /// The standard deviation of the noise of electrodes and tissue, without the distant spikes and slow waves.
  public var noiseMicrovolts: Double
  /// Whether the tissue moves against the probe.
  public var drift: Bool
  /// Whether most neurons fire bursts of shrinking, broadening spikes, and spikes collide more than by chance.
  public var bursts: Bool
  /// What a laboratory's recording has beside that.
  public var conditions: Set<SimulationCondition>
  /// The seed: the same options with the same seed make the same bytes.
  public var seed: UInt64

  /// Options for a recording.
  public init(
    seconds: Double = 300, units: Int = 6, channels: Int = 4, samplingRate: Double = 30_000,
    noiseMicrovolts: Double = 9, drift: Bool = false, bursts: Bool = false,
    conditions: Set<SimulationCondition> = [], seed: UInt64 = 0
  ) {
    self.seconds = seconds
    self.units = units
    self.channels = channels
    self.samplingRate = samplingRate
    self.noiseMicrovolts = noiseMicrovolts
    self.drift = drift
    self.bursts = bursts
    self.conditions = conditions
    self.seed = seed
  }

  /// The frames of the recording.
  public var frameCount: Int { Int((seconds * samplingRate).rounded(.down)) }

  /// Refuses what no recording can have.
  ///
  /// - Throws: `SimulationError.badOption`.
  public func check() throws(SimulationError) {
    func require(_ condition: Bool, _ sentence: String) throws(SimulationError) {
      guard condition else { throw .badOption(sentence) }
    }
    try require(
      (1...1_000_000).contains(seconds),
      "a simulation of \(seconds) s was asked for; 1 to 1000000 s are possible")
    try require((1...1000).contains(units), "\(units) units were asked for; a simulation has 1 to 1000")
    try require(
      (1...1024).contains(channels), "\(channels) channels were asked for; a simulation has 1 to 1024")
    try require(
      (8000...200_000).contains(samplingRate),
      "a rate of \(samplingRate) Hz was asked for; a simulation has 8000 to 200000 Hz")
    try require(
      !(has(.positive) && has(.mixedSign)), "spikes cannot be all peaks and of both signs at once")
    try require(!(has(.ripples) && has(.upStates)), "ripples and UP states are two ways to fire; choose one")
    try require(
      (0...1000).contains(noiseMicrovolts),
      "a noise of \(noiseMicrovolts) µV was asked for; a simulation has 0 to 1000 µV")
  }
}

/// Every spike of a simulated recording, and the neurons that fired them.
public struct GroundTruth: Sendable, Equatable {
  /// The frame nearest to the trough of every spike on its neuron's largest channel, ascending.
  public var times: [Int]
  /// The neuron of every spike.
  public var labels: [Int]
  /// The neurons' waveforms in µV where the tissue is halfway through its drift: units × frames × channels.
  public var templates: [Float]
  /// The frames of a template, 1 ms before the trough and 3 ms after.
  public var templateFrames: Int
  /// The frame of a template's trough.
  public var troughFrame: Int
  /// The contacts in µm, x and y.
  public var channelPositions: [[Double]]
  /// The neurons that fire in bursts.
  public var burstingUnits: [Int]

  /// The number of neurons.
  public var unitCount: Int { templates.count / max(1, templateFrames * channelPositions.count) }

  /// The template of a neuron: frames × channels in µV.
  public func template(ofUnit unit: Int) -> ArraySlice<Float> {
    let size = templateFrames * channelPositions.count
    return templates[unit * size..<(unit + 1) * size]
  }
}

/// Why a recording could not be simulated.
public enum SimulationError: Error, Equatable, CustomStringConvertible {
  /// A recording that cannot be was asked for.
  case badOption(String)
  /// The system refused to make the folder or write the file.
  case unwritable(file: String, reason: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .badOption(let sentence): sentence
    case .unwritable(let file, let reason): "\(file): the simulated recording cannot be written: \(reason)"
    }
  }
}
