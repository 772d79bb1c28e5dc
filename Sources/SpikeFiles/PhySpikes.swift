internal import Foundation
internal import NumPyInterop
internal import Recordings

/// A Phy folder: the features of its spikes, as tolerant of shapes, orders and types as Phy itself.
///
/// `pc_features.npy` is spikes × components × local channels; `pc_feature_ind.npy` says for every template which
/// channels these are, `pc_feature_spike_ids.npy` which spikes have any. A channel that a spike's template does not
/// have counts as 0.
struct PhySpikes {
  private let folder: URL
  /// Features spread over all channels take no more than 2 GiB.
  private static let mostValues = 1 << 28

  /// The folder a path names, itself or by its `params.py`; nil where it is none.
  init?(_ url: URL, isFolder: Bool) {
    folder = isFolder ? url : url.deletingLastPathComponent()
    guard isFolder || url.lastPathComponent == "params.py",
      exists(folder.appendingPathComponent("spike_times.npy")),
      exists(folder.appendingPathComponent("params.py"))
    else { return nil }
  }

  func events(_ description: RecordingDescription) throws(RecordingError) -> SpikeEvents {
    guard let features = try array("pc_features") else {
      throw .malformed(file: folder.path, found: "no pc_features.npy", expected: "a Phy folder with features")
    }
    let ids = try column("pc_feature_spike_ids")
    let allTimes = try column("spike_times") ?? []
    guard features.shape.count == 3, features.shape[0] == ids?.count ?? allTimes.count,
      ids?.allSatisfy({ allTimes.indices.contains($0) }) ?? true
    else {
      throw .malformed(
        file: folder.path, found: "features of shape \(features.shape) for \(allTimes.count) spikes",
        expected: "spikes × components × channels")
    }
    let spikes = ids ?? Array(allTimes.indices)
    func chosen(_ name: String) throws(RecordingError) -> [Int]? {
      guard let all = try column(name) else { return nil }
      guard all.count == allTimes.count else {
        throw .malformed(
          file: folder.appendingPathComponent("\(name).npy").path, found: "\(all.count) numbers",
          expected: "\(allTimes.count), one a spike")
      }
      return spikes.map { all[$0] }
    }
    let table = try spread(features, templates: chosen("spike_templates"))
    var rate = description.samplingRate
    if rate == nil { rate = try parameter("sample_rate") }
    var events = SpikeEvents(
      name: folder.lastPathComponent,
      files: ["pc_features.npy", "spike_times.npy"].map { folder.appendingPathComponent($0) },
      samplingRate: rate, frames: rate == nil ? nil : spikes.map { allTimes[$0] }, frameCount: nil,
      features: table.features, labels: try chosen("spike_clusters"), channels: table.channels)
    if events.files.isEmpty { events.files = [folder] }
    return events
  }

  /// Local features spread over all channels that any template has: spikes × (channels × components).
  private func spread(
    _ array: NPYArray, templates: [Int]?
  ) throws(RecordingError) -> (features: SpikeEvents.Features, channels: [Int]) {
    let (count, components, local) = (array.shape[0], array.shape[1], array.shape[2])
    let values = array.doubles()
    guard values.allSatisfy(\.isFinite) else {
      throw .malformed(file: folder.path, found: "features that are NaN or infinite", expected: "numbers")
    }
    let map = try self.array("pc_feature_ind")
    var places: [[Int]]?
    if let map, let templates {
      guard map.shape.count == 2, map.shape[1] == local,
        templates.allSatisfy({ (0..<map.shape[0]).contains($0) })
      else {
        throw .malformed(
          file: folder.path, found: "pc_feature_ind of shape \(map.shape)",
          expected: "templates × \(local) channels")
      }
      let numbers = try integers(map, "pc_feature_ind")
      places = (0..<map.shape[0]).map { Array(numbers[$0 * local..<($0 + 1) * local]) }
    }
    let used = Set((places ?? [Array(0..<local)]).joined()).filter { $0 >= 0 }.sorted()
    let column = Dictionary(uniqueKeysWithValues: used.enumerated().map { ($1, $0) })
    guard used.count * components <= Self.mostValues / max(count, 1) else {
      throw .malformed(
        file: folder.path, found: "\(count) spikes with \(components) features on \(used.count) channels",
        expected: "at most \(Self.mostValues) features in all")
    }
    var result = [Double](repeating: 0, count: count * used.count * components)
    for n in 0..<count {
      let channels = places.flatMap { places in templates.map { places[$0[n]] } } ?? Array(0..<local)
      for (c, channel) in channels.enumerated() {
        guard let place = column[channel] else { continue }
        for p in 0..<components {
          result[(n * used.count + place) * components + p] = values[(n * components + p) * local + c]
        }
      }
    }
    return (.init(columns: used.count * components, values: result), used)
  }

  private func array(_ name: String) throws(RecordingError) -> NPYArray? {
    let url = folder.appendingPathComponent("\(name).npy")
    guard exists(url) else { return nil }
    do { return try NPYArray(contentsOf: url) } catch { throw .npy(error) }
  }

  /// Whole numbers whatever their type, of a row or a column.
  private func column(_ name: String) throws(RecordingError) -> [Int]? {
    guard let array = try array(name) else { return nil }
    return try integers(array, name)
  }

  private func integers(_ array: NPYArray, _ name: String) throws(RecordingError) -> [Int] {
    do { return try array.integers() } catch { throw .npy(error) }
  }

  /// A number that `params.py` assigns.
  private func parameter(_ name: String) throws(RecordingError) -> Double? {
    let file = try SpikeBytes(folder.appendingPathComponent("params.py"))
    let names = file.text(file.count).split(whereSeparator: \.isNewline).map {
      $0.prefix { $0 != "=" }.trimmingCharacters(in: .whitespaces)
    }
    guard names.contains(name) else { return nil }
    // Comments may stand behind it.
    let value = PythonLiteral.assigned(to: name, in: file.bytes)?.number
    guard let value, value > 0, value.isFinite else {
      throw file.malformed("\(name) that is no number", "a positive number")
    }
    return value
  }
}
