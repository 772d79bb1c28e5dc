public import Foundation
public import Recordings
public import SpikeDetection
public import SpikeTrains

/// What a sorting found: spikes with their components and units, and what is to be said of each.
///
/// Spike arrays run over the spikes in order of time; tables are flat and row-major with the shape stated.
public struct Sorting: Sendable {
  /// Where the spikes come from.
  public var source: Source
  /// The choices it rests on.
  public var options: SortingOptions
  /// The spikes.
  public var spikes: Spikes
  /// The model and how its size was chosen.
  public var mixture: MixtureSummary
  /// The units, by identifier.
  public var units: [Unit]
  /// Every pair of units, and whether they are one neuron.
  public var pairs: [Pair]
  /// Components that were made one unit, in the order it was done.
  public var merges: [Merge]
  /// Mean waveforms and examples; nil where only features are known.
  public var waveforms: Waveforms?
  /// A stretch of the recording before and after filtering; nil without a recording.
  public var traceExample: TraceExample?
  /// What the user should know: channels left out, spikes cut by the file's ends, a K at the edge of its range.
  public var warnings: [String]
  /// The number of units over refits; nil where none were done.
  public var refits: Refits? = nil
  /// The amplitudes of drifting components over time; nil for components at rest.
  public var drift: Drift? = nil
  /// Spikes of a unit nearer to each other than this were not both kept, in ms; nil in results of version 0.1, which do
  /// not say it, and where no times are known.
  public var statedCensoredMilliseconds: Double? = nil
  /// The noise that amplitudes are held against; nil where no voltage is known.
  public var noise: Noise? = nil

  /// Makes a sorting from its parts.
  public init(
    source: Source, options: SortingOptions, spikes: Spikes, mixture: MixtureSummary, units: [Unit] = [],
    pairs: [Pair] = [], merges: [Merge] = [], waveforms: Waveforms? = nil, traceExample: TraceExample? = nil,
    warnings: [String] = []
  ) {
    self.source = source
    self.options = options
    self.spikes = spikes
    self.mixture = mixture
    self.units = units
    self.pairs = pairs
    self.merges = merges
    self.waveforms = waveforms
    self.traceExample = traceExample
    self.warnings = warnings
  }
}

extension Sorting {
  /// The refractory period the verdicts test, in ms: 2 ms is the shortest that cortical and hippocampal neurons keep
  /// even within bursts.
  public static let refractoryMilliseconds = 2.0

  /// Spikes nearer to each other than this cannot both be found, in ms: what detection or matching kept apart. Of results
  /// that do not say it, what matching keeps apart, or, where a mixture at rest was fitted to a recording's spikes, what
  /// detection does.
  public var censoredMilliseconds: Double {
    if let statedCensoredMilliseconds { return statedCensoredMilliseconds }
    return traceExample != nil && !options.isDrifting
      ? DetectionOptions().lockoutMilliseconds : TemplateResolver.lockoutMilliseconds
  }

  /// The noise, and what it was taken from.
  public struct Noise: Codable, Sendable, Equatable {
    /// What a noise was taken from.
    public enum Origin: String, Codable, Sendable, CaseIterable {
      /// The filtered recording.
      case trace
      /// Snippets, of what is left where spikes like each other are taken away.
      case snippets
    }

    /// What it was taken from.
    public var origin: Origin
    /// The standard deviation of every channel, in the source's unit.
    public var deviations: [Double]

    /// A noise by its deviations.
    public init(origin: Origin, deviations: [Double]) {
      self.origin = origin
      self.deviations = deviations
    }
  }

  /// The place in `units` of every spike's unit. A sorter numbers its units by their places; curated ones keep their
  /// numbers, which have gaps.
  ///
  /// - Returns: the units' own numbers where no units are known.
  public var unitPlaces: [Int] {
    let isInOrder = units.enumerated().allSatisfy { $0 == $1.id }
    guard !isInOrder else { return spikes.units }
    let place = Dictionary(units.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { $1 })
    return spikes.units.map { place[$0] ?? 0 }
  }

