public import MixtureModels
public import SpikeDetection

/// The family of a mixture's components.
public enum ComponentFamily: String, Codable, Sendable, CaseIterable {
  /// Gaussian components that stay in place, fitted to the whole recording: the lab's way.
  case gaussian
  /// Student-t components that stay in place, fitted to the whole recording.
  case t
  /// Student-t components whose locations drift, grown from a window: the default for recordings.
  case driftingT = "drifting-t"

  /// The family for people, with how it is fitted.
  public var words: String {
    switch self {
    case .gaussian: "Gaussian components over the whole recording"
    case .t: "Student-t components over the whole recording"
    case .driftingT:
      "drifting Student-t components, started in a window and tracked through the recording"
    }
  }
}

/// The mixture a sorting fits, each with the choices it follows and no others.
public enum SortingModel: Sendable, Equatable {
  /// Student-t components whose locations drift. Their covariances are full, their fits start by k-means++ and BIC
  /// chooses their number.
  ///
  /// With `thorough` what takes long is done too: ν and the speed of drift chosen on blocks of time kept out, splits and
  /// merges beside the restarts, and all refits.
  case driftingT(thorough: Bool = false)
  /// Components that stay in place, fitted to the whole recording.
  case atRest(AtRest)
}

/// How components that stay in place are fitted.
public struct AtRest: Sendable, Equatable {
  /// The shape of a component.
  public enum Shape: Sendable, Equatable {
    /// Gaussian.
    case gaussian
    /// Student-t, ν = 7.
    case t
  }

  /// The steps of a fit.
  public enum Procedure: Sendable, Equatable {
    /// The program's own.
    case standard
    /// With what takes long too: splits and merges beside the restarts, the likelihood of blocks of time kept out.
    case thorough
    /// Every step the lab's (α 5, covariance floor 1e-6, pruning under 1 %, |ΔL| < 1e-6).
    case lab
  }

  /// The shape of the components.
  public var shape: Shape
  /// The shape of their covariances.
  public var covariance: CovarianceShape
  /// How fits start.
  public var initialisation: Initialisation
  /// What chooses the number of components.
  public var criterion: SelectionCriterion
  /// The steps of a fit.
  public var procedure: Procedure

  /// Components at rest; whatever is left out is the default.
  public init(
    _ shape: Shape, covariance: CovarianceShape = .full, initialisation: Initialisation = .kMeansPlusPlus,
    criterion: SelectionCriterion = .bic, procedure: Procedure = .standard
  ) {
    self.shape = shape
    self.covariance = covariance
    self.initialisation = initialisation
    self.criterion = criterion
    self.procedure = procedure
  }
}

/// What is done about stretches that cannot be brain signal.
public enum ArtifactHandling: String, Codable, Sendable, CaseIterable {
  /// They are looked for and left out; pulses of a stimulation are subtracted.
  case find
  /// Everything is sorted as it is.
  case none
}

/// Every choice a sorting rests on. The defaults need no tuning; each one's reason stands beside it.
public struct SortingOptions: Sendable, Equatable {
  // Signal.

  /// The edges of the band-pass in Hz; nil for 300 Hz to min(6000 Hz, 0.45 × rate).
  public var band: [Double]? = nil
  /// The detection threshold in standard deviations of the noise.
  public var threshold = 4.5
  /// Which deflections count as spikes.
  public var peak = PeakSign.auto
  /// The reference taken from every channel.
  public var reference = ReferenceMode.none
  /// The channels whose median is the reference `channels`, 0-based. That of `others` is filled in for every group.
  public var referenceChannels: [Int] = []
  /// Channels left out, 0-based.
  public var excludedChannels: [Int] = []
  /// The part of the recording to sort, in seconds from its start; nil for its ends.
  public var start: Double? = nil
  /// The end of the part to sort, in seconds from the recording's start.
  public var end: Double? = nil
  /// What is done about stretches that cannot be brain signal.
  public var artifacts = ArtifactHandling.find
  /// Stretches to leave out beside, each its start and end in seconds from the recording's start.
  public var excludedTimes: [[Double]] = []

  // Mixture.

  /// The mixture, and how it is fitted.
  public var model = SortingModel.driftingT()
  /// The numbers of components tried.
  public var components = TrackingOptions.defaultComponents
  /// Whether the default range grows while its first or last number is the best.
  public var growsComponents = true
  /// The fits for every number of components.
  public var restarts = 3
  /// The seed every random choice hangs on.
  public var seed = 0
  /// Whether components that are one neuron are made one unit.
  public var merges = true

  /// The defaults of `sort`.
  public init() {}

  /// The lab's own procedure on its features: Gaussians, K = 2…15, ten seeds, everything else the lab's.
  public static var lab: SortingOptions {
    var options = SortingOptions()
    options.model = .atRest(AtRest(.gaussian, initialisation: .random, procedure: .lab))
    options.restarts = 10
    options.merges = false
    return options
  }
}

