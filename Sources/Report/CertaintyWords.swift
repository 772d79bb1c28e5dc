internal import Foundation
internal import MixtureModels
internal import SpikeSorting
internal import SpikeTrains

/// The sentences on how sure the number of units is, and on what was done to find out.
extension Words {
  /// "6 units; 5 to 7 neurons by 20 fits": the number found and the range of the number of neurons; nil where there were no
  /// refits.
  static func unitCountClause(_ sorting: Sorting) -> String? {
    guard let refits = sorting.refits else { return nil }
    let range = refits.range
    let span =
      range.count == 1
      ? count(range.lowerBound, "neuron") : "\(range.lowerBound) to \(range.upperBound) neurons"
    let noise = sorting.units.contains { $0.verdict == .noise } ? ", noise left out" : ""
    return "\(count(refits.found, "unit"))\(noise); \(span) by \(refits.fits.count) fits"
  }

  /// How many neurons there are and how sure that is.
  static func unitCount(_ sorting: Sorting) -> String? {
    guard let refits = sorting.refits, let clause = unitCountClause(sorting) else { return nil }
    var text = clause + ", with a chance of nine in ten. The fits are this sorting and "
    text += "\(count(refits.counts.count, "refit")) from other seeds and windows, each on "
    text +=
      "\(number(refits.stretchSeconds, digits: 0)) s of the recording; a unit silent there is missing from it"
    if refits.found > refits.range.upperBound {
      text += ". Most refits find fewer units than this sorting: some of its units may be parts of one neuron"
    } else if refits.found < refits.range.lowerBound {
      text += ". Most refits find more units than this sorting: some of its units may hold several neurons"
    }
    let second = refits.secondNeuronChances.reduce(0, +)
    if second >= 0.1 {
      text +=
        ". Units that are not surely one neuron's may hold \(number(second, digits: 1)) more, by their chances"
    }
    if !sorting.options.thorough { text += ". More of them with --thorough" }
    return text + "."
  }

  /// What every criterion would choose.
  static func criteriaCaption(_ sorting: Sorting) -> String {
    guard let selection = sorting.mixture.selection else { return "" }
    func best(_ costs: [Double]?) -> Int? {
      guard let costs, let least = costs.filter(\.isFinite).min() else { return nil }
      return costs.firstIndex(of: least).map { selection.components[$0] }
    }
    var choices = ["BIC is best for fits started with \(count(selection.bestK, "component"))"]
    if let k = best(selection.bestICL) { choices.append("ICL with \(k)") }
    if let k = selection.heldOutK {
      choices.append(
        "the likelihood of blocks of time kept out within a standard error of its best with \(k)")
    }
    var text = series(choices)
    text += ". K counts the components a fit starts with"
    let starved = zip(selection.components, selection.componentsLeft).contains { k, left in
      left.contains { $0 < k }
    }
    if starved { text += "; those that starve on the way are dropped, so that fewer are left" }
    text += ". BIC charges for parameters, ICL also for spikes that components share"
    if sorting.options.isLab, selection.heldOut == nil { return text + "." }
    text +=
      selection.heldOut == nil
      ? "; the likelihood of blocks of time kept out of the fits is computed with --thorough."
      : "; the likelihood of blocks kept out charges nothing and falls where a component helps only the spikes it saw."
    return text
  }

  /// How to have joined components apart.
  static let undoingMerges =
    "To undo a join: sort again with --no-merge, which leaves every component a unit of its own; or split the unit by hand: "
    + "spike_templates.npy names the component of every spike, and Phy splits a cluster by template."

  /// Which of the long computations ran.
  static func thoroughness(_ sorting: Sorting) -> String {
    var done: [String] = []
    if let refits = sorting.refits { done.append(count(refits.counts.count, "refit")) }
    let selection = sorting.mixture.selection
    if selection?.heldOut != nil { done.append("criteria by blocks of time kept out") }
    if let tally = selection?.splitsAndMerges {
      done.append(
        "\(grouped(tally.tried)) splits and merges beside the restarts (\(tally.kept) kept, \(tally.rounds) of at most "
          + "\(count(tally.mostRounds, "round")))")
    }
    if let grown = selection?.grownFrom, grown.count == 2, let all = selection?.components {
      done.append(
        "the range of components grown from \(grown[0])…\(grown[1]) to \(all[0])…\(all[all.count - 1])")
    }
    if let calibration = sorting.mixture.calibration {
      let nu = calibration.chosenDegreesOfFreedom.map { number($0, digits: 0) } ?? "∞"
      let trials = calibration.degreesOfFreedom.count + calibration.drifts.count
      done.append(
        "ν = \(nu) and a drift of \(calibration.chosenDrift) noise variances a second chosen among \(trials) values by "
          + "blocks of time kept out")
    }
    let ran = done.isEmpty ? "" : "Done: \(series(done)). "
    return ran + (sorting.options.thorough ? "This was a thorough sorting." : moreWithThorough(sorting))
  }

  /// What a thorough sorting of the same would add; nothing to the lab's own procedure.
  private static func moreWithThorough(_ sorting: Sorting) -> String {
    guard !sorting.options.isLab else { return "" }
    var more = ["tries splits and merges beside the restarts"]
    if sorting.mixture.model == .driftingT {
      more.insert("chooses ν and the speed of drift by blocks of time kept out", at: 0)
    } else {
      more.append("computes the likelihood of blocks of time kept out")
    }
    if sorting.refits != nil { more.append("does 19 refits") }
    return "A thorough sorting (--thorough) also \(series(more))."
  }
}
