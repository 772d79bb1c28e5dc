internal import Figures
internal import Foundation
public import LabToy
internal import LinearAlgebra
public import MixtureModels
public import SortingFormats

/// The page of the lab's tasks 1 to 3 on toy data.
public struct ToyReport: Sendable {
  private let lab: ToyLab
  private let drifting: DriftingToy?

  /// A page on a run of the lab, and on what becomes of it where clusters drift and have heavy tails.
  public init(_ lab: ToyLab, drifting: DriftingToy? = nil) {
    self.lab = lab
    self.drifting = drifting
  }

  /// Writes `report.html` and `figures/*.svg` into a folder.
  ///
  /// - Throws: `ResultError.inputOutput`.
  public func write(to folder: ResultFolder) throws(ResultError) {
    try folder.makeFolder("figures")
    let drawn = figures
    for (name, figure) in drawn {
      try folder.write(Data(figure.svg(idPrefix: name).utf8), to: "figures/\(name).svg")
    }
    try folder.write(Data(page(drawn).utf8), to: "report.html")
  }

  private var figures: [(name: String, figure: Figure)] {
    let points = (0..<lab.data.points.rows).map {
      PlanePoint(x: lab.data.points[$0, 0], y: lab.data.points[$0, 1])
    }
    let means = planePoints(ToyLab.truth.means)
    let fits = lab.taskTwo.map { aligned in
      LabelledFit(
        seed: aligned.fit.seed ?? 0, iterations: aligned.fit.convergedIteration, accuracy: aligned.accuracy,
        labels: aligned.labels, means: planePoints(aligned.fit.mixture.means))
    }
    let selection = lab.selection
    let curve = CriterionCurve(
      name: "lab preset, \(selection.seeds.count) seeds", components: selection.components,
      values: selection.bic)
    return [
      ("toy", .toyScatter(points: points, labels: lab.data.labels, means: means)),
      (
        "truth-and-prediction",
        .truthBesidePrediction(points: points, truth: lab.data.labels, trueMeans: means, fits: fits)
      ),
      (
        "bic",
        .modelSelection(
          [curve], bestComponents: selection.bestComponents, robustComponents: selection.robustComponents)
      ),
      (
        "gain",
        .likelihoodGain(
          components: selection.components, logLikelihoods: selection.bestFits.map(\.logLikelihood),
          parameters: selection.components.map {
            Mixture.parameterCount(components: $0, dimensions: 2, covariance: .full)
          }, sampleCount: points.count)
      ),
    ] + driftFigures
  }

  /// Gaussians at rest beside drifting t-distributions.
  private var driftFigures: [(name: String, figure: Figure)] {
    guard let drifting else { return [] }
    let points = planePoints(drifting.data.points)
    func curve(_ name: String, _ selection: MixtureSelection) -> CriterionCurve {
      CriterionCurve(
        name: name, components: selection.components, values: selection.bestBIC.map { [$0] })
    }
    let (fixed, moved) = (drifting.gaussians.best.mixture, drifting.drifting.best.mixture)
    let ends = zip(DriftingToy.starts, DriftingToy.ways).map { start, way in
      [PlanePoint(x: start[0], y: start[1]), PlanePoint(x: start[0] + way[0], y: start[1] + way[1])]
    }
    return [
      (
        "drift-bic",
        .modelSelection(
          [curve("Gaussians at rest", drifting.gaussians), curve("Drifting t", drifting.drifting)],
          bestComponents: nil, robustComponents: nil)
      ),
      (
        "drift-clusters",
        .clusteringsSideBySide(
          points: points,
          panels: [
            ClusteredPlane(title: "Truth: \(ends.count) clusters", labels: drifting.data.labels, paths: ends),
            ClusteredPlane(
              title: "Gaussians: \(fixed.componentCount)", labels: drifting.gaussianLabels,
              paths: planePoints(fixed.means).map { [$0] }),
            ClusteredPlane(
              title: "Drifting t: \(moved.componentCount)", labels: drifting.driftingLabels,
              paths: moved.locations.map(planePoints)),
          ], title: "Drift and heavy tails")
      ),
    ]
  }

  private func planePoints(_ matrix: Matrix) -> [PlanePoint] {
    (0..<matrix.rows).map { PlanePoint(x: matrix[$0, 0], y: matrix[$0, 1]) }
  }

  private func page(_ drawn: [(name: String, figure: Figure)]) -> String {
    let selection = lab.selection
    var page = Page()
    page.title("Three Gaussians, found again")
    page.paragraph(
      "1,000 points of a known mixture in the plane; mixtures fitted by EM; their number chosen by BIC.",
      class: "soft")
    let captions = [
      "toy": "Task 1: the points, coloured by the component they came from.",
      "truth-and-prediction":
        "Task 2: truth and maximum a posteriori labels of five seeds. A fit knows no names: its labels are renamed by the "
        + "permutation that agrees best with the truth.",
      "bic":
        "Task 3: a fit stuck in a worse optimum has a lower likelihood, so a larger BIC: the dots above the line.",
      "drift-bic":
        "Bonus: three clusters that drift and have heavy tails. Gaussians at rest need more components to cover them, and BIC "
        + "asks for them; drifting t-distributions do not. Both curves are of the same points; the paths count with their "
        + "effective degrees of freedom.",
      "drift-clusters":
        "The points over all time, by the cluster they came from and by the two models of lowest BIC.",
      "gain": "Each further component must gain ½ ln N in log-likelihood per parameter to lower the BIC.",
    ]
    let accuracies = lab.taskTwo.map(\.accuracy)
    let low = Words.percent(accuracies.min())
    page.paragraph(
      accuracies.min() == accuracies.max()
        ? "All \(accuracies.count) seeds label \(low) of the points as they were drawn: every run reaches the good solution."
        : "The \(accuracies.count) seeds label \(low) to \(Words.percent(accuracies.max())) of the points as they were drawn."
    )
    page.paragraph(
      "BIC chooses a fit started with \(selection.bestComponents) components"
        + (selection.robustComponents.map {
          $0 == selection.bestComponents
            ? ", and so do most seeds by themselves: the choice does not hang on one run."
            : "; most seeds by themselves choose \($0)."
        } ?? "; the seeds by themselves disagree."))
    for (name, figure) in drawn {
      if name == "drift-bic" { addDriftHeading(to: &page) }
      page.figure(figure.markup(idPrefix: name), caption: captions[name] ?? "")
    }
    page.heading("BIC per number of components", id: "table")
    page.table(
      head: ["K at the start", "best BIC", "converged", "worst BIC"],
      rows: selection.components.indices.map { i in
        let fits = selection.fits[i]
        let converged = fits.count { $0.convergedIteration != nil }
        return [
          "\(selection.components[i])", "\(Words.number(selection.bestBIC[i], digits: 8))",
          "\(converged) of \(fits.count)", "\(Words.number(fits.map(\.bic).max(), digits: 8))",
        ]
      }, class: "bic")
    return page.html(title: "spikesort toy")
  }

  private func addDriftHeading(to page: inout Page) {
    guard let drifting else { return }
    let (fixed, moved) = (drifting.gaussians.best.mixture, drifting.drifting.best.mixture)
    page.heading("When clusters drift and have heavy tails", id: "drift")
    page.paragraph(
      "BIC chooses a mixture with \(fixed.componentCount) Gaussians left for \(DriftingToy.starts.count) clusters, which label "
        + "\(Words.percent(drifting.accuracies.gaussian)) of the points as they were drawn; of drifting t-distributions it "
        + "chooses one with \(moved.componentCount) left, which label \(Words.percent(drifting.accuracies.drifting)) so."
    )
  }
}
