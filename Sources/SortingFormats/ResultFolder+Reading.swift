internal import Foundation
internal import InputFiles
internal import NumPyInterop
public import Recordings
internal import SpikeDetection
public import SpikeSorting
internal import SpikeTrains

extension ResultFolder {
  /// The sorting the folder holds.
  ///
  /// - Throws: `ResultError.missingFile`, `damaged` or `inputOutput`.
  public func read() throws(ResultError) -> Sorting {
    try read(asSorted: false, features: true)
  }

  /// The sorting as the sorter left it, whatever was done to Phy's editable files since.
  ///
  /// Where `spike_clusters.npy` was edited, every spike has the unit that its component was made part of.
  /// - Parameter features: whether the features are wanted; they are empty otherwise, which saves their memory.
  /// - Throws: `ResultError.missingFile`, `damaged` or `inputOutput`.
  public func readAsSorted(features: Bool = true) throws(ResultError) -> Sorting {
    try read(asSorted: true, features: features)
  }

  private func read(asSorted: Bool, features: Bool) throws(ResultError) -> Sorting {
    let record = try readRecord()
    do {
      return try sorting(from: record, asSorted: asSorted, withFeatures: features)
    } catch let error as ResultError {
      throw error
    } catch let error as NPYError {
      throw .damaged(path: url.path, found: "\(error)", expected: "the files written by spikesort sort")
    } catch {
      throw .inputOutput(path: url.path, reason: systemReason(of: error))
    }
  }

  /// How well the sorting found the true units, where the folder knows; nil otherwise.
  ///
  /// - Throws: `ResultError.damaged`.
  public func readComparison() throws(ResultError) -> ComparisonSummary? {
    let path = file(ComparisonSummary.fileName)
    guard let data = try? inputFileContents(path) else { return nil }
    do {
      return try JSONDecoder().decode(ComparisonSummary.self, from: data)
    } catch {
      throw .damaged(path: path.path, found: "something else", expected: "the JSON written by spikesort")
    }
  }

  /// The rate of the sorting the folder holds, in Hz.
  ///
  /// - Throws: `ResultError.missingFile` or `damaged`, also where the sorting knows no times.
  public func samplingRate() throws(ResultError) -> Double {
    guard let rate = try readRecord().source.samplingRate else {
      throw .missingFile(path: file("spike_times.npy").path, expected: "a result with spike times")
    }
    return rate
  }

  /// The clock of the recording that was sorted; nil where it has none, and time is the frame over the rate.
  ///
  /// - Throws: `ResultError.missingFile` or `damaged`.
  public func clock() throws(ResultError) -> RecordingClock? { try readRecord().source.clock }

  private func readRecord() throws(ResultError) -> SortingRecord {
    let path = file(Self.recordName)
    guard FileManager.default.fileExists(atPath: path.path) else {
      guard FileManager.default.fileExists(atPath: url.path) else {
        throw .missingFile(path: url.path, expected: "a folder written by spikesort sort or cluster")
      }
      throw .unrecognised(
        path: url.path, found: folderContents(url),
        expected: "a folder written by spikesort sort or cluster, with its \(Self.recordName)")
    }
    do {
      let record = try JSONDecoder().decode(SortingRecord.self, from: inputFileContents(path))
      try ResultChecks(folder: self).check(record)
      return record
    } catch let error as ResultError {
      throw error
    } catch let error as UnknownWord {
      throw .damaged(
        path: path.path, found: "the \(error.name) \(shortened(error.found))",
        expected: "one of \(error.known.joined(separator: ", "))")
    } catch is DecodingError {
      if let group = try GroupedResult(at: url)?.groups.first(where: { $0.failure == nil }) {
        throw .severalGroups(path: url.path, example: file(group.folder).path)
      }
      let other = Self.version(of: path).flatMap { $0 == Self.version ? nil : "what spikesort \($0) wrote" }
      throw .damaged(
        path: path.path, found: other ?? "something else",
        expected: "the JSON written by spikesort" + (other == nil ? "" : " \(Self.version)"))
    } catch InputFileError.notRegular(let kind) {
      throw .damaged(path: path.path, found: kind, expected: "a regular file")
    } catch let error as InputFileError {
      throw .inputOutput(path: path.path, reason: "\(error)")
    } catch {
      throw .inputOutput(path: path.path, reason: systemReason(of: error))
    }
  }

