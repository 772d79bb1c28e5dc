internal import Foundation
internal import MixtureModels
internal import SpikeSorting
internal import SpikeTrains

/// The sentences of the report.
enum Words {
  /// A number with at most the given digits after the point, thin groups of thousands.
  static func number(_ value: Double?, digits: Int = 1) -> String {
    guard let value, value.isFinite else { return "–" }
    guard abs(value) < 1e12 else { return "\(value)" }
    let scale = pow(10, Double(digits))
    let rounded = (abs(value) * scale).rounded() / scale
    let whole = Int(rounded.rounded(.down))
    var text = grouped(whole)
    if digits > 0 {
      let fraction = Int(((rounded - Double(whole)) * scale).rounded())
      let digitsText = String(fraction)
      text += "." + String(repeating: "0", count: digits - digitsText.count) + digitsText
    }
    return (value < 0 && rounded > 0 ? "−" : "") + text
  }

  /// A number with three significant digits, whole where it is large.
  static func significant(_ value: Double?) -> String {
    guard let value, value.isFinite else { return "–" }
    guard value != 0 else { return "0" }
    if value == value.rounded(), abs(value) < 1e9 { return grouped(Int(value)) }
    let exponent = Int(log10(abs(value)).rounded(.down))
    return abs(value) < 1e-4 ? "<\u{00a0}0.0001" : number(value, digits: min(max(0, 2 - exponent), 5))
  }

  /// A whole number with commas between thousands.
  static func grouped(_ value: Int) -> String {
    var digits = Array(String(value.magnitude))
    var index = digits.count - 3
    while index > 0 {
      digits.insert(",", at: index)
      index -= 3
    }
    return (value < 0 ? "−" : "") + String(digits)
  }

  /// A share in percent.
  static func percent(_ value: Double?, digits: Int = 1) -> String {
    value.map { number($0 * 100, digits: digits) + "\u{00a0}%" } ?? "–"
  }

  /// "1 unit", "2 units".
  static func count(_ n: Int, _ noun: String) -> String { "\(grouped(n)) \(noun)\(n == 1 ? "" : "s")" }

  /// "a", "a and b", "a, b and c".
  static func series(_ parts: [String]) -> String {
    guard let last = parts.last, parts.count > 1 else { return parts.first ?? "" }
    return parts.dropLast().joined(separator: ", ") + " and " + last
  }

  /// A duration in seconds or minutes.
  static func duration(_ seconds: Double) -> String {
    seconds < 120 ? "\(number(seconds)) s" : "\(number(seconds / 60)) min"
  }

  /// The first line of the report.
  static func headline(_ sorting: Sorting) -> String {
    guard sorting.spikes.count > 0 else { return "No spikes were found" }
    guard sorting.spikes.frames != nil else {
      return "\(count(sorting.mixture.components, "component")) in \(grouped(sorting.spikes.count)) spikes"
    }
    if sorting.units.count == 1, let only = sorting.units.first {
      return "1 unit: \(only.verdict.words)"
    }
    let parts = UnitVerdict.allCases.compactMap { verdict -> String? in
      let n = sorting.units.count { $0.verdict == verdict }
      return n > 0 ? verdict.words(count: n) : nil
    }
    return "\(count(sorting.units.count, "unit")): \(series(parts))"
  }

  /// A clause as a sentence of its own.
  static func sentence(_ clause: String) -> String {
    clause.prefix(1).uppercased() + clause.dropFirst() + (clause.hasSuffix(".") ? "" : ".")
  }

  /// What was sorted.
  static func subject(_ sorting: Sorting) -> String {
    var text = "\(grouped(sorting.spikes.count)) spikes"
    if let seconds = sorting.source.seconds { text += " in \(duration(seconds))" }
    let channels = sorting.source.channelPositions.count
    if channels > 0 { text += " on \(count(channels, "channel"))" }
    return text + ", from \(series(sorting.source.files))."
  }