  /// Where the spikes come from.
  public struct Source: Codable, Sendable {
    /// The file names, in order, without their folders.
    public var files: [String]
    /// A checksum of the input's bytes.
    public var checksum: String
    /// Frames a second; nil where no times are known.
    public var samplingRate: Double?
    /// The length in frames.
    public var frameCount: Int
    /// Channel positions in µm, x and y.
    public var channelPositions: [[Double]]
    /// The channels of the file that were sorted, in the order of the positions.
    public var channels: [Int]
    /// "µV", or "ADC units" where the gain is not known.
    public var amplitudeUnit: String
    /// The flat binary file Phy can show traces from: its path, data type, channel count and header bytes.
    public var flatBinary: FlatBinary?
    /// The part sorted starts at this frame of the recording.
    public var startFrame: Int
    /// The recordings that were joined and sorted as one, with the frames each takes, as spike times count them; nil
    /// where nothing was joined.
    public var inputs: [InputFrames]?
    /// When it was recorded and of whom; nil where the files say neither.
    public var session: RecordingSession?
    /// What was opened to be sorted, so that its traces can be shown later; nil where that is not known.
    public var opened: Opened? = nil
    /// The recording's own clock, by frames as spike times count them; nil where time is the frame over the rate.
    public var clock: RecordingClock? = nil
    /// What was found to be no brain signal; nil where nothing was, or nobody looked.
    public var artifacts: Artifacts? = nil

    /// The length in seconds; nil where no times are known.
    public var seconds: Double? { samplingRate.map { Double(frameCount) / $0 } }

    /// Describes a source.
    public init(
      files: [String], checksum: String, samplingRate: Double?, frameCount: Int,
      channelPositions: [[Double]], channels: [Int]? = nil, amplitudeUnit: String, flatBinary: FlatBinary?,
      startFrame: Int = 0, inputs: [InputFrames]? = nil, session: RecordingSession? = nil
    ) {
      self.files = files
      self.checksum = checksum
      self.samplingRate = samplingRate
      self.frameCount = frameCount
      self.channelPositions = channelPositions
      self.channels = channels ?? Array(channelPositions.indices)
      self.amplitudeUnit = amplitudeUnit
      self.flatBinary = flatBinary
      self.startFrame = startFrame
      self.inputs = inputs
      self.session = session
    }
  }

  /// The recording that was sorted as its user named it, and what its files do not say themselves.
  public struct Opened: Codable, Sendable, Equatable {
    /// The files or folders, in order: absolute paths, or from the result folder where they lie in it.
    public var paths: [String]
    /// Channels, where the user said how many there are.
    public var channels: Int?
    /// The sample type, where the user said it.
    public var dataType: String?

    /// Names what was opened, with what its user said of it.
    public init(_ files: [URL], description: RecordingDescription) {
      paths = files.map(\.standardizedFileURL.path)
      channels = description.channelCount
      dataType = description.sampleType?.rawValue
    }
  }

  /// A flat binary recording as Phy opens it.
  public struct FlatBinary: Codable, Sendable {
    /// The absolute path, or the path from the result folder of a recording that lies in it.
    public var path: String
    /// NumPy's name of the sample type, e.g. "int16".
    public var dataType: String
    /// Channels in the file.
    public var channels: Int

    /// Describes a flat binary file.
    public init(path: String, dataType: String, channels: Int) {
      self.path = path
      self.dataType = dataType
      self.channels = channels
    }
  }

  /// The spikes, in order of time.
  public struct Spikes: Sendable {
    /// The frame of each spike's trough; nil where only features are known.
    public var frames: [Int]?
    /// The mixture component each belongs to, 0-based.
    public var components: [Int]
    /// The unit each belongs to.
    public var units: [Int]
    /// The size of each spike on its own channel, in the source's unit.
    public var amplitudes: [Float]
    /// First principal components of every channel: spikes × channels × components.
    public var features: [Float]
    /// Channels in `features`.
    public var featureChannels: Int
    /// Components per channel in `features`.
    public var featuresPerChannel: Int
    /// For every component the channels that `features` hold of its spikes, nearest to it first; empty where they hold
    /// every channel.
    public var channelsOfComponents: [[Int]] = []
    /// The share of its channel's variance that each component explains: a row a channel; empty where not known.
    public var explainedVariance: [[Double]]

