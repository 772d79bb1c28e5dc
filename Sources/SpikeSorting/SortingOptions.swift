internal import MixtureModels

/// Every choice a sorting rests on. A choice that the model or the input would not follow is refused. The defaults need no tuning; each one's reason stands beside it.
public struct SortingOptions: Codable, Sendable, Equatable {
  /// The family of the mixture's components.
  public enum Model: String, Codable, Sendable, CaseIterable {
    /// Gaussian components that stay in place, fitted to the whole recording: the lab's way.
    case gaussian
    /// Student-t components that stay in place, fitted to the whole recording.
    case t
    /// Student-t components whose locations drift, grown from a window: the default for recordings.
    case driftingT = "drifting-t"
  }

  /// The shape of the components' covariances.
  public enum Covariance: String, Codable, Sendable, CaseIterable {
    case full, tied, diag, spherical
  }

  /// How the fits of a sweep start.
  public enum Initialisation: String, Codable, Sendable, CaseIterable {
    /// Distinct points drawn at random: the lab's.
    case random
    /// Points drawn far from one another (Arthur and Vassilvitskii 2007).
    case kMeansPlusPlus = "kmeans++"
  }

  /// What chooses the number of components.
  public enum Criterion: String, Codable, Sendable, CaseIterable {
    case bic, icl
    /// The likelihood of blocks of time kept out of the fits.
    case heldOut = "held-out"
  }

  /// Which deflection of the trace is a spike.
  public enum Peak: String, Codable, Sendable, CaseIterable {
    case negative, positive, both
    /// The sign whose robust tail is the larger.
    case auto
  }

  /// What is subtracted from every channel before filtering.
  public enum Reference: String, Codable, Sendable, CaseIterable {
    case none, median
  }

  // Signal.

  /// The edges of the band-pass in Hz; nil for 300 Hz to min(6000 Hz, 0.45 × rate).
  public var band: [Double]?
  /// The detection threshold in standard deviations of the noise.
  public var threshold: Double
  /// Which deflections count as spikes.
  public var peak: Peak
  /// The reference taken from every channel.
  public var reference: Reference
  /// Channels left out, 0-based.
  public var excludedChannels: [Int]
  /// The part of the recording to sort, in seconds from its start; nil for its ends.
  public var start: Double?
  /// The end of the part to sort, in seconds from the recording's start.
  public var end: Double?

  // Mixture.

  /// The family of the components.
  public var model: Model
  /// The shape of their covariances.
  public var covariance: Covariance
  /// The numbers of components tried.
  public var components: ClosedRange<Int>
  /// Whether the default range grows while its first or last number is the best.
  public var growsComponents: Bool
  /// The fits for every number of components.
  public var restarts: Int
  /// The seed every random choice hangs on.
  public var seed: Int
  /// How fits start.
  public var initialisation: Initialisation
  /// What chooses the number of components.
  public var criterion: Criterion
  /// Whether components that are one neuron are made one unit.
  public var merges: Bool
  /// Whether what takes long is done too: ν and the speed of drift chosen on blocks of time kept out, splits and merges
  /// beside the restarts, and all refits.
  public var thorough: Bool
  /// Whether every step is the lab's own (α 5, covariance floor 1e-6, pruning under 1 %, |ΔL| < 1e-6).
  public var labPreset: Bool

  /// The defaults of `sort`.
  public init() {
    band = nil
    threshold = 4.5
    peak = .auto
    reference = .none
    excludedChannels = []
    start = nil
    end = nil
    model = .driftingT
    covariance = .full
    components = TrackingOptions.defaultComponents
    growsComponents = true
    restarts = 3
    seed = 0
    initialisation = .kMeansPlusPlus
    criterion = .bic
    merges = true
    thorough = false
    labPreset = false
  }

  /// The lab's own procedure on its features: Gaussians, K = 2…15, ten seeds, everything else the lab's.
  public static var lab: SortingOptions {
    var options = SortingOptions()
    options.model = .gaussian
    options.restarts = 10
    options.initialisation = .random
    options.merges = false
    options.labPreset = true
    return options
  }
}
