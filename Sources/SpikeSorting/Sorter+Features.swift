internal import Foundation
internal import LinearAlgebra
internal import MixtureModels
internal import Recordings
internal import SpikeDetection
internal import SpikeFiles
internal import SpikeTrains

extension Sorter {
  /// Sorts spikes of which there are features.
  ///
  /// With times there are units and verdicts; without, a mixture and its figures only, which a warning says.
  /// - Parameters:
  ///   - input: features, and times and waveforms where known.
  ///   - progress: told the stage and its share done.
  /// - Throws: `SortingError`, `MixtureError`.
  public func sort(
    _ input: FeatureInput, progress: @escaping (String, Double) -> Void = { _, _ in }
  ) throws -> SortingRun {
    try options.check()
    try input.check()
    let name = input.urls.first?.lastPathComponent ?? "the features"
    guard input.features.rows > 0, input.features.columns > 0 else {
      throw SortingError.badInput(
        "\(name) holds an array of \(input.features.rows) × \(input.features.columns); expected spikes × features"
      )
    }
    let watch = StageWatch(progress)
    let ordered = input.inOrderOfTime()
    let table = ordered.table
    var own = self
    // Nothing drifts where no times are known.
    if !table.hasTimes, case .driftingT(let thorough) = options.model {
      own.options.model = .atRest(AtRest(.t, procedure: thorough ? .thorough : .standard))
    }
    try own.options.checkSignal()
    var clusterer = MixtureClusterer(own.options)
    clusterer.scalesToClusters = true
    clusterer.triesOtherShapes = input.isLab && own.options.covariance == .full
    own.clusterer = self.clusterer ?? clusterer
    var sorting = try own.sorting(of: ordered.source(), table, in: nil, drawn: ordered.drawn, watch).sorting
    if table.hasTimes {
      sorting.noise = table.noise.map { Sorting.Noise(origin: .snippets, deviations: $0) }
    } else {
      sorting.warnings.append(
        "no spike times are known, so there are a mixture, its criteria and figures but no verdicts")
    }
    return SortingRun(sorting: sorting, seconds: watch.seconds)
  }
}

extension FeatureInput {
  /// The same spikes in order of time; as they are where no times are known.
  func inOrderOfTime() -> FeatureInput {
    guard let frames else { return self }
    let order = frames.indices.sorted { (frames[$0], $0) < (frames[$1], $1) }
    guard order != Array(frames.indices) else { return self }
    var result = self
    result.frames = order.map { frames[$0] }
    result.features = features.selecting(rows: order)
    result.waveforms = waveforms?.selecting(order)
    return result
  }

  private var observed: Range<Int> { observedFrames(of: frames ?? []) }

  /// The spikes as they enter the pipeline.
  fileprivate var table: SpikeTable {
    var snippets = waveforms ?? Snippets(frames: 0, channels: 0)
    snippets.trough = snippets.largestFrame
    let (first, count) = (observed.lowerBound, features.rows)
    let detected = DetectedSpikes(
      samplingRate: samplingRate ?? 1, noise: NoiseModel(deviations: waveforms?.noise ?? []),
      peakSign: .both, lockoutMilliseconds: Self.censoredMilliseconds,
      frames: frames?.map { $0 - first } ?? Array(0..<count), snippets: snippets)
    var table = SpikeTable(
      detected, frameCount: observed.count, gaps: clock.map { FrameGaps($0).from(frame: first) } ?? .none)
    table.hasTimes = frames != nil && samplingRate != nil
    table.features = features
    return table
  }

  /// Another program's lockout is not known: lags that it may not have seen are left out, in ms.
  private static let censoredMilliseconds = TemplateResolver.lockoutMilliseconds

  /// The features with the channels they are of: the lab's three components a channel, else every feature by itself.
  fileprivate var drawn: ChannelFeatures {
    let channels =
      waveforms?.channels ?? (features.columns % 3 == 0 ? features.columns / 3 : features.columns)
    let isEven = features.columns % channels == 0
    return ChannelFeatures(
      values: features.storage.map(Float.init), channels: isEven ? channels : features.columns,
      perChannel: isEven ? features.columns / channels : 1)
  }

  fileprivate func source() throws -> Sorting.Source {
    // A tetrode's positions where nothing else is known, in µm; waveforms say how many wires there are.
    let wires = waveforms?.channels ?? drawn.channels
    let positions = (0..<wires).map { c in
      wires == 4 ? [[12.5, 0], [0, 12.5], [-12.5, 0], [0, -12.5]][c] : [0, 25.0 * Double(c)]
    }
    var source = Sorting.Source(
      files: urls.map(\.lastPathComponent), checksum: try inputChecksum(of: urls), samplingRate: samplingRate,
      frameCount: observed.count, channelPositions: positions, amplitudeUnit: isLab ? "µV" : "feature units",
      flatBinary: nil, startFrame: observed.lowerBound, inputs: inputs)
    source.clock = clock
    return source
  }

  /// Spikes with features, or with snippets and no times.
  init(_ events: SpikeEvents, threads: Int) throws {
    let features: Matrix
    if let given = events.features {
      features = try Self.reduced(
        Matrix(rows: events.count, columns: given.columns, storage: given.values))
    } else if let snippets = events.snippets {
      let detected = try DetectedSpikes(
        frames: Array(0..<events.count), aligning: snippets, samplingRate: events.samplingRate ?? 30_000,
        file: events.files.first?.path ?? events.name, threads: threads)
      features = try SnippetSpace(of: detected, dimensions: 10).features(of: detected, threads: threads)
    } else {
      throw SortingError.badInput("\(events.name) holds neither snippets nor features")
    }
    self.init(
      urls: events.files, features: features, frames: events.samplingRate == nil ? nil : events.frames,
      samplingRate: events.samplingRate, waveforms: events.snippets, isLab: false)
    (inputs, clock) = (events.inputs, events.clock)
  }

  /// Covariances of more features than this ask for more spikes than recordings have.
  private static let mostFeatures = 24
  /// The principal components that take the place of more.
  private static let fewerFeatures = 12

  /// Features, or the first principal components of those of whole probes.
  private static func reduced(_ features: Matrix) throws -> Matrix {
    guard features.columns > mostFeatures, features.rows > fewerFeatures else { return features }
    return try PrincipalComponents(of: features, count: fewerFeatures).scores(of: features)
  }
}

extension Snippets {
  /// The frame where the mean over all spikes of the largest deflection lies.
  fileprivate var largestFrame: Int {
    var sizes = [Double](repeating: 0, count: frames)
    for (i, sample) in samples.enumerated() { sizes[i / channels % frames] += Double(abs(sample)) }
    return sizes.indices.reduce(0) { sizes[$1] > sizes[$0] ? $1 : $0 }
  }

  /// The noise's standard deviation on every channel; 1 where the snippets show none.
  fileprivate var noise: [Double] { SnippetNoise(self).deviations.map { $0 > 0 ? $0 : 1 } }
}
