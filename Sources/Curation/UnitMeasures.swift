internal import Foundation
internal import LinearAlgebra
internal import Recordings
public import SpikeSorting
internal import SpikeTrains

/// The numbers and verdicts of units that curation made, by the rules that judged the sorter's own.
///
/// What rests on the mixture's posteriors is not known for such units. Isolation is measured in the stored features,
/// on at most 20,000 spikes evenly spaced: both metrics are shares that such a sample keeps.
public struct UnitMeasures: Sendable {
  /// The mean waveform of a unit and what it rests on.
  public struct Waveform: Sendable {
    /// What a mean waveform rests on.
    public enum Basis: String, Sendable {
      /// Every spike of the unit.
      case all
      /// The stored examples among its spikes.
      case examples
      /// Examples read from the recording.
      case recording
      /// Nothing.
      case none
    }

    /// The mean: frames × channels.
    public var mean: [Double]
    /// The standard deviation around it: frames × channels.
    public var deviation: [Double]
    /// What it rests on.
    public var basis: Basis
    /// The spikes whose examples are known.
    public var spikes: [Int32]
    /// The examples: spikes × frames × channels.
    public var examples: [Float]

    /// Makes a mean waveform.
    public init(mean: [Double], deviation: [Double], basis: Basis, spikes: [Int32], examples: [Float]) {
      self.mean = mean
      self.deviation = deviation
      self.basis = basis
      self.spikes = spikes
      self.examples = examples
    }
  }

  let base: CurationBase
  private let sorterUnits: [Int: (place: Int, unit: Sorting.Unit)]
  private let sorterPairs: [CurationState.Pair: Sorting.Pair]
  let sample: IsolationSample?
  /// What the sorting left out, by frames from its start.
  private let excluded: FrameSet

  /// Makes ready to measure units of a sorting.
  public init(_ base: CurationBase) throws {
    self.base = base
    sorterUnits = Dictionary(
      uniqueKeysWithValues: base.sorting.units.enumerated().map { ($1.id, ($0, $1)) })
    sorterPairs = Dictionary(
      base.sorting.pairs.map { pair in
        var ordered = pair
        (ordered.first, ordered.second) = (min(pair.first, pair.second), max(pair.first, pair.second))
        return (CurationState.Pair(pair.first, pair.second), ordered)
      }, uniquingKeysWith: { $1 })
    sample = try IsolationSample(base.features)
    let source = base.sorting.source
    excluded = source.excludedFrames.shifted(by: -source.startFrame)
  }

  private var sorting: Sorting { base.sorting }
  /// Measures by the period that the sorting itself says was censored.
  private var measurer: UnitMeasurer { UnitMeasurer(censoredMilliseconds: sorting.censoredMilliseconds) }

  /// The frame of every spike; nil where no times are known.
  public var frames: [Int]? { sorting.spikes.frames }

  /// Frames and channels of a waveform and the frame of its trough; nil without waveforms.
  public var waveformShape: (frames: Int, channels: Int, troughFrame: Int)? {
    sorting.waveforms.map { ($0.frames, $0.channels, $0.troughFrame) }
  }

  // MARK: Units

  /// A unit with its numbers and its verdict; the sorter's own as it was judged.
  public func measured(_ unit: CurationState.Unit) -> Sorting.Unit {
    if unit.origin == .sorter, let own = sorterUnits[unit.id] { return own.unit }
    let components = Set(unit.spikes.map { sorting.spikes.components[Int($0)] }).sorted()
    let waveform = waveform(unit)
    let peak = peakChannel(unit, waveform)
    guard let train = train(unit) else {
      var result = Sorting.Unit(
        id: unit.id, components: components, spikeCount: unit.spikes.count, peakChannel: peak,
        verdict: .tooFew)
      result.reasons = ["no spike times are known"]
      return result
    }
    return measurer.unit(
      unit.id, components: components, train: train, facts(of: unit, waveform, peakChannel: peak))
  }

  /// What is known of a unit that people made; the mixture's posteriors of it are not.
  private func facts(
    of unit: CurationState.Unit, _ waveform: Waveform, peakChannel: Int
  ) -> UnitMeasurer.Facts {
    var facts = UnitMeasurer.Facts()
    facts.peakChannel = peakChannel
    facts.amplitude = amplitude(unit, waveform, channel: peakChannel)
    facts.noise = noise(onChannel: peakChannel)
    facts.isolation = sample?.metrics(of: unit.spikes)
    let own = Set(unit.spikes)
    facts.others = train((0..<sorting.spikes.count).map(Int32.init).filter { !own.contains($0) })
    return facts
  }

  /// The noise on a channel; nil where it is not known.
  private func noise(onChannel channel: Int) -> Double? {
    guard channel < base.noise.count, let noise = base.noise[channel], noise > 0 else { return nil }
    return noise
  }

