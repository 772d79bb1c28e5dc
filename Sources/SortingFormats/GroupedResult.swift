public import Foundation
internal import InputFiles
internal import NumPyInterop
public import SpikeSorting
public import SpikeTrains

/// A folder whose groups of channels (tetrodes, shanks) were sorted each by itself: a result folder a group, and a
/// `sorting.json` that lists them.
public struct GroupedResult: Codable, Sendable {
  /// One group.
  public struct Group: Codable, Sendable {
    /// What it is called.
    public var name: String
    /// Its folder inside.
    public var folder: String
    /// Spikes found; nil where the group could not be sorted.
    public var spikes: Int?
    /// Units found, by verdict.
    public var units: [UnitVerdict: Int]
    /// Why it could not be sorted.
    public var failure: String?
    /// The exit code that calls for.
    public var code: Int32?

    /// Describes a group.
    public init(
      name: String, folder: String, spikes: Int?, units: [UnitVerdict: Int], failure: String? = nil,
      code: Int32? = nil
    ) {
      self.name = name
      self.folder = folder
      self.spikes = spikes
      self.units = units
      self.failure = failure
      self.code = code
    }
  }

  /// The layout's number.
  public var format = 1
  /// The version that wrote it.
  public var version = ResultFolder.version
  /// The groups, in order.
  public var groups: [Group]

  /// A result of some groups.
  public init(groups: [Group]) { self.groups = groups }

  /// The groups that a folder lists; nil where it holds a single sorting or none.
  ///
  /// - Throws: `ResultError.damaged` where a group's folder is not one inside.
  public init?(at url: URL) throws(ResultError) {
    guard let data = try? inputFileContents(url.appendingPathComponent(ResultFolder.recordName)),
      let result = try? JSONDecoder().decode(GroupedResult.self, from: data),
      result.groups.allSatisfy({ group in
        ([group.spikes ?? 0] + group.units.values).allSatisfy { (0..<Int(Int32.max)).contains($0) }
      })
    else { return nil }
    for group in result.groups { _ = try ResultFolder(url).inside(group.folder) }
    self = result
  }

  /// Folders for groups of some names, no two alike.
  public static func folderNames(_ names: [String]) -> [String] {
    names.indices.reduce(into: []) { folders, i in
      let folder = folderName(names[i])
      folders.append(folders.contains(folder) ? "\(folder)-\(i)" : folder)
    }
  }

  /// The first number of every group's units where the units of all groups are numbered through.
  public static func firstNumbers(_ units: [[Sorting.Unit]]) -> [Int] {
    units.reduce(into: [0]) { $0.append(($0.last ?? 0) + ($1.map(\.id).max() ?? -1) + 1) }
  }

  /// A row a unit, all groups one after the other, the units numbered through in the first column.
  public static func unitsTable(_ groups: [Group], units: [[Sorting.Unit]]) -> String {
    let table = UnitColumns(units.flatMap(\.self))
    var lines = ["number,group,\(table.head)"]
    for ((group, units), first) in zip(zip(groups, units), firstNumbers(units)) {
      lines += units.map { "\(first + $0.id),\(csvField(group.name)),\(table.row($0))" }
    }
    return lines.map { $0 + "\n" }.joined()
  }

  /// A name as a folder's: letters, digits, dots and dashes, everything else a dash.
  public static func folderName(_ name: String) -> String {
    let kept = name.map { $0.isLetter || $0.isNumber || "._-".contains($0) ? $0 : "-" }
    let text = String(kept).trimmingCharacters(in: ["-", "."])
    return text.isEmpty ? "group" : text
  }
}

extension ResultFolder {
  /// Writes what lists several groups: `sorting.json`, a table of all units, and the spikes of all groups in Phy's files
  /// of times and labels, units numbered through.
  ///
  /// - Parameters:
  ///   - units: of every group, none where it could not be sorted.
  ///   - spikes: of every group, labelled by its own units.
  /// - Throws: `ResultError.inputOutput`.
  public func write(
    _ result: GroupedResult, units: [[Sorting.Unit]], spikes: [LabelledTimes]
  ) throws(ResultError) {
    try writeJSON(result, to: Self.recordName)
    try write(Data(GroupedResult.unitsTable(result.groups, units: units).utf8), to: "units.csv")
    let all = LabelledTimes(joining: spikes, units: units)
    try write(NPY.data(all.frames.map(Int64.init), shape: [all.frames.count]), to: "spike_times.npy")
    try write(NPY.data(all.labels.map(Int32.init), shape: [all.labels.count]), to: "spike_clusters.npy")
    let numbered = zip(units, GroupedResult.firstNumbers(units)).flatMap { units, first in
      units.map { unit in
        var unit = unit
        unit.id += first
        return unit
      }
    }
    try write(Data(clusterGroups(numbered).utf8), to: "cluster_group.tsv")
  }
}

extension LabelledTimes {
  /// The spikes of several groups, their units numbered through.
  public init(joining groups: [LabelledTimes], units: [[Sorting.Unit]]) {
    let first = GroupedResult.firstNumbers(units)
    self.init(
      frames: groups.flatMap(\.frames),
      labels: zip(groups, first).flatMap { group, first in group.labels.map { $0 + first } })
  }
}