  /// The version that wrote a record, whatever else stands in it.
  private static func version(of record: URL) -> String? {
    struct Written: Decodable { var version: String }
    return (try? JSONDecoder().decode(Written.self, from: inputFileContents(record)))?.version
  }

  private func sorting(from record: SortingRecord, asSorted: Bool, withFeatures: Bool) throws -> Sorting {
    let count = record.spikeCount
    let components = try labels("spike_templates.npy", count, Set(0..<record.mixture.components))
    let isEdited = asSorted && editedPhyFiles.contains("spike_clusters.npy")
    let units =
      isEdited
      ? try self.units(ofComponents: components, record)
      : try labels("spike_clusters.npy", count, Set(record.units.map(\.id)), orNone: record.units.isEmpty)
    let (ordered, perChannel, channels) = try features(count, wanted: withFeatures)
    var spikes = Sorting.Spikes(
      frames: exists("spike_times.npy") ? try array("spike_times.npy", [count]).integers() : nil,
      components: components, units: units, amplitudes: try amplitudes(record),
      features: ordered, featureChannels: channels, featuresPerChannel: perChannel,
      explainedVariance: record.explainedVariance)
    if record.mixture.neighbourhoods != nil, count > 0 {
      spikes.channelsOfComponents = try channelsOfComponents(record, featureChannels: channels)
    }
    var sorting = Sorting(
      source: record.source, options: record.options, spikes: spikes, mixture: record.mixture,
      units: record.units, pairs: record.pairs, merges: record.merges, waveforms: try waveforms(record),
      traceExample: try traceExample(record), warnings: record.warnings)
    sorting.mixture.selection?.robustK = record.mixture.selection?.agreedK
    sorting.refits = record.refits
    sorting.statedCensoredMilliseconds = record.censoredMilliseconds
    sorting.noise = record.noise
    sorting.drift = try drift(record)
    try ResultChecks(folder: self).check(sorting)
    return sorting
  }

  private func drift(_ record: SortingRecord) throws -> Sorting.Drift? {
    guard let seconds = record.driftSecondsPerFrame else { return nil }
    let stored = try array("component_drift.npy", [2, record.mixture.components, nil, nil])
    let values = stored.floats()
    return Sorting.Drift(
      secondsPerFrame: seconds, timeFrames: stored.shape[2], channels: stored.shape[3],
      amplitudes: Array(values.prefix(values.count / 2)), deviations: Array(values.suffix(values.count / 2)))
  }

  /// The features, channel by channel; none where they are not wanted.
  private func features(
    _ count: Int, wanted: Bool
  ) throws -> (values: [Float], perChannel: Int, channels: Int) {
    let stored = try file("pc_features.npy", [count, nil, nil])
    let (perChannel, channels) = (stored.shape[1], stored.shape[2])
    guard wanted else { return ([], perChannel, channels) }
    let values = try stored.read().floats()
    guard !values.isEmpty else { return (values, perChannel, channels) }
    var ordered = values
    for n in 0..<count {
      for c in 0..<channels {
        for p in 0..<perChannel {
          ordered[(n * channels + c) * perChannel + p] = values[(n * perChannel + p) * channels + c]
        }
      }
    }
    return (ordered, perChannel, channels)
  }

  /// The unit of every spike by the components that units are made of; where there are none, the components.
  private func units(ofComponents components: [Int], _ record: SortingRecord) throws -> [Int] {
    guard !record.units.isEmpty else { return components }
    var unit = [Int?](repeating: nil, count: record.mixture.components)
    for one in record.units {
      for component in one.components where unit.indices.contains(component) {
        guard unit[component] == nil else {
          throw ResultError.damaged(
            path: file("spike_clusters.npy").path, found: "other labels than were written",
            expected: "those written, as units share components")
        }
        unit[component] = one.id
      }
    }
    return try components.map { component in
      guard let id = unit[component] else {
        throw ResultError.damaged(
          path: file(Self.recordName).path, found: "no unit with the component \(component)",
          expected: "a unit for every component with spikes")
      }
      return id
    }
  }

