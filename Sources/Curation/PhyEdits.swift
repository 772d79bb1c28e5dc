internal import Foundation
internal import InputFiles
internal import NumPyInterop
internal import SortingFormats
internal import SpikeSorting
internal import SpikeTrains

/// What Phy's files say that is not what curation shows: units merged or split there, labels given there.
public struct PhyEdits: Sendable, Equatable {
  /// Units that would go.
  public let units: [Int]
  /// The spikes of those that would come.
  let parts: [[Int32]]
  /// Labels of units that stay.
  let labels: [Int: UnitLabel]
  /// Labels of units that would come, by their place.
  let partLabels: [Int: UnitLabel]
  /// A checksum of the files.
  let files: String

  /// How many labels would change.
  public var labelCount: Int { labels.count + partLabels.count }
  /// How many units would come.
  public var unitCount: Int { parts.count }

  /// What it is about, in one sentence.
  public var summary: String {
    "Phy's files were edited since the sorting: \(unitCount) new units, \(labelCount) new labels"
  }

  /// Reads Phy's files; nil where they are as the sorter wrote them, or say what is shown already.
  ///
  /// - Throws: `ResultError.damaged` where they do not fit the spikes.
  init?(_ base: CurationBase, state: CurationState) throws {
    let folder = base.folder
    guard !folder.editedPhyFiles.isEmpty, base.sorting.spikes.frames != nil else { return nil }
    let clusters = folder.file("spike_clusters.npy")
    let groups = folder.file("cluster_group.tsv")
    let labelsOfSpikes = try NPYArray(contentsOf: clusters).integers()
    guard labelsOfSpikes.count == base.sorting.spikes.count else {
      throw ResultError.damaged(
        path: clusters.path, found: "\(labelsOfSpikes.count) labels",
        expected: "one for each of the \(base.sorting.spikes.count) spikes")
    }
    let text = String(decoding: (try? inputFileContents(groups)) ?? Data(), as: UTF8.self)
    files = contentChecksum(try inputFileContents(clusters)) + "-" + contentChecksum(text.utf8)
    var members: [Int: [Int32]] = [:]
    for (n, label) in labelsOfSpikes.enumerated() { members[label, default: []].append(Int32(n)) }
    let current = state.unitOfSpike(count: labelsOfSpikes.count)
    let said = Self.groups(text)
    let asSorted = Dictionary(
      uniqueKeysWithValues: base.sorting.units.map { ($0.id, $0.verdict.label) })
    var gone: Set<Int> = []
    var parts: [[Int32]] = []
    var labels: [Int: UnitLabel] = [:]
    var partLabels: [Int: UnitLabel] = [:]
    for (cluster, spikes) in members.sorted(by: { $0.key < $1.key }) {
      // What the sorter itself wrote is no person's word.
      let isSaid = state.units[cluster]?.origin != .sorter || said[cluster] != asSorted[cluster]
      let label = isSaid ? said[cluster] : nil
      if let unit = state.units[Int(current[Int(spikes[0])])], unit.spikes == spikes {
        if let label, label != unit.label { labels[unit.id] = label }
        continue
      }
      for spike in spikes { gone.insert(Int(current[Int(spike)])) }
      if let label { partLabels[parts.count] = label }
      parts.append(spikes)
    }
    guard !parts.isEmpty || !labels.isEmpty else { return nil }
    units = gone.sorted()
    (self.parts, self.labels, self.partLabels) = (parts, labels, partLabels)
  }

  /// The action that takes them over.
  func action(nextID: Int) -> CurationAction {
    var all = labels
    for (place, label) in partLabels { all[nextID + place] = label }
    return .importPhy(
      units: units, parts: parts, into: parts.indices.map { nextID + $0 }, labels: all, files: files)
  }

  /// `cluster_group.tsv`: the group of every cluster it names.
  private static func groups(_ text: String) -> [Int: UnitLabel] {
    var groups: [Int: UnitLabel] = [:]
    for line in text.split(whereSeparator: \.isNewline).dropFirst() {
      let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
      if fields.count > 1, let id = Int(fields[0]), let label = UnitLabel(rawValue: String(fields[1])) {
        groups[id] = label
      }
    }
    return groups
  }
}