  /// How the number of components was chosen, and how sure that is.
  static func choice(_ sorting: Sorting) -> String? {
    guard let selection = sorting.mixture.selection, let low = selection.components.first,
      let high = selection.components.last, let choice = SweepChoice(sorting)
    else { return nil }
    var text =
      "Of mixtures started with \(low) to \(high) components, \(count(choice.restarts, "restart")) each, "
    if let window = selection.windowSeconds, window.count == 2 {
      text += "on the \(grouped(selection.spikeCount)) spikes from \(number(window[0], digits: 0)) to "
      text += "\(number(window[1], digits: 0)) s, "
    }
    text += "\(choice.criterion.words) chooses one started with "
    text += SweepChoice.words(start: choice.best, left: choice.left)
    if choice.criterion != .bic { text += "; BIC would choose \(choice.bestByBIC)" }
    if let runnerUp = choice.runnerUp {
      let worse = number(runnerUp.distance, digits: 0)
      text += "; the runner-up by BIC, \(SweepChoice.words(start: runnerUp.start, left: runnerUp.left)), is "
      text += worse == "0" ? "as good" : "worse by \(worse)"
    }
    text += ". " + agreement(of: choice)
    if let index = selection.components.firstIndex(of: selection.bestK), index < selection.agreement.count,
      let agreement = selection.agreement[index]
    {
      text += "; the better fits label the spikes alike to an adjusted Rand index of "
      text += number(agreement, digits: 2)
    }
    return text + "."
  }

  /// Whether the restarts, each by itself, choose the same number.
  private static func agreement(of choice: SweepChoice) -> String {
    guard !choice.votes.isEmpty else {
      return
        "The restarts raced on a sample of the spikes, and the best of each number went on with all of them"
    }
    guard choice.restarts > 1 else { return "One restart a number says nothing of how sure that is" }
    let own = series(choice.votes.map { "\($0)" })
    guard let robust = choice.robust else { return "Restart by restart BIC chooses \(own): they disagree" }
    return "Restart by restart BIC chooses \(own), most often \(robust)"
  }

  /// A contamination with its interval.
  static func contamination(_ interval: Sorting.Interval?) -> String {
    guard let interval else { return "–" }
    let high = interval.high.map { percent(min($0, 1)) } ?? "?"
    return "\(percent(interval.estimate)) (\(number(interval.low * 100))–\(high))"
  }

  /// What the components of the final mixture have to do with those of the sweep; empty where there was none.
  private static func origin(of sorting: Sorting) -> String {
    guard let choice = SweepChoice(sorting), let left = choice.left else { return "" }
    let count = sorting.mixture.components
    guard sorting.mixture.model == .driftingT else {
      return left == choice.best ? "" : " left of the \(choice.best) it started with"
    }
    return count == left
      ? "" : " in the end (\(left) in the window; other windows, parting and matching add and remove some)"
  }

  /// How the sorting was made.
  static func method(_ sorting: Sorting) -> String {
    let options = sorting.options
    var text = ""
    if sorting.traceExample != nil {
      let band =
        options.band.map { "\(number($0[0], digits: 0))–\(number($0[1], digits: 0)) Hz" } ?? "the pass band"
      text +=
        "Zero-phase Butterworth band-pass \(band); spikes where a channel passes \(number(options.threshold)) "
        + "standard deviations of its noise. "
    }
    text +=
      "Mixture of \(count(sorting.mixture.components, "component"))\(origin(of: sorting)): "
      + "\(sorting.mixture.model?.words ?? "components found by other means"), "
      + "\(options.covariance.rawValue) covariance, "
      + "\(count(sorting.mixture.dimensions, "feature")) a spike."
    if let neighbourhoods = sorting.mixture.neighbourhoods {
      let sizes = neighbourhoods.map(\.channels.count)
      text +=
        " The probe was sorted in \(count(neighbourhoods.count, "neighbourhood")) of \(sizes.min() ?? 0) to "
        + "\(sizes.max() ?? 0) channels with a mixture each; a unit stands where its largest channel is."
    }
    let explained = sorting.spikes.explainedVariance.map { $0.reduce(0, +) }
    if let least = explained.min(), let most = explained.max() {
      text += " The \(sorting.spikes.featuresPerChannel) principal components drawn of each channel hold "
      text += "\(percent(least, digits: 0)) to \(percent(most, digits: 0)) of its spikes' variance."
    }
    if let nu = sorting.mixture.degreesOfFreedom { text += " Degrees of freedom \(number(nu))." }
    return text + noise(sorting)
  }

  /// What amplitudes are held against, and where that was taken from.
  private static func noise(_ sorting: Sorting) -> String {
    guard let noise = sorting.noise, let least = noise.deviations.min(), let most = noise.deviations.max()
    else { return "" }
    let origin =
      switch noise.origin {
      case .trace: "the filtered trace"
      case .snippets:
        "the snippets, as there is no trace: what is left where spikes like each other are taken away"
      }
    let unit = sorting.source.amplitudeUnit
    return
      " The noise that amplitudes are held against has a standard deviation of \(number(least)) to \(number(most)) "
      + "\(unit) over the channels, taken from \(origin)."
  }
}