  /// A label for every spike, each one of those known.
  private func labels(_ name: String, _ count: Int, _ known: Set<Int>, orNone: Bool = false) throws -> [Int] {
    let labels = try array(name, [count]).integers()
    if !orNone, let stranger = labels.first(where: { !known.contains($0) }) {
      guard !editedPhyFiles.contains(name) else {
        throw ResultError.editedInPhy(
          path: url.path, found: "the unit \(stranger) beside the \(known.count) that were judged")
      }
      throw ResultError.damaged(
        path: file(name).path, found: "the label \(stranger)",
        expected: "only the \(known.count) that sorting.json judges")
    }
    return labels
  }

  /// For every component the channels whose features its spikes have.
  private func channelsOfComponents(_ record: SortingRecord, featureChannels: Int) throws -> [[Int]] {
    let components = record.mixture.components
    let table = try array("pc_feature_ind.npy", [components, featureChannels]).integers()
    let channels = record.source.channelPositions.count
    if let stranger = table.first(where: { !(0..<channels).contains($0) }) {
      throw ResultError.damaged(
        path: file("pc_feature_ind.npy").path, found: "the channel \(stranger)",
        expected: "channels below \(channels)")
    }
    return (0..<components).map { Array(table[$0 * featureChannels..<($0 + 1) * featureChannels]) }
  }

  /// The amplitude of every spike; none where no times are known.
  private func amplitudes(_ record: SortingRecord) throws -> [Float] {
    try array("amplitudes.npy", [record.units.isEmpty ? nil : record.spikeCount]).floats()
  }

  private func waveforms(_ record: SortingRecord) throws -> Sorting.Waveforms? {
    guard exists("unit_waveforms.mean.npy"), let trough = record.troughFrame else { return nil }
    let means = try array("unit_waveforms.mean.npy", [record.units.count, nil, nil])
    let shape = Array(means.shape.dropFirst())
    let spikes = try array("unit_waveforms.spikes.npy", [nil])
    let channels =
      exists("unit_waveforms.channels.npy")
      ? try array("unit_waveforms.channels.npy", [spikes.shape[0], nil]) : nil
    let width = channels?.shape[1] ?? shape[1]
    var waveforms = Sorting.Waveforms(
      frames: shape[0], channels: shape[1], troughFrame: trough,
      componentMeans: exists("templates.npy") ? try array("templates.npy", [nil, nil, nil]).floats() : [],
      unitMeans: means.floats(),
      unitDeviations: try array("unit_waveforms.sd.npy", means.shape).floats(),
      exampleSpikes: try spikes.integers(),
      examples: try array("unit_waveforms.examples.npy", [spikes.shape[0], shape[0], width]).floats())
    waveforms.exampleChannels = try channels?.integers() ?? []
    return waveforms
  }

  private func traceExample(_ record: SortingRecord) throws -> Sorting.TraceExample? {
    guard let trace = record.trace, exists("trace_example.npy") else { return nil }
    let stored = try array("trace_example.npy", [2, nil, nil])
    let values = stored.floats()
    return Sorting.TraceExample(
      startFrame: trace.startFrame, channels: stored.shape[2], raw: Array(values.prefix(values.count / 2)),
      filtered: Array(values.suffix(values.count / 2)), thresholds: trace.thresholds, sign: trace.peakSign)
  }

  private func exists(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: file(name).path)
  }

  /// An array of the folder with the given shape; nil sizes are free.
  private func array(_ name: String, _ shape: [Int?]) throws -> NPYArray { try file(name, shape).read() }

  /// An array of the folder with the given shape, not yet read; nil sizes are free.
  private func file(_ name: String, _ shape: [Int?]) throws -> NPYFile {
    guard exists(name) else {
      throw ResultError.missingFile(path: file(name).path, expected: "a whole result folder")
    }
    let array = try NPYFile(file(name))
    let fits =
      array.shape.count == shape.count && zip(array.shape, shape).allSatisfy { $1 == nil || $0 == $1 }
      && ResultChecks.isBounded(array.shape, expected: shape)
    guard fits else {
      throw ResultError.damaged(
        path: file(name).path, found: "an array of shape \(array.shape)",
        expected: "one of shape \(shape.map { $0.map(String.init) ?? "any" })")
    }
    return array
  }
}
