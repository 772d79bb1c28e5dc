import LinearAlgebra
import MixtureModels
import Recordings
import SpikeDetection
import SpikeTrains

/// Sorts a probe neighbourhood by neighbourhood, each as a tetrode is, and joins what they found.
struct ProbeSorter {
  let sorter: Sorter
  let part: RecordingPart
  let neighbourhoods: [Neighbourhood]

  /// Components of whole snippets the mixture of a neighbourhood sees: it meets more neurons than a tetrode's.
  static let dimensions = 12
  /// The numbers of components a neighbourhood starts with, as the range grows while its end is the best: four channels in
  /// its core are the nearest to few neurons, most of fifteen components would be fitted for nothing.
  static let firstComponents = 2...8
  /// Spikes found from two neighbourhoods nearer than this are one, in ms: templates stand on one of a few frames.
  static let sameSpikeMilliseconds = 0.4
  /// Of every spike the features of at most so many channels are kept, those nearest to its unit's peak.
  static let mostFeatureChannels = 12

  /// What sorting one neighbourhood gave: its own units alone, as the probe numbers channels, and those of every refit.
  private struct Sorted: Sendable {
    let sorting: Sorting
    let own: NeighbourhoodUnits
    let again: [NeighbourhoodUnits]
  }

  func sorting(_ watch: StageWatch) throws -> Sorting {
    let sampled = try sampleNoise(
      of: part.recording, options: sorter.options.detection, threads: sorter.threads)
    try FaultyChannels.check(sampled.noise)
    let parts = try sortedNeighbourhoods(sign: sampled.peakSign, watch)
    watch.enter(.join)
    let kept = zip(parts, withoutEchoes(parts.map(\.own))).filter { !$1.isEmpty }.map {
      (home: $0.own.neighbourhood, sorting: $0.sorting.keeping(units: $1))
    }
    var sorting =
      try Sorting(joining: kept, of: neighbourhoods) ?? part.withoutSpikes(dimensions: sorter.dimensions)
    if !kept.isEmpty {
      sorting.pairs = pairs(
        of: sorting, homes: kept.flatMap { one in one.sorting.units.map { _ in one.home } })
      sorting.noise = Sorting.Noise(origin: .trace, deviations: sampled.noise.deviations)
      sorting.refits = refits(parts)
      sorting.refits?.settle(on: sorting.units)
    }
    sorting.source = try part.source()
    sorting.options = part.spokenOptions
    sorting.warnings = part.warnings + sorting.warnings
    sorting.traceExample = try part.traceExample(
      around: (sorting.spikes.frames ?? []).map { $0 - part.startFrame }, noise: sampled.noise.deviations,
      sign: sampled.peakSign)
    return sorting
  }

  /// The number of units of every refit of all neighbourhoods; nil where there were none.
  private func refits(_ parts: [Sorted]) -> Sorting.Refits? {
    guard var refits = parts.lazy.compactMap(\.sorting.refits).first else { return nil }
    refits.counts = refits.counts.indices.map { refit in
      let found = parts.compactMap { refit < $0.again.count ? $0.again[refit] : nil }
      return zip(found, withoutEchoes(found)).reduce(0) { count, part in
        count + part.1.map { part.0.units[$0] }.neuronCount
      }
    }
    return refits
  }

  /// The pairs of units whose neighbourhoods share channels: within one as judged there, else by trains, bursts and waveforms.
  ///
  /// - Parameter homes: the neighbourhood of every unit.
  private func pairs(of sorting: Sorting, homes: [Neighbourhood]) -> [Sorting.Pair] {
    var times = [[Int]](repeating: [], count: homes.count)
    for (frame, unit) in zip(sorting.spikes.frames ?? [], sorting.spikes.units) {
      times[unit].append(frame - part.startFrame)
    }
    let trains = times.map {
      SpikeTrain(
        times: $0, frames: part.recording.frameCount, samplingRate: part.recording.samplingRate,
        gaps: FrameGaps(part.recording.clock), without: part.recording.excludedFrames)
    }
    return sorting.pairs(
      of: trains, homes: homes,
      UnitMeasurer(censoredMilliseconds: Self.sameSpikeMilliseconds, judge: sorter.judge),
      threads: sorter.threads)
  }

  /// For every neighbourhood those of its units that stand for a neuron of their own.
  private func withoutEchoes(_ parts: [NeighbourhoodUnits]) -> [[Int]] {
    parts.withoutEchoes(tolerance: Int(Self.sameSpikeMilliseconds * part.recording.samplingRate / 1000))
  }

  /// What all neighbourhoods gave where there are spikes, in their order.
  private func sortedNeighbourhoods(sign: PeakSign, _ watch: StageWatch) throws -> [Sorted] {
    watch.enter(.neighbourhoods)
    var own = sorter
    // What is a spike is one question for the whole probe.
    own.options = part.options
    own.options.peak = sign
    // So many at once as there are threads: memory holds the snippets of those alone.
    let batch = max(1, min(sorter.threads, neighbourhoods.count))
    (own.dimensions, own.threads) = (Self.dimensions, max(1, sorter.threads / batch))
    var clusterer = MixtureClusterer(own.options)
    clusterer.firstComponents = Self.firstComponents
    own.clusterer = sorter.clusterer ?? clusterer
    let one = own
    var parts: [Sorted] = []
    var seconds: [StageSeconds] = []
    for first in stride(from: 0, to: neighbourhoods.count, by: batch) {
      watch.tell(Double(first) / Double(neighbourhoods.count))
      let wanted = Array(neighbourhoods[first..<min(first + batch, neighbourhoods.count)])
      let found = try Parallel.map(count: wanted.count, threads: batch) {
        (i: Int) throws -> (sorted: Sorted?, seconds: StageSeconds) in
        let watch = StageWatch()
        return (try sorted(wanted[i], by: one, watch), watch.seconds)
      }
      parts += found.compactMap(\.sorted)
      seconds += found.map(\.seconds)
    }
    watch.leave(for: seconds)
    return parts
  }

  /// What one neighbourhood gives; nil where it has no spikes.
  private func sorted(
    _ neighbourhood: Neighbourhood, by sorter: Sorter, _ watch: StageWatch
  ) throws -> Sorted? {
    let channels = neighbourhood.channels
    do {
      let (found, _, again) = try sorter.sortingOfAllChannels(
        RecordingPart(part, channels: channels, options: sorter.options), watch)
      guard found.spikes.count > 0 else { return nil }
      let own = NeighbourhoodUnits(
        FoundUnits(
          found.units, frames: found.spikes.frames ?? [], unitOfSpike: found.spikes.units,
          waveforms: found.waveforms, noise: found.noise?.deviations ?? []), of: neighbourhood)
      let widest = neighbourhoods.map(\.channels.count).max() ?? 1
      let sorting = found.keeping(units: own.places).spread(
        from: channels, to: part.positions, width: min(Self.mostFeatureChannels, widest))
      return Sorted(
        sorting: sorting, own: own, again: again.map { NeighbourhoodUnits($0, of: neighbourhood) })
    } catch let found as FaultyChannels {
      throw FaultyChannels(faults: found.faults.map { $0.renumbered { channels[$0] } })
    }
  }
}
