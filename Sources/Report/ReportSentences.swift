public import SpikeSorting
internal import SpikeTrains

/// The report's first sentences, for a terminal.
public struct ReportSentences: Sendable {
  private let sorting: Sorting

  /// Sentences on a sorting.
  public init(_ sorting: Sorting) { self.sorting = sorting }

  /// "6 units: 5 single units and 1 multi-unit".
  public var headline: String { Words.headline(sorting) }

  /// "6 units; 5 to 7 neurons by 20 fits"; nil where there were no refits.
  public var unitCount: String? { Words.unitCountClause(sorting) }

  /// A line a unit: verdict, spikes, rate, and the first reason.
  public var unitLines: [String] {
    sorting.units.map { unit in
      let rate = unit.rate.map { ", \(Words.number($0)) Hz" } ?? ""
      let reason = unit.reasons.first.map { ": \($0)" } ?? ""
      return
        "unit \(unit.id): \(unit.verdictWords), \(Words.count(unit.spikeCount, "spike"))\(rate)\(reason)"
    }
  }

  /// "Sorted in 1.2 s, 250 times real time".
  public func duration(_ seconds: Double) -> String {
    let speed =
      sorting.source.seconds.map { ", \(Words.number($0 / seconds, digits: 0)) times real time" } ?? ""
    return "Sorted in \(Words.number(seconds)) s\(speed)"
  }
}
