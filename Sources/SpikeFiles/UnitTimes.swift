public import Foundation
public import Recordings

/// Spikes that a person or another program gave to units: what a sorting is compared with.
public struct UnitTimes: Sendable {
  /// When the spikes were.
  public enum Times: Sendable, Equatable {
    /// Frames from the recording's start.
    case frames([Int])
    /// Seconds from the recording's start.
    case seconds([Double])
    /// Seconds by the recording's own clock.
    case clock([Double])
  }

  /// The time of every spike.
  public var times: Times
  /// The unit of every spike.
  public var labels: [Int]
  /// Labels of spikes that whoever labelled them left unjudged.
  public var unjudged: Set<Int> = []

  /// The number of times.
  public var count: Int {
    switch times {
    case .frames(let frames): frames.count
    case .seconds(let seconds), .clock(let seconds): seconds.count
    }
  }

  /// Times and the unit of each.
  public init(times: Times, labels: [Int], unjudged: Set<Int> = []) {
    self.times = times
    self.labels = labels
    self.unjudged = unjudged
  }
}

/// Opens spikes with the unit of each, their format recognised from names and first bytes.
///
/// Known are MClust (`.t` and its kin, or a folder of them), wave_clus (`times_*.mat`, version 7.3 too) and this program's
/// MAT-files, MountainSort's `firings.mda`, the units of NWB files, SpikeInterface's folders and `.npz` of sortings,
/// pynapple's `.npz`, tables (`.csv`, or a folder with `spikes.csv`), and files of detected spikes that hold a sorting too.
/// - Returns: nil where the path names nothing of that.
/// - Throws: `RecordingError`.
public func openUnitTimes(at url: URL) throws(RecordingError) -> UnitTimes? {
  var folder: ObjCBool = false
  guard FileManager.default.fileExists(atPath: url.path, isDirectory: &folder) else { return nil }
  let found = folder.boolValue ? try unitTimes(inFolder: url) : try unitTimes(inFile: url)
  guard let found else { return nil }
  guard found.count == found.labels.count else {
    throw .malformed(
      file: url.path, found: "\(found.count) times and \(found.labels.count) labels",
      expected: "as many of both")
  }
  return found
}

private func unitTimes(inFolder url: URL) throws(RecordingError) -> UnitTimes? {
  let names = fileNames(in: url)
  func all(_ endings: [String]) -> [URL] {
    names.map { url.appendingPathComponent($0) }.filter { endings.contains($0.pathExtension.lowercased()) }
  }
  if let saved = try SpikeInterfaceSorting.open(folder: url) { return saved }
  if names.contains("spikes.csv") { return try labelledTable(url.appendingPathComponent("spikes.csv")) }
  if names.contains("firings.mda") { return try firings(url.appendingPathComponent("firings.mda")) }
  let clusters = all(MClustFile.endings)
  if !clusters.isEmpty { return try MClustFile.read(clusters) }
  // One file of a sorting in a folder of its own.
  let times = all(["mat"]).filter { $0.lastPathComponent.hasPrefix("times_") }
  if times.count == 1 { return try MATLabels.open(times[0]) }
  for ending in ["nwb", "npz"] {
    let files = all([ending])
    if files.count == 1 { return try unitTimes(inFile: files[0]) }
  }
  return nil
}

private func unitTimes(inFile url: URL) throws(RecordingError) -> UnitTimes? {
  switch url.pathExtension.lowercased() {
  case let ending where MClustFile.endings.contains(ending): return try MClustFile.read([url])
  case "mat": return try MATLabels.open(url)
  case "mda": return try firings(url)
  case "npz": return try npzLabels(url)
  case "csv", "tsv": return try labelledTable(url)
  case "nwb":
    #if NWB
      return try nwbUnits(url)
    #else
      return nil
    #endif
  case "npy", "json": return nil
  default:
    // A sorting that stands beside detected spikes.
    guard let groups = try openSpikes(at: url), groups.count == 1, let frames = groups[0].frames,
      let labels = groups[0].labels
    else { return nil }
    return UnitTimes(times: .frames(frames), labels: labels)
  }
}
