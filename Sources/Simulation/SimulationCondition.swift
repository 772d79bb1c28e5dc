/// What a laboratory's recording has that neurons in even noise do not; several may be had at once.
public enum SimulationCondition: String, Codable, Sendable, CaseIterable {
  // In the signal.

  /// Chewing: 20 bursts a minute of 0.2 to 0.5 s and 300 to 1000 µV, 20 to 900 Hz, nearly alike on all wires.
  case chewing
  /// Muscles: 40 µV (rms) of 60 to 1500 Hz on all wires, one second in eight.
  case emg
  /// Light pulses: steps of 800 µV for 5 ms at 10 Hz, one second in three.
  case light
  /// A stimulator's blanking: 30 ms of every 50 are zero on all wires, and no spike is asked for there.
  case blanked
  /// The amplifier is off for the last two thirds: zeros, and no spike is asked for there.
  case silent
  /// Mains hum of 100 µV with harmonics to 550 Hz.
  case hum
  /// Field potentials that reach into the spikes' band: 1.2 µV/√Hz at 300 Hz, 0.35 at 600 Hz.
  case leak
  /// A background common to the wires that falls as 1/f: 0.25 µV/√Hz at 300 Hz.
  case pink
  /// One wire is dead but for the amplifier's own noise.
  case deadWire = "dead-wire"
  /// One wire has 45 µV of white noise of its own.
  case noisyWire = "noisy-wire"

  // In the neurons.

  /// Every spike is a peak instead of a trough.
  case positive
  /// Every third neuron's spikes are peaks.
  case mixedSign = "mixed-sign"
  /// Half of the neurons have broad spikes, 0.7 to 1 ms from trough to hump.
  case broad

  // In when they fire and where they are.

  /// All but two neurons fire in a part of the session only: a third of it, its end, three short visits.
  case part
  /// Two interneurons fire 40 to 100 times a second.
  case fast
  /// Ripples: 1.2 population bursts a second in which most neurons fire up to three spikes within 10 ms, and few spikes
  /// outside.
  case ripples
  /// UP states of 150 to 400 ms, one in two seconds, in which neurons fire at 40 to 90 Hz, and few spikes outside.
  case upStates = "up-states"
  /// The electrode jumps by 12 µm at a third and at two thirds of the session.
  case jump

  /// What it adds, in a few words for a list.
  public var words: String {
    switch self {
    case .chewing: "bursts of 300–1000 µV on all wires, 20 a minute"
    case .emg: "40 µV of muscle noise, one second in eight"
    case .light: "stimulation artefacts of 800 µV, 5 ms, 10 Hz"
    case .blanked: "30 ms of every 50 are zero"
    case .silent: "zeros in the last two thirds"
    case .hum: "mains hum of 100 µV with harmonics to 550 Hz"
    case .leak: "field potentials that reach to 600 Hz"
    case .pink: "1/f background common to the wires"
    case .deadWire: "one wire dead"
    case .noisyWire: "one wire with 45 µV of noise"
    case .positive: "spikes that are peaks"
    case .mixedSign: "every third neuron's spikes are peaks"
    case .broad: "half of the neurons have broad spikes"
    case .part: "neurons that fire in a part of the session only"
    case .fast: "two interneurons of 40–100 Hz"
    case .ripples: "population bursts, few spikes outside"
    case .upStates: "UP states, few spikes outside"
    case .jump: "the electrode jumps by 12 µm, twice"
    }
  }
}

extension SimulationOptions {
  /// Whether the recording has a condition.
  func has(_ condition: SimulationCondition) -> Bool { conditions.contains(condition) }

  /// Whether a spike at this second can be seen at all: not where the samples are zero, nor within a spike's length of
  /// there.
  func isAudible(atSecond second: Double) -> Bool {
    if has(.silent), second > seconds / 3 - 0.1 { return false }
    guard has(.blanked) else { return true }
    let place = second.truncatingRemainder(dividingBy: 0.05)
    return place > 0.0307 && place < 0.0492
  }
}