/// What the model does, whichever it is.
extension SortingOptions {
  /// Whether components drift.
  public var isDrifting: Bool { atRest == nil }
  /// Whether every step of a fit is the lab's.
  public var isLab: Bool { atRest?.procedure == .lab }
  /// Whether what takes long is done too.
  public var thorough: Bool {
    switch model {
    case .driftingT(let thorough): thorough
    case .atRest(let fits): fits.procedure == .thorough
    }
  }
  /// The family of the components.
  public var family: ComponentFamily {
    switch atRest?.shape {
    case nil: .driftingT
    case .gaussian: .gaussian
    case .t: .t
    }
  }
  /// The shape of the covariances.
  public var covariance: CovarianceShape { atRest?.covariance ?? .full }
  /// How fits start.
  public var initialisation: Initialisation { atRest?.initialisation ?? .kMeansPlusPlus }
  /// What chooses the number of components.
  public var criterion: SelectionCriterion { atRest?.criterion ?? .bic }

  private var atRest: AtRest? {
    if case .atRest(let fits) = model { fits } else { nil }
  }
}

/// One flat table with the same keys for every model: what was done, be it a choice or not.
extension SortingOptions: Codable {
  private enum Key: String, CodingKey {
    case band, threshold, peak, reference, excludedChannels, start, end
    case model, covariance, components, growsComponents, restarts, seed, initialisation, criterion, merges
    case thorough, labPreset, artifacts, excludedTimes, referenceChannels
  }

  /// Writes what is done.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    try container.encodeIfPresent(band, forKey: .band)
    try container.encode(threshold, forKey: .threshold)
    try container.encode(peak, forKey: .peak)
    try container.encode(reference, forKey: .reference)
    try container.encode(excludedChannels, forKey: .excludedChannels)
    try container.encodeIfPresent(start, forKey: .start)
    try container.encodeIfPresent(end, forKey: .end)
    if !referenceChannels.isEmpty { try container.encode(referenceChannels, forKey: .referenceChannels) }
    if artifacts != .find { try container.encode(artifacts, forKey: .artifacts) }
    if !excludedTimes.isEmpty { try container.encode(excludedTimes, forKey: .excludedTimes) }
    try container.encode(family, forKey: .model)
    try container.encode(covariance, forKey: .covariance)
    try container.encode(components, forKey: .components)
    try container.encode(growsComponents, forKey: .growsComponents)
    try container.encode(restarts, forKey: .restarts)
    try container.encode(seed, forKey: .seed)
    try container.encode(initialisation, forKey: .initialisation)
    try container.encode(criterion, forKey: .criterion)
    try container.encode(merges, forKey: .merges)
    try container.encode(thorough, forKey: .thorough)
    try container.encode(isLab, forKey: .labPreset)
  }

  /// Reads what an earlier version wrote too: choices that it did not know yet are as they are by default, and what
  /// version 0.1 noted of choices that the model does not follow is left out.
  ///
  /// - Throws: `UnknownWord`, `DecodingError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func value<Value: Decodable>(_ key: Key, _ given: Value) throws -> Value {
      try container.decodeIfPresent(Value.self, forKey: key) ?? given
    }
    func word<Word: KnownWord>(_ key: Key, _ given: Word) throws -> Word {
      try container.decodeIfPresent(Word.self, forKey: key) ?? given
    }
    self.init()
    band = try container.decodeIfPresent([Double].self, forKey: .band)
    threshold = try value(.threshold, threshold)
    peak = try word(.peak, peak)
    reference = try word(.reference, reference)
    excludedChannels = try value(.excludedChannels, excludedChannels)
    start = try container.decodeIfPresent(Double.self, forKey: .start)
    end = try container.decodeIfPresent(Double.self, forKey: .end)
    referenceChannels = try value(.referenceChannels, referenceChannels)
    artifacts = try word(.artifacts, artifacts)
    excludedTimes = try value(.excludedTimes, excludedTimes)
    components = try value(.components, components)
    growsComponents = try value(.growsComponents, growsComponents)
    restarts = try value(.restarts, restarts)
    seed = try value(.seed, seed)
    merges = try value(.merges, merges)
    let thorough = try value(.thorough, false)
    func atRest(_ shape: AtRest.Shape) throws -> SortingModel {
      .atRest(
        AtRest(
          shape, covariance: try word(.covariance, .full),
          initialisation: try word(.initialisation, .kMeansPlusPlus), criterion: try word(.criterion, .bic),
          procedure: try value(.labPreset, false) ? .lab : thorough ? .thorough : .standard))
    }
    model =
      switch try word(.model, ComponentFamily.driftingT) {
      case .gaussian: try atRest(.gaussian)
      case .t: try atRest(.t)
      case .driftingT: .driftingT(thorough: thorough)
      }
  }
}
