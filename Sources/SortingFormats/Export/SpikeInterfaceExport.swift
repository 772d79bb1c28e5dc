internal import Foundation
internal import NumPyInterop
internal import Recordings
internal import SpikeSorting
internal import SpikeTrains

extension SpikeTable {
  /// SpikeInterface's `NpzSorting`: a segment an input file, spikes in order of time; and beside their frames, which it
  /// reads, their seconds by the file's own clock.
  func npzSorting() -> Data {
    var members: [(name: String, npy: Data)] = [
      ("unit_ids", NPY.data(sorting.units.map { Int64($0.id) })),
      ("num_segment", NPY.data([Int64(parts.count)])),
      ("sampling_frequency", NPY.data([rate])),
    ]
    for (i, part) in parts.enumerated() {
      let kept = frames.indices.filter { part.frames.contains(frames[$0]) }
      members.append(
        ("spike_indexes_seg\(i)", NPY.data(kept.map { Int64(frames[$0] - part.frames.lowerBound) })))
      let own = parts.count > 1 ? part.clock ?? RecordingClock(samplingRate: rate) : clock
      let times = kept.map { own.seconds(ofFrame: frames[$0] - part.frames.lowerBound) }
      members.append(("spike_seconds_seg\(i)", NPY.data(times)))
      members.append(("spike_labels_seg\(i)", NPY.data(kept.map { Int64(units[$0]) })))
    }
    return NPZ.data(members)
  }

  /// A `TsGroup` of pynapple: times in seconds, and verdict, rate and metrics as its metadata.
  func pynappleGroup() -> Data {
    var members: [(name: String, npy: Data)] = [
      ("type", NPY.data(texts: ["TsGroup"])),
      ("t", NPY.data(seconds)),
      ("index", NPY.data(units.map(Int64.init))),
      ("keys", NPY.data(sorting.units.map { Int64($0.id) })),
      ("start", NPY.data(sortedIntervals.map(\.start))),
      ("end", NPY.data(sortedIntervals.map(\.end))),
      ("verdict", NPY.data(texts: sorting.units.map(\.verdict.rawValue))),
      ("peak_channel", NPY.data(sorting.units.map { Int64($0.peakChannel) })),
    ]
    for column in UnitColumn.numbers(sorting) {
      members.append((column.name, NPY.data(column.values.map { $0 ?? .nan })))
    }
    return NPZ.data(members)
  }

  /// SpikeInterface's curation format, version 2: Phy's group of every unit as its quality, and the verdict.
  ///
  /// - Throws: what the encoder throws.
  func curationJSON() throws -> Data {
    let curation = Curation(
      units: sorting.units.map(\.id),
      definitions: [
        "quality": .init(labelOptions: UnitLabel.allCases.map(\.spikeInterfaceQuality)),
        "verdict": .init(labelOptions: UnitVerdict.allCases.map(\.rawValue)),
      ],
      manualLabels: sorting.units.map {
        .init(
          unit: $0.id,
          labels: ["quality": [$0.verdict.label.spikeInterfaceQuality], "verdict": [$0.verdict.rawValue]])
      })
    return try jsonData(curation)
  }
}

/// The curation format's fields.
private struct Curation: Encodable {
  struct Definition: Encodable {
    var labelOptions: [String]
    var exclusive = true

    enum CodingKeys: String, CodingKey {
      case exclusive
      case labelOptions = "label_options"
    }
  }
  struct Label: Encodable {
    var unit: Int
    var labels: [String: [String]]

    enum CodingKeys: String, CodingKey {
      case labels
      case unit = "unit_id"
    }
  }
  var version = "2"
  var units: [Int]
  var definitions: [String: Definition]
  var manualLabels: [Label]
  var removed: [Int] = []
  var merges: [[String: Int]] = []
  var splits: [[String: Int]] = []

  enum CodingKeys: String, CodingKey {
    case removed, merges, splits
    case version = "format_version"
    case units = "unit_ids"
    case definitions = "label_definitions"
    case manualLabels = "manual_labels"
  }
}