  /// SpikeInterface's quality metrics of a unit that people made.
  func metrics(
    of unit: Sorting.Unit, _ source: CurationState.Unit, train: SpikeTrain,
    surroundings: [QualityMetric: Double]
  ) -> [String: Double] {
    var facts = UnitMeasurer.Facts()
    facts.noise = noise(onChannel: unit.peakChannel)
    return measurer.metrics(
      of: unit, train: train, sizes: amplitudes(of: source), facts, surroundings: surroundings)
  }

  /// The size of every spike; nil without snippets, where each is 1 and says nothing.
  private func amplitudes(of unit: CurationState.Unit) -> [Double]? {
    let spikes = sorting.spikes
    guard sorting.waveforms != nil, spikes.amplitudes.count == spikes.count else { return nil }
    return unit.spikes.map { Double(spikes.amplitudes[Int($0)]) }
  }

  func train(_ unit: CurationState.Unit) -> SpikeTrain? { train(unit.spikes) }

  private func train(_ spikes: [Int32]) -> SpikeTrain? {
    guard let frames = sorting.spikes.frames, let rate = sorting.source.samplingRate else { return nil }
    let start = sorting.source.startFrame
    return SpikeTrain(
      times: spikes.map { frames[Int($0)] - start }, frames: sorting.source.frameCount,
      samplingRate: rate, gaps: sorting.source.gaps.from(frame: start), without: excluded)
  }

  /// The channel of the largest deflection; without a mean of all spikes that of the unit most of them come from.
  private func peakChannel(_ unit: CurationState.Unit, _ waveform: Waveform) -> Int {
    if waveform.basis == .all, let waveforms = sorting.waveforms {
      let sizes = (0..<waveforms.channels).map { channel in
        abs(waveform.mean[waveforms.troughFrame * waveforms.channels + channel])
          / max(channel < base.noise.count ? base.noise[channel] ?? 1 : 1, .leastNormalMagnitude)
      }
      return sizes.indices.max { (sizes[$0], $1) < (sizes[$1], $0) } ?? 0
    }
    let largest = sources(unit).max { ($0.value, $1.key) < ($1.value, $0.key) }
    return largest.flatMap { sorterUnits[$0.key]?.unit.peakChannel } ?? 0
  }

  /// The size of the mean waveform; where it is not known, the mean size of the spikes.
  private func amplitude(_ unit: CurationState.Unit, _ waveform: Waveform, channel: Int) -> Double? {
    guard let waveforms = sorting.waveforms else { return nil }
    if waveform.basis == .all {
      return abs(waveform.mean[waveforms.troughFrame * waveforms.channels + channel])
    }
    guard sorting.spikes.amplitudes.count == sorting.spikes.count, !unit.spikes.isEmpty else { return nil }
    let sum = unit.spikes.reduce(0.0) { $0 + Double(sorting.spikes.amplitudes[Int($1)]) }
    return sum / Double(unit.spikes.count)
  }

  /// How many spikes come from which of the sorter's units.
  private func sources(_ unit: CurationState.Unit) -> [Int: Int] {
    var counts: [Int: Int] = [:]
    for spike in unit.spikes { counts[sorting.spikes.units[Int(spike)], default: 0] += 1 }
    return counts
  }

  // MARK: Waveforms

  /// The mean waveform: exact where the unit is made of whole units of the sorter, else that of stored examples.
  public func waveform(_ unit: CurationState.Unit) -> Waveform {
    var result = Waveform(mean: [], deviation: [], basis: .none, spikes: [], examples: [])
    guard let waveforms = sorting.waveforms else { return result }
    let size = waveforms.frames * waveforms.channels
    for (n, spike) in waveforms.exampleSpikes.enumerated() where contains(unit.spikes, spike) {
      result.spikes.append(Int32(spike))
      result.examples += waveforms.example(n)
    }
    if let (mean, deviation) = whole(unit, waveforms, size: size) {
      (result.mean, result.deviation, result.basis) = (mean, deviation, .all)
    } else if !result.spikes.isEmpty {
      (result.mean, result.deviation) = Self.statistics(of: result.examples, size: size)
      result.basis = .examples
    } else {
      result.mean = [Double](repeating: 0, count: size)
      result.deviation = result.mean
    }
    return result
  }

  /// Mean and standard deviation of some snippets.
  public static func statistics(of snippets: [Float], size: Int) -> (mean: [Double], deviation: [Double]) {
    let count = size > 0 ? snippets.count / size : 0
    var mean = [Double](repeating: 0, count: size)
    var deviation = mean
    for n in 0..<count { for i in 0..<size { mean[i] += Double(snippets[n * size + i]) / Double(count) } }
    for n in 0..<count {
      for i in 0..<size {
        let difference = Double(snippets[n * size + i]) - mean[i]
        deviation[i] += difference * difference
      }
    }
    return (mean, deviation.map { ($0 / Double(max(count - 1, 1))).squareRoot() })
  }

