internal import Figures
internal import SpikeSorting

/// The criteria for every number of components side by side, as distances from the best.
struct CriteriaTable {
  private let selection: Sorting.Selection

  /// The criteria of a sweep.
  init(_ selection: Sorting.Selection) { self.selection = selection }

  /// Adds the table, folded up.
  func add(to page: inout Page) {
    guard selection.components.count > 1 else { return }
    let costs: [(name: String, values: [Double], digits: Int)] = [
      ("BIC above the best", selection.bestBIC, 1), ("ICL above the best", selection.bestICL ?? [], 1),
      ("Held out, nats a spike below the best", (selection.heldOut ?? []).map { -$0 }, 4),
    ].filter { !$0.values.isEmpty }
    let columns = costs.map { distances($0.values, digits: $0.digits) }
    let rows = selection.components.indices.map { row -> [Markup] in
      let agreement = row < selection.agreement.count ? selection.agreement[row] : nil
      let stuck = row < selection.stuckShare.count ? selection.stuckShare[row] : nil
      return ["\(selection.components[row])"] + columns.map { $0[row] }
        + [Page.number(Words.number(agreement, digits: 2)), Page.number(Words.percent(stuck, digits: 0))]
    }
    page.folded("The criteria side by side") { page in
      page.table(
        head: ["K"] + costs.map(\.name) + [
          "Agreement of the better fits (ARI)", "Restarts stuck in a worse optimum",
        ],
        rows: rows, class: "criteria")
    }
  }

  private func distances(_ costs: [Double], digits: Int) -> [Markup] {
    let best = costs.filter(\.isFinite).min() ?? 0
    return costs.map { cost in
      cost == best
        ? "<div class=\"number\"><b>best</b></div>" : Page.number(Words.number(cost - best, digits: digits))
    }
  }
}
