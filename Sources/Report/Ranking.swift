internal import SpikeSorting

/// The fits of a sweep ranked by the components they kept: a fit that started with more and lost some is the same model
/// as one that started with fewer.
struct Ranking {
  /// The components of the lowest BIC.
  let best: Int
  /// The next best number of components, and how much higher its BIC is; nil where every fit kept the same number.
  let runnerUp: (components: Int, distance: Double)?
  /// What each restart alone would choose; none where the restarts raced and only the best of them went on.
  let votes: [Int]
  /// The restarts for every number of components.
  let restarts: Int

  /// Ranks the fits; nil where there are none.
  init?(_ selection: Sorting.Selection) {
    restarts = selection.bic.first?.count ?? 0
    func lowest(_ seeds: Range<Int>, without excluded: Int? = nil) -> (components: Int, bic: Double)? {
      var found: (components: Int, bic: Double)?
      for (row, left) in zip(selection.bic, selection.componentsLeft) {
        for seed in seeds where left[seed] != excluded {
          guard let value = row[seed], value < found?.bic ?? .infinity else { continue }
          found = (left[seed], value)
        }
      }
      return found
    }
    guard let winner = lowest(0..<restarts) else { return nil }
    best = winner.components
    runnerUp = lowest(0..<restarts, without: winner.components).map { ($0.components, $0.bic - winner.bic) }
    votes = selection.robustK == nil ? [] : (0..<restarts).compactMap { lowest($0..<$0 + 1)?.components }
  }
}
