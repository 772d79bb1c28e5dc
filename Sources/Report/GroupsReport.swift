internal import Figures
internal import Foundation
public import SortingFormats
public import SpikeSorting
internal import SpikeTrains

/// The page that lists the groups of a result, each with its units and a link to its own report.
public struct GroupsReport: Sendable {
  private let result: GroupedResult
  private let units: [[Sorting.Unit]]

  /// A page on some groups and the units of each.
  ///
  /// - Parameter units: as many lists as there are groups, empty where one could not be sorted.
  public init(_ result: GroupedResult, units: [[Sorting.Unit]]) {
    self.result = result
    self.units = units
  }

  /// "8 groups: 31 single units, 12 multi-unit and 9 too small to judge".
  public var headline: String {
    let parts = UnitVerdict.allCases.compactMap { verdict -> String? in
      let n = result.groups.reduce(0) { $0 + ($1.units[verdict] ?? 0) }
      return n > 0 ? verdict.words(count: n) : nil
    }
    return "\(Words.count(result.groups.count, "group")): "
      + (parts.isEmpty ? "no units" : Words.series(parts))
  }

  /// Writes `report.html` into the folder of the groups.
  ///
  /// - Throws: `ResultError.inputOutput`.
  public func write(to folder: ResultFolder) throws(ResultError) {
    var page = Page()
    page.title(headline)
    page.paragraph("Every group was sorted by itself; its name leads to its report.", class: "soft")
    let failures = result.groups.compactMap { group in
      group.failure.map { "\(group.name) could not be sorted: \($0)" }
    }
    page.list(failures, class: "warnings")
    addGroups(to: &page)
    addUnits(to: &page)
    try folder.write(Data(page.html(title: "spikesort: \(headline)").utf8), to: "report.html")
  }

  private func addGroups(to page: inout Page) {
    func number(_ value: Int?) -> Markup { Page.number(value.map(Words.grouped) ?? "–") }
    page.table(
      head: ["Group", "Spikes", "Single units", "Multi-units", "Noise", "Too few to judge"],
      rows: result.groups.map { group in
        let counts = UnitVerdict.allCases.map { verdict in
          number(group.failure == nil ? group.units[verdict] ?? 0 : nil)
        }
        return [link(group), number(group.spikes)] + counts
      }, class: "groups")
  }

  /// The group's name, leading to its own page where there is one.
  private func link(_ group: GroupedResult.Group) -> Markup {
    let path = group.folder.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? group.folder
    let name = group.name.replacingOccurrences(of: " ", with: "\u{00a0}")
    // Without the dot a folder such as `javascript:x` would be an address of its own.
    return group.failure == nil ? "<a href=\"./\(path)/report.html\">\(name)</a>" : "\(name)"
  }

  /// All units in one table; noise is left to the groups' own pages.
  private func addUnits(to page: inout Page) {
    let number = Page.number
    let first = GroupedResult.firstNumbers(units)
    var rows: [[Markup]] = []
    for (i, (group, units)) in zip(result.groups, units).enumerated() {
      for unit in units where unit.verdict != .noise {
        rows.append([
          "\(first[i] + unit.id)", link(group), "\(unit.id)",
          Page.verdict(unit.verdictWords, code: unit.verdict.rawValue),
          number(Words.grouped(unit.spikeCount)), number(Words.number(unit.rate, digits: 2)),
          number(Words.number(unit.amplitude, digits: 0)), number(Words.number(unit.signalToNoise)),
          number(Words.contamination(unit.contamination)),
          "\(unit.reasons.first.map(Words.sentence) ?? "")",
        ])
      }
    }
    guard !rows.isEmpty else { return }
    page.heading("All units", id: "units")
    page.table(
      head: [
        "No.", "Group", "Unit", "Verdict", "Spikes", "Rate (Hz)", "Amplitude", "SNR",
        "Foreign spikes (95\u{00a0}%)", "Why",
      ], rows: rows, class: "units")
    page.paragraph(
      "The first column numbers the units of all groups through, as units.csv, spike_clusters.npy and compare do.",
      class: "soft")
  }
}