    /// The number of spikes.
    public var count: Int { components.count }

    /// Makes a table of spikes.
    public init(
      frames: [Int]?, components: [Int], units: [Int], amplitudes: [Float], features: [Float],
      featureChannels: Int, featuresPerChannel: Int, explainedVariance: [[Double]] = []
    ) {
      self.frames = frames
      self.components = components
      self.units = units
      self.amplitudes = amplitudes
      self.features = features
      self.featureChannels = featureChannels
      self.featuresPerChannel = featuresPerChannel
      self.explainedVariance = explainedVariance
    }
  }

  /// A unit and what is said of it.
  public struct Unit: Codable, Sendable {
    /// The identifier, 0-based.
    public var id: Int
    /// The mixture components it is made of.
    public var components: [Int]
    /// Its spikes.
    public var spikeCount: Int
    /// Spikes a second; nil where no times are known.
    public var rate: Double?
    /// The channel of its largest deflection.
    public var peakChannel: Int
    /// The size of its mean waveform on that channel, in the source's unit; nil without waveforms.
    public var amplitude: Double?
    /// That size over the channel's noise.
    public var signalToNoise: Double?
    /// Pairs of spikes within the refractory period.
    public var refractoryViolations: Int?
    /// How many there would be were every spike another neuron's, whose rates change with the unit's.
    public var expectedViolations: Double? = nil
    /// The share of foreign spikes the violations speak for, with its 95 % interval.
    public var contamination: Interval?
    /// Spikes lost and gained by overlap with other components, as shares of the unit (from the posteriors).
    public var falsePositives: Double?
    /// The expected share of its spikes given to other units.
    public var falseNegatives: Double?
    /// Isolation distance (Schmitzer-Torbert 2005).
    public var isolationDistance: Double?
    /// L-ratio (Schmitzer-Torbert 2005).
    public var lRatio: Double?
    /// The share of one-minute bins with spikes.
    public var presenceRatio: Double?
    /// The waveforms' scatter around their mean over the noise's: 1 is one neuron, much more a heap.
    public var residualVariance: Double?
    /// The chance that at least 95 % of its spikes are one neuron's; nil for noise and where there is nothing to tell it by.
    public var chance: Double? = nil
    /// What it is.
    public var verdict: UnitVerdict
    /// Why, in words with numbers.
    public var reasons: [String]
    /// Quality metrics by SpikeInterface's names (`QualityMetric`); those that cannot be told are left out.
    public var metrics: [String: Double]?
  }

  /// An estimate with its interval.
  public struct Interval: Codable, Sendable {
    /// The best estimate.
    public var estimate: Double
    /// The lower end.
    public var low: Double
    /// The upper end; nil where it has no bound.
    public var high: Double?

    /// Makes an estimate with its interval.
    public init(estimate: Double, low: Double, high: Double?) {
      self.estimate = estimate
      self.low = low
      self.high = high
    }
  }

  /// Two units, and whether they are one neuron.
  public struct Pair: Codable, Sendable {
    /// The first unit's identifier.
    public var first: Int
    /// The second unit's identifier.
    public var second: Int
    /// The best cosine between their mean waveforms; nil without waveforms.
    public var similarity: Double?
    /// Spikes of the two within a refractory period of each other.
    public var shortLags: Int
    /// How many there would be were the two independent.
    public var expectedShortLags: Double
    /// What they are to each other.
    public var verdict: PairVerdict
    /// Why, in words with numbers.
    public var reasons: [String]

    /// Two units with the evidence on them.
    public init(
      first: Int, second: Int, similarity: Double?, shortLags: Int, expectedShortLags: Double,
      verdict: PairVerdict, reasons: [String]
    ) {
      self.first = first
      self.second = second
      self.similarity = similarity
      self.shortLags = shortLags
      self.expectedShortLags = expectedShortLags
      self.verdict = verdict
      self.reasons = reasons
    }
  }

  /// Components that were made one unit, and why.
  public struct Merge: Codable, Sendable {
    /// Components on the one side.
    public var first: [Int]
    /// Components on the other.
    public var second: [Int]
    /// Why, in words with numbers.
    public var reasons: [String]
  }