  /// Mean and standard deviation over whole units of the sorter, pooled; nil where a part of one is in it.
  private func whole(
    _ unit: CurationState.Unit, _ waveforms: Sorting.Waveforms, size: Int
  ) -> (mean: [Double], deviation: [Double])? {
    let parts = sources(unit)
    var known: [(place: Int, count: Double)] = []
    for (id, count) in parts.sorted(by: { $0.key < $1.key }) {
      guard let own = sorterUnits[id], own.unit.spikeCount == count else { return nil }
      known.append((own.place, Double(count)))
    }
    let total = known.reduce(0) { $0 + $1.count }
    guard total > 0 else { return nil }
    var mean = [Double](repeating: 0, count: size)
    for (place, count) in known {
      for i in 0..<size { mean[i] += count / total * Double(waveforms.unitMeans[place * size + i]) }
    }
    var squares = [Double](repeating: 0, count: size)
    for (place, count) in known {
      for i in 0..<size {
        let deviation = Double(waveforms.unitDeviations[place * size + i])
        let shift = Double(waveforms.unitMeans[place * size + i]) - mean[i]
        squares[i] += max(count - 1, 0) * deviation * deviation + count * shift * shift
      }
    }
    return (mean, squares.map { ($0 / max(total - 1, 1)).squareRoot() })
  }

  private func contains(_ spikes: [Int32], _ spike: Int) -> Bool {
    let place = spikes.firstPlace { Int($0) >= spike }
    return place < spikes.count && Int(spikes[place]) == spike
  }

  // MARK: Pairs

  /// The fewest examples whose mean is compared with another.
  private static let fewestExamples = 5

  /// What pairs of units are to each other; two of the sorter's as they were judged.
  public func measured(_ pairs: [(CurationState.Unit, CurationState.Unit)]) -> [Sorting.Pair] {
    // Each unit's train and mean once, not once a pair.
    let isJudged = pairs.map { sorterPair($0.0, $0.1) }
    let asked = zip(pairs, isJudged).filter { $1 == nil }.flatMap { [$0.0.0, $0.0.1] }
    let distinct = Array(Dictionary(asked.map { ($0.id, $0) }, uniquingKeysWith: { $1 }).values)
    let sides = Parallel.map(count: distinct.count) { (i: Int) -> PairSide in side(of: distinct[i]) }
    let known = Dictionary(uniqueKeysWithValues: sides.map { ($0.id, $0) })
    return Parallel.map(count: pairs.count) { (i: Int) -> Sorting.Pair? in
      if let own = isJudged[i] { return own }
      let pair = CurationState.Pair(pairs[i].0.id, pairs[i].1.id)
      guard let first = known[pair.first], let second = known[pair.second] else { return nil }
      return measured(first, second)
    }.compactMap { $0 }
  }

  private func sorterPair(_ first: CurationState.Unit, _ second: CurationState.Unit) -> Sorting.Pair? {
    guard first.origin == .sorter, second.origin == .sorter else { return nil }
    return sorterPairs[CurationState.Pair(first.id, second.id)]
  }

  /// What of a unit is compared with others.
  private struct PairSide: Sendable {
    let id: Int
    let train: SpikeTrain?
    /// The mean waveform; nil where too little is known of it.
    let mean: [Double]?
  }

  private func side(of unit: CurationState.Unit) -> PairSide {
    let waveform = waveform(unit)
    let isKnown = waveform.basis == .all || waveform.spikes.count >= Self.fewestExamples
    return PairSide(id: unit.id, train: train(unit), mean: isKnown ? waveform.mean : nil)
  }

  private func measured(_ first: PairSide, _ second: PairSide) -> Sorting.Pair {
    guard let one = first.train, let other = second.train else {
      return Sorting.Pair(
        first: first.id, second: second.id, similarity: nil, shortLags: 0, expectedShortLags: 0,
        verdict: .unclear, reasons: ["no spike times are known"])
    }
    var waveforms = WaveformPair()
    if let channels = sorting.waveforms?.channels, let mine = first.mean, let theirs = second.mean {
      waveforms = WaveformPair(mine, theirs, channels: channels)
    }
    return Sorting.Pair(
      first: first.id, second: second.id, measurer.finding(one, other, waveforms: waveforms))
  }
}

/// Evenly spaced spikes with their features, in which isolation is measured.
struct IsolationSample: Sendable {
  static let size = 20_000

  let step: Int
  let features: Matrix

  init(_ file: FeatureFile) throws {
    step = max(1, (file.count + Self.size - 1) / Self.size)
    let spikes = stride(from: 0, to: file.count, by: step).map { Int32($0) }
    features = try file.rows(of: spikes, columns: Array(0..<file.columns))
  }

  func metrics(of spikes: [Int32]) -> IsolationMetrics? {
    var isMember = [Bool](repeating: false, count: features.rows)
    for spike in spikes where Int(spike) % step == 0 { isMember[Int(spike) / step] = true }
    return IsolationMetrics(features: features, isMember: isMember)
  }
}
