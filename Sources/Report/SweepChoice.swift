internal import MixtureModels
internal import SpikeSorting

/// What a sweep over numbers of components chose. K is always the number of components that fits started with; how many
/// were left of a fit is said beside it.
struct SweepChoice {
  /// What chose.
  let criterion: SelectionCriterion
  /// The K chosen.
  let best: Int
  /// Components left of the fit chosen; nil where that is not known.
  let left: Int?
  /// The K of the lowest BIC.
  let bestByBIC: Int
  /// The K of the next best BIC, the components left of its best fit, and how much higher its BIC is.
  let runnerUp: (start: Int, left: Int?, distance: Double)?
  /// The K that each restart alone would choose by BIC; none where the restarts raced.
  let votes: [Int]
  /// The K that more restarts choose than any other, and at least two do; nil where they disagree.
  let robust: Int?
  /// Restarts for every K.
  let restarts: Int

  /// The choice of a sorting's sweep; nil where there was none.
  init?(_ sorting: Sorting) {
    guard let selection = sorting.mixture.selection, !selection.components.isEmpty else { return nil }
    let isDrifting = sorting.mixture.model == .driftingT
    criterion = sorting.options.criterion
    bestByBIC = selection.bestK
    restarts = selection.bic.map(\.count).max() ?? 0
    (votes, robust) = (selection.votes, selection.agreedK)
    runnerUp = selection.runnerUpK.flatMap { k in
      selection.runnerUpDistance.map { (k, Self.left(of: k, in: selection), $0) }
    }
    switch criterion {
    case .bic: best = selection.bestK
    case .heldOut: best = selection.heldOutK ?? selection.bestK
    case .icl: best = Self.lowest(selection.bestICL ?? [], in: selection) ?? selection.bestK
    }
    // A mixture at rest is what was left of the fit chosen; which restart ICL chose the sweep does not say.
    left = isDrifting ? Self.left(of: best, in: selection) : sorting.mixture.components
  }

  /// "9", or "9 (8 left)" where components starved.
  static func words(start: Int, left: Int?) -> String {
    left.map { $0 == start ? "\(start)" : "\(start) (\($0) left)" } ?? "\(start)"
  }

  /// The K of the lowest of some costs, one a row of the sweep.
  private static func lowest(_ costs: [Double], in selection: Sorting.Selection) -> Int? {
    zip(selection.components, costs).filter { $0.1.isFinite }.min { $0.1 < $1.1 }?.0
  }

  /// Components left of the fit of lowest BIC that started with K.
  private static func left(of k: Int, in selection: Sorting.Selection) -> Int? {
    guard let row = selection.components.firstIndex(of: k), row < selection.bic.count,
      row < selection.componentsLeft.count
    else { return nil }
    let fits = zip(selection.bic[row], selection.componentsLeft[row])
    return fits.compactMap { bic, left in bic.map { (bic: $0, left: left) } }.min { $0.bic < $1.bic }?.left
  }
}
