internal import Figures
internal import Foundation
public import SortingFormats
public import SpikeSorting
internal import SpikeTrains

/// The page people read: units with verdicts and reasons first, the evidence below.
public struct Report: Sendable {
  private let sorting: Sorting
  private let comparison: ComparisonSummary?

  /// A report on a sorting, and on how well it found the true units where they are known.
  public init(_ sorting: Sorting, comparison: ComparisonSummary? = nil) {
    self.sorting = sorting
    self.comparison = comparison
  }

  /// Writes `report.html` and `figures/*.svg` into a result folder.
  ///
  /// The bytes depend on the sorting alone.
  /// - Throws: `ResultError.inputOutput`.
  public func write(to folder: ResultFolder) throws(ResultError) {
    let drawn = figures()
    try folder.makeFolder("figures")
    for figure in drawn {
      try folder.write(Data(figure.drawing.text.utf8), to: "figures/\(figure.name).svg")
    }
    try folder.write(Data(page(drawn).utf8), to: "report.html")
  }

  /// A figure with its file name and what is to be seen in it.
  private struct Drawn {
    var name: String
    var heading: String
    var drawing: Markup
    var caption: String
  }

  private func figures() -> [Drawn] {
    let source = SortingFigures(sorting: sorting)
    var drawn: [Drawn] = []
    func add(_ name: String, _ heading: String, _ figure: Figure?, _ caption: String) {
      guard let figure else { return }
      drawn.append(
        Drawn(name: name, heading: heading, drawing: figure.markup(idPrefix: name), caption: caption))
    }
    if let comparison {
      add(
        "accuracy", "Against the truth", source.accuracy(comparison),
        "Accuracy is TP / (TP + FN + FP) within ±0.4 ms, as SpikeInterface counts it; a true unit nobody found counts as 0."
      )
    }
    add(
      "waveforms", "Waveforms", source.waveforms,
      "Mean and one standard deviation of every unit's filtered spikes on each channel, over some of the spikes themselves. "
        + "A wide band on the large channel means drift, bursts or more than one neuron.")
    add(
      "spikes", "Single spikes", source.spikeSample,
      "A sample of the spikes themselves, coloured by unit: units that cannot be told apart here are told apart by nothing."
    )
    add(
      "correlograms", "Correlograms", source.correlograms,
      "On the diagonal a single neuron leaves the refractory window empty. Off the diagonal, an empty window as deep as "
        + "on the diagonal means that the two are halves of one neuron (framed); independent neurons run flat through it."
    )
    add(
      "intervals", "Intervals", source.intervals,
      "Times between successive spikes of a unit: a bump at 3–8 ms is a burst, anything inside the refractory window a foreign spike."
    )
    add(
      "features", "Features", source.featurePairs,
      "First principal component of every pair of channels, coloured as above.")
    add(
      "amplitudes", "Amplitudes over time", source.amplitudes,
      "A slow slope is drift; a step is a moved electrode; a cut at the bottom means spikes lost under the threshold."
    )
    add(
      "drift", "Drift of the amplitudes", source.drift,
      "The mean amplitude of each unit on every channel as the mixture follows it. Where a line leaves its earlier band "
        + "the electrode or the unit moved; a band that widens says that the unit fired little there. A unit joined from "
        + "several components has a line for each.")
    add(
      "bic", "The number of components", source.modelSelection,
      "Bayesian information criterion of every fit over K, the components it starts with: lower is better. Dots are single fits; "
        + "the line joins the best of each number."
    )
    add(
      "bic-shapes", "Other shapes of covariance", source.otherShapes,
      "The same criterion with one covariance for all components (tied) and with axis-parallel ones (diag).")
    add(
      "gain", "What each component adds", source.likelihoodGain,
      "Log-likelihood gained per added parameter: above the line BIC takes the larger model.")
    add(
      "weights", "Component weights", source.weights,
      "The share of the spikes of each component of the final mixture, with the 1 % line.")
    add(
      "traces", "Raw and filtered", source.traces,
      "A stretch of the recording before and after the band-pass, with the threshold and the spikes detected on any channel."
    )
    return drawn
  }

  private func page(_ drawn: [Drawn]) -> String {
    var page = Page()
    page.title(Words.headline(sorting))
    page.paragraph(Words.subject(sorting), class: "soft")
    page.list(sorting.warnings, class: "warnings")
    if !sorting.units.isEmpty { addUnits(to: &page) }
    if let count = Words.unitCount(sorting) { page.paragraph(count) }
    if let choice = Words.choice(sorting) { page.paragraph(choice) }
    addMetrics(to: &page)
    if let comparison { addComparison(comparison, to: &page) }
    addPairs(to: &page)
    for figure in drawn {
      page.heading(figure.heading, id: figure.name)
      page.figure(figure.drawing, caption: figure.caption)
      if figure.name == "bic", let selection = sorting.mixture.selection {
        page.paragraph(Words.criteriaCaption(sorting))
        CriteriaTable(selection).add(to: &page)
      }
    }
    addMethods(to: &page)
    return page.html(title: "spikesort: \(Words.series(sorting.source.files))")
  }