  /// The mixture, and how the number of its components was chosen.
  public struct MixtureSummary: Codable, Sendable {
    /// The family of its components; nil where they were found by other means than a mixture.
    public var model: ComponentFamily?
    /// Features a spike.
    public var dimensions: Int
    /// Components in the end, which spikes are given to: those left of the fit chosen, and for drifting components what
    /// tracking, other windows, parting and matching made of them.
    public var components: Int
    /// Each component's share of the spikes.
    public var weights: [Double]
    /// exp(−Σ w log w) of the weights.
    public var effectiveComponents: Double
    /// Each component's location: for drifting components that of the middle frame.
    public var locations: [[Double]]
    /// Each component's scale matrix, row-major.
    public var scales: [[Double]]
    /// Degrees of freedom of the components; nil for Gaussians.
    public var degreesOfFreedom: Double?
    /// Total log-likelihood of the spikes under the model.
    public var logLikelihood: Double?
    /// How the number of components was chosen; nil where every neighbourhood of a probe chose its own.
    public var selection: Selection?
    /// ν and the speed of drift as chosen by blocks of time kept out; nil where the defaults were taken.
    public var calibration: Calibration? = nil
    /// The neighbourhoods of channels that were sorted each with a mixture of its own; nil where all channels were one.
    public var neighbourhoods: [Neighbourhood]? = nil
  }

  /// Channels of a probe that one mixture was fitted to.
  public struct Neighbourhood: Codable, Sendable {
    /// The channels sorted together.
    public var channels: [Int]
    /// Those among them whose neurons were kept.
    public var core: [Int]
    /// The components kept, as the sorting numbers them.
    public var components: [Int]
  }

  /// The sweep over numbers of components, on the whole recording or on the window whose mixture was followed.
  ///
  /// Every number K is one that fits started with; `componentsLeft` says how many each kept.
  public struct Selection: Codable, Sendable {
    /// The spikes it ran on: all, or those of a window.
    public var spikeCount: Int
    /// The window's start and end in seconds; nil where the sweep ran on the whole recording.
    public var windowSeconds: [Double]?
    /// The numbers of components that fits started with.
    public var components: [Int]
    /// The fits: a row for every number of components, a column for every seed; nil where a fit failed.
    public var bic: [[Double?]]
    /// Their log-likelihoods.
    public var logLikelihood: [[Double?]]
    /// Components left in every fit.
    public var componentsLeft: [[Int]]
    /// The iteration at which each fit stopped; nil where it did not converge.
    public var iterations: [[Int?]]
    /// The lowest BIC of every row.
    public var bestBIC: [Double]
    /// The number of components that the fit of lowest BIC started with.
    public var bestK: Int
    /// The number that more seeds choose than any other, each by its own fits, and at least two do; nil where the seeds
    /// disagree or the restarts raced.
    public var robustK: Int?
    /// Free parameters for each number of components.
    public var parameters: [Int]
    /// The runner-up's BIC minus the best.
    public var runnerUpDistance: Double?
    /// The number of components that the runner-up started with.
    public var runnerUpK: Int?
    /// Mean adjusted Rand index between the better half of each row's fits.
    public var agreement: [Double?]
    /// The share of each row's seeds that ended in a worse optimum.
    public var stuckShare: [Double?]
    /// Further curves on the same spikes, by name (other covariance shapes): best BIC for each number.
    public var otherCurves: [Curve]
    /// The lowest integrated completed likelihood of every row.
    public var bestICL: [Double]? = nil
    /// The log-likelihood a spike of blocks of time kept out of the fits, for the best fit of every row; nil where it was
    /// not asked for.
    public var heldOut: [Double]? = nil
    /// The fewest components whose likelihood of blocks kept out is within a standard error of the best.
    public var heldOutK: Int? = nil
    /// Splits and merges that were tried beside the restarts, and those that were kept.
    public var splitsAndMerges: Tally? = nil
    /// The numbers of components the range started with, where it grew because the best was its last or its first.
    public var grownFrom: [Int]? = nil

