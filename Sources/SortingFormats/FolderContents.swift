public import Foundation
internal import InputFiles
internal import NumPyInterop

/// What a folder holds: whether all of it is the program's own work, as it wrote it, so that it may be removed.
struct FolderContents {
  let folder: URL
  /// Everything below, by its path from there, in order; nil where it cannot be read.
  private let paths: [String]?

  init(_ folder: URL) {
    self.folder = folder
    paths = (try? FileManager.default.subpathsOfDirectory(atPath: folder.path))?.sorted()
  }

  /// Why it must be kept, as the end of a sentence; nil where all is the program's own and nobody worked on it.
  var reasonToKeep: String? {
    guard let paths else { return "cannot be read" }
    if let work = workDone(paths) { return work }
    return foreign(paths).map { "holds \($0), which spikesort did not write" }
  }

  /// The same of what a killed run left: where no file says that it is whole it holds what that run wrote, and only decisions
  /// count.
  var reasonToRecover: String? {
    if resultMarkers.contains(where: { PlaceStatus(folder.appendingPathComponent($0)) != nil }) {
      return reasonToKeep
    }
    guard let paths else { return "cannot be read" }
    return workDone(paths)
  }

  /// Decisions of people, at any depth.
  private func workDone(_ paths: [String]) -> String? {
    for path in paths {
      let url = folder.appendingPathComponent(path)
      let name = url.lastPathComponent
      if name.hasPrefix("curation."), name.hasSuffix(".jsonl") { return "holds decisions (\(path))" }
      guard name == ResultFolder.recordName else { continue }
      if let edited = ResultFolder(url.deletingLastPathComponent()).editedPhyFiles.first {
        return "was edited (\(edited))"
      }
    }
    return nil
  }

  /// The first path that is not as the program wrote it.
  private func foreign(_ paths: [String]) -> String? {
    let written = WrittenFiles(folder)
    return paths.first { path in
      switch PlaceStatus(folder.appendingPathComponent(path))?.kind {
      case .folder: false
      case .file: !written.isOwn(path)
      default: true
      }
    }
  }

  /// Removes what was there when it was looked at; what came since stays, and the folder with it.
  ///
  /// - Returns: whether the folder is gone.
  func remove() -> Bool {
    guard let paths else { return false }
    let urls = paths.map(folder.appendingPathComponent)
    let folders = [folder] + urls.filter { PlaceStatus($0)?.kind == .folder }
    guard folders.allSatisfy({ access($0.path, W_OK | X_OK) == 0 }) else { return false }
    for url in urls where PlaceStatus(url)?.kind != .folder { unlink(url.path) }
    for url in folders.reversed() { rmdir(url.path) }
    return PlaceStatus(folder) == nil
  }
}

/// The files that the program writes, told by their names.
private struct WrittenFiles {
  let folder: URL
  /// Folders inside that are results of their own, with a slash behind.
  private let groups: [String]
  private let exported: ExportRecord?
  /// The files of simulated recordings.
  private let simulated: Set<String>

  init(_ folder: URL) {
    self.folder = folder
    groups = (try? GroupedResult(at: folder))?.groups.map { $0.folder + "/" } ?? []
    exported = ExportRecord(at: folder)
    simulated = Set(["", "recording/"].flatMap { Self.simulation(in: folder, $0) })
  }

  func isOwn(_ path: String) -> Bool {
    if simulated.contains(path) { return true }
    if let exported {
      if path == ExportRecord.fileName { return true }
      guard let checksum = exported.checksums?[path],
        let data = try? inputFileContents(folder.appendingPathComponent(path))
      else { return false }
      return contentChecksum(data) == checksum
    }
    let group = groups.first { path.hasPrefix($0) } ?? ""
    let name = path.dropFirst(group.count)
    if name.hasPrefix("figures/") { return name.hasSuffix(".svg") && name.count { $0 == "/" } == 1 }
    return ResultFolder.writtenNames.contains(String(name))
  }

  private static func simulation(in folder: URL, _ place: String) -> [String] {
    struct Meta: Decodable {
      var generator: String
      var file: String
    }
    guard let data = try? inputFileContents(folder.appendingPathComponent(place + "meta.json")),
      let meta = try? JSONDecoder().decode(Meta.self, from: data), meta.generator == "spikesort simulate"
    else { return [] }
    let names = [
      "meta.json", "probe.json", "gt_times.npy", "gt_labels.npy", "gt_templates_uV.npy", meta.file,
    ]
    return names.map { place + $0 }
  }
}

extension ResultFolder {
  /// The files of a result of any kind, figures aside.
  static let writtenNames: Set<String> = [
    recordName, runName, ComparisonSummary.fileName, "report.html", "units.csv", "params.py",
    "spike_times.npy", "spike_clusters.npy", "spike_templates.npy", "amplitudes.npy", "templates.npy",
    "channel_map.npy", "channel_positions.npy", "whitening_mat.npy", "whitening_mat_inv.npy",
    "similar_templates.npy", "pc_features.npy", "pc_feature_ind.npy", "cluster_group.tsv", "cluster_info.tsv",
    "component_drift.npy", "trace_example.npy", "unit_waveforms.mean.npy", "unit_waveforms.sd.npy",
    "unit_waveforms.examples.npy", "unit_waveforms.spikes.npy", "unit_waveforms.channels.npy",
    "_phy_spikes_subset.spikes.npy",
    "_phy_spikes_subset.waveforms.npy", "_phy_spikes_subset.channels.npy",
  ]
}

/// What an export's folder holds (`export.json`), which shows an existing folder to be an earlier export.
public struct ExportRecord: Codable, Sendable {
  /// The file's name.
  public static let fileName = "export.json"

  /// The format's name.
  public var format: String
  /// The version that wrote it.
  public var version: String
  /// The names at the top of the folder.
  public var files: [String]
  /// Checksums of all files by their paths, which show what was edited since; nil where version 0.1 wrote it.
  public var checksums: [String: String]?

  /// A record of what stands in a folder.
  ///
  /// - Throws: `ResultError.inputOutput`.
  public init(format: String, folder: URL) throws(ResultError) {
    self.format = format
    version = ResultFolder.version
    do {
      let manager = FileManager.default
      files = try manager.contentsOfDirectory(atPath: folder.path).sorted()
      var found: [String: String] = [:]
      for path in try manager.subpathsOfDirectory(atPath: folder.path) {
        let url = folder.appendingPathComponent(path)
        if PlaceStatus(url)?.kind == .file { found[path] = contentChecksum(try inputFileContents(url)) }
      }
      checksums = found
    } catch {
      throw .inputOutput(path: folder.path, reason: systemReason(of: error))
    }
  }

  init?(at folder: URL) {
    guard let data = try? inputFileContents(folder.appendingPathComponent(Self.fileName)),
      let record = try? JSONDecoder().decode(ExportRecord.self, from: data)
    else { return nil }
    self = record
  }
}