  private func addUnits(to page: inout Page) {
    let number = Page.number
    let rows = sorting.units.enumerated().map { place, unit -> [Markup] in
      [
        "<span class=\"swatch\" style=\"background:\(Palette.colour(place))\"></span>\(unit.id)",
        Page.verdict(unit.verdictWords, code: unit.verdict.rawValue),
        number(Words.grouped(unit.spikeCount)), number(Words.number(unit.rate, digits: 2)),
        number(Words.number(unit.amplitude, digits: 0)), number(Words.number(unit.signalToNoise)),
        number(Words.contamination(unit.contamination)), number(Words.percent(unit.falsePositives)),
        number(Words.percent(unit.falseNegatives)), why(unit.reasons),
      ]
    }
    page.table(
      head: [
        "Unit", "Verdict", "Spikes", "Rate (Hz)", "Amplitude (\(sorting.source.amplitudeUnit))", "SNR",
        "Foreign spikes (95\u{00a0}%)", "Overlap: foreign", "Overlap: missed", "Why",
      ], rows: rows, class: "units")
  }

  /// Every quality metric by SpikeInterface's name, folded away.
  private func addMetrics(to page: inout Page) {
    let metrics = QualityMetric.allCases.filter { metric in
      sorting.units.contains { $0.metrics?[metric.rawValue] != nil }
    }
    guard !metrics.isEmpty else { return }
    let rows = metrics.map { metric -> [Markup] in
      ["<span title=\"\(metric.meaning)\">\(metric.rawValue)</span>"]
        + sorting.units.map { Page.number(Words.significant($0.metrics?[metric.rawValue])) }
        + ["<div class=\"facts\">\(metric.meaning)</div>"]
    }
    page.folded("Quality metrics, by SpikeInterface's names") { page in
      page.table(
        head: ["Metric"] + sorting.units.map { "Unit \($0.id)" } + ["What it is"], rows: rows,
        class: "metrics")
    }
  }

  private func addComparison(_ comparison: ComparisonSummary, to page: inout Page) {
    page.paragraph(
      "The truth is known here: mean accuracy \(Words.number(comparison.meanAccuracy, digits: 3)); "
        + "\(comparison.wellDetected) of \(Words.count(comparison.units.count, "true unit")) found with 0.8 or better, "
        + "\(Words.count(comparison.falsePositive, "unit")) match nothing.")
  }

  /// The decisive reason, and under it the numbers.
  private func why(_ reasons: [String]) -> Markup {
    guard let first = reasons.first else { return "" }
    return
      "\(Words.sentence(first))<div class=\"facts\">\(reasons.dropFirst().joined(separator: " · "))</div>"
  }

  private func addPairs(to page: inout Page) {
    guard !sorting.pairs.isEmpty else { return }
    page.heading("Could two units be one neuron?", id: "pairs")
    addMerges(to: &page)
    // Alike enough to ask; the other pairs are the rule.
    let told = sorting.pairs.filter {
      $0.verdict == .split || ($0.verdict == .unclear && ($0.similarity ?? 1) >= Self.tellingSimilarity)
    }
    if told.isEmpty {
      page.paragraph("Nothing suggests it: no two units look alike and share a refractory period.")
    } else {
      addTable(of: told, to: &page)
    }
    let rest = sorting.pairs.filter { pair in
      !told.contains { $0.first == pair.first && $0.second == pair.second }
    }
    guard !rest.isEmpty else { return }
    let unclear = rest.count { $0.verdict == .unclear }
    let note = unclear > 0 ? ", \(unclear) of which their spike times alone cannot tell apart" : ""
    page.folded("The other \(Words.count(rest.count, "pair"))\(note)") { addTable(of: rest, to: &$0) }
  }

  /// What was joined, why, and how to have it apart again.
  private func addMerges(to page: inout Page) {
    guard !sorting.merges.isEmpty else { return }
    let rows = sorting.merges.map { merge -> [Markup] in
      let sides = [merge.first, merge.second].map { Words.series($0.map(String.init)) }
      let unit = sorting.units.first { $0.components.contains(merge.first.first ?? -1) }
      return [
        Page.verdict(sides.joined(separator: " with ")), "\(unit.map { "\($0.id)" } ?? "–")",
        why(merge.reasons),
      ]
    }
    page.table(head: ["Components joined", "Into unit", "Why"], rows: rows, class: "pairs")
    page.paragraph(Words.undoingMerges, class: "soft")
  }

  /// Waveforms less alike than this are not worth asking about where the spike times cannot tell.
  private static let tellingSimilarity = 0.9

  private func addTable(of pairs: [Sorting.Pair], to page: inout Page) {
    let rows = pairs.map { pair -> [Markup] in
      [
        Page.verdict("\(pair.first) and \(pair.second)"),
        Page.verdict(pair.verdict.words, code: pair.verdict.rawValue),
        Page.number(Words.number(pair.similarity, digits: 2)),
        Page.number("\(pair.shortLags) / \(Words.number(pair.expectedShortLags))"),
        why(pair.reasons),
      ]
    }
    page.table(
      head: ["Units", "Verdict", "Similarity", "Short lags / expected", "Why"], rows: rows, class: "pairs")
  }

  private func addMethods(to page: inout Page) {
    page.heading("How this was made", id: "methods")
    page.paragraph(Words.method(sorting))
    page.paragraph(Words.thoroughness(sorting))
    page.paragraph(
      "spikesort \(ResultFolder.version), seed \(sorting.options.seed); input checksum \(sorting.source.checksum). The same "
        + "input and options give the same bytes again; every parameter stands in sorting.json.",
      class: "soft")
  }
}
