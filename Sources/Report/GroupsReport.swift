internal import Foundation
public import SortingFormats

/// The page that lists the groups of a result, each with its units and a link to its own report.
public struct GroupsReport: Sendable {
  private let result: GroupedResult

  /// A page on some groups.
  public init(_ result: GroupedResult) { self.result = result }

  /// "8 groups: 31 single units, 12 multi-unit and 9 too small to judge".
  public var headline: String {
    let kinds = [
      ("single", "single unit"), ("multi", "multi-unit"), ("noise", "noise cluster"),
      ("tooFew", "too small to judge"),
    ]
    let parts = kinds.compactMap { code, words -> String? in
      let n = result.groups.reduce(0) { $0 + ($1.units[code] ?? 0) }
      guard n > 0 else { return nil }
      return code == "tooFew" || code == "multi" ? "\(n) \(words)" : Words.count(n, words)
    }
    return "\(Words.count(result.groups.count, "group")): "
      + (parts.isEmpty ? "no units" : Words.series(parts))
  }

  /// Writes `report.html` into the folder of the groups.
  ///
  /// - Throws: `ResultError.inputOutput`.
  public func write(to folder: ResultFolder) throws(ResultError) {
    var page = Page()
    page.raw("<h1>\(Page.escape(headline))</h1>")
    page.paragraph("Every group was sorted by itself; its name leads to its report.", class: "soft")
    let failures = result.groups.compactMap { group in group.failure.map { "\(group.name): \($0)" } }
    page.list(failures, class: "warnings")
    func number(_ value: Int?) -> String {
      "<div class=\"number\">\(value.map(Words.grouped) ?? "–")</div>"
    }
    page.table(
      head: ["Group", "Spikes", "Single units", "Multi-units", "Noise", "Too few to judge"],
      rows: result.groups.map { group in
        let path = group.folder.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? group.folder
        let name =
          group.failure == nil
          ? "<a href=\"\(path)/report.html\">\(Page.escape(group.name))</a>" : Page.escape(group.name)
        let counts = ["single", "multi", "noise", "tooFew"].map { code in
          number(group.failure == nil ? group.units[code] ?? 0 : nil)
        }
        return [name, number(group.spikes)] + counts
      }, class: "groups")
    try folder.write(Data(page.html(title: "spikesort: \(headline)").utf8), to: "report.html")
  }
}
