/// What chooses between fits of different numbers of components.
public enum SelectionCriterion: String, Sendable, CaseIterable, Codable {
  /// The Bayesian information criterion: the likelihood less ½·log N a parameter.
  case bic
  /// The integrated completed likelihood: BIC that also charges for points the components share.
  case icl
  /// The likelihood of blocks of time kept out of the fit.
  case heldOut = "held-out"

  /// The criterion for people.
  public var words: String {
    switch self {
    case .bic: "BIC"
    case .icl: "ICL"
    case .heldOut: "the likelihood of blocks of time kept out"
    }
  }
}

extension MixtureSelection {
  /// The place in `components` of the number a criterion prefers, of several the smallest; by BIC where the likelihood
  /// of points kept out is not known.
  ///
  /// The likelihood of points kept out charges nothing for components that change nothing, so that of it the smallest
  /// number is taken from which the best one is no more than a standard error over folds away.
  public func bestIndex(by criterion: SelectionCriterion) -> Int {
    if criterion == .heldOut, let heldOut, let first = heldOut.first {
      let best = heldOut.dropFirst().reduce(first) { $1.mean > $0.mean ? $1 : $0 }
      return heldOut.firstIndex { score in
        let gain = best.gain(over: score)
        return gain.mean <= gain.standardError
      } ?? 0
    }
    let costs = costs(by: criterion)
    return costs.indices.dropFirst().reduce(0) { costs[$1] < costs[$0] ? $1 : $0 }
  }

  /// The number of components a criterion prefers.
  public func bestComponents(by criterion: SelectionCriterion) -> Int {
    components[bestIndex(by: criterion)]
  }

  /// The fit a criterion prefers.
  public func best(by criterion: SelectionCriterion) -> MixtureFit {
    let row = fits[bestIndex(by: criterion)]
    return criterion == .icl ? row.dropFirst().reduce(row[0]) { $1.icl < $0.icl ? $1 : $0 } : lowestBIC(row)
  }

  /// The lowest ICL over seeds for every number of components.
  public var bestICL: [Double] {
    fits.map { row in row.dropFirst().reduce(row[0].icl) { min($0, $1.icl) } }
  }

  /// What every number of components costs, the smaller the better.
  private func costs(by criterion: SelectionCriterion) -> [Double] {
    switch criterion {
    case .bic, .heldOut: bestBIC
    case .icl: bestICL
    }
  }

  private func lowestBIC(_ row: [MixtureFit]) -> MixtureFit {
    row.dropFirst().reduce(row[0]) { $1.bic < $0.bic ? $1 : $0 }
  }
}