    /// Trials and how many of them were kept.
    public struct Tally: Codable, Sendable, Equatable {
      /// Those tried.
      public var tried: Int
      /// Those kept.
      public var kept: Int
      /// Rounds of trials that were run.
      public var rounds: Int
      /// The most rounds there could have been.
      public var mostRounds: Int

      /// Makes a tally.
      public init(tried: Int, kept: Int, rounds: Int, mostRounds: Int) {
        self.tried = tried
        self.kept = kept
        self.rounds = rounds
        self.mostRounds = mostRounds
      }
    }

    /// A named BIC curve.
    public struct Curve: Codable, Sendable {
      /// What was fitted.
      public var name: String
      /// The lowest BIC for every number of components.
      public var bestBIC: [Double]

      /// Makes a named curve.
      public init(name: String, bestBIC: [Double]) {
        self.name = name
        self.bestBIC = bestBIC
      }
    }
  }

  /// Mean waveforms of components and units, and examples.
  public struct Waveforms: Sendable {
    /// Frames of a waveform.
    public var frames: Int
    /// Channels of a waveform.
    public var channels: Int
    /// The frame of the trough.
    public var troughFrame: Int
    /// Mean waveforms of the components: components × frames × channels.
    public var componentMeans: [Float]
    /// Mean waveforms of the units: units × frames × channels.
    public var unitMeans: [Float]
    /// Their standard deviations: units × frames × channels.
    public var unitDeviations: [Float]
    /// Example spikes: their indices, at most a fixed number a unit, in order of unit.
    public var exampleSpikes: [Int]
    /// The examples: spikes × frames × channels of an example.
    public var examples: [Float]
    /// The channels that every example holds, as many each: spikes × channels of an example; empty where all hold every
    /// channel, in order.
    public var exampleChannels: [Int] = []

    /// Makes a set of waveforms.
    public init(
      frames: Int, channels: Int, troughFrame: Int, componentMeans: [Float], unitMeans: [Float],
      unitDeviations: [Float], exampleSpikes: [Int], examples: [Float]
    ) {
      self.frames = frames
      self.channels = channels
      self.troughFrame = troughFrame
      self.componentMeans = componentMeans
      self.unitMeans = unitMeans
      self.unitDeviations = unitDeviations
      self.exampleSpikes = exampleSpikes
      self.examples = examples
    }
  }

  /// A stretch of the recording before and after filtering.
  public struct TraceExample: Sendable {
    /// Its first frame in the recording.
    public var startFrame: Int
    /// Its channels.
    public var channels: Int
    /// As recorded: frames × channels.
    public var raw: [Float]
    /// Filtered: frames × channels.
    public var filtered: [Float]
    /// The detection threshold on every channel, as a positive number.
    public var thresholds: [Double]
    /// The sign of the deflections detected; never `auto`.
    public var sign: PeakSign

    /// Makes a stretch of trace.
    public init(
      startFrame: Int, channels: Int, raw: [Float], filtered: [Float], thresholds: [Double], sign: PeakSign
    ) {
      self.startFrame = startFrame
      self.channels = channels
      self.raw = raw
      self.filtered = filtered
      self.thresholds = thresholds
      self.sign = sign
    }
  }
}

extension Sorting.Unit {
  /// The verdict for people, a single unit's with its chance: "single unit (97 %)".
  public var verdictWords: String {
    guard verdict == .single, let chance else { return verdict.words }
    return "\(verdict.words) (\(chanceWords(chance)))"
  }

  /// A unit of which nothing but its spikes is known.
  public init(id: Int, components: [Int], spikeCount: Int, peakChannel: Int, verdict: UnitVerdict) {
    self.id = id
    self.components = components
    self.spikeCount = spikeCount
    self.peakChannel = peakChannel
    self.verdict = verdict
    reasons = []
  }
}

extension Sorting.MixtureSummary {
  /// A mixture of which no more than the components' shares is known.
  public init(model: ComponentFamily?, weights: [Double]) {
    self.init(
      model: model, dimensions: 0, components: weights.count, weights: weights,
      effectiveComponents: Double(weights.count), locations: [], scales: [], degreesOfFreedom: nil,
      logLikelihood: nil, selection: nil)
  }
}
