import Figures
import Foundation
import MadeResults
import MixtureModels
import SortingFormats
import TestSupport
import Testing

@testable import Report
@testable import SpikeSorting

/// What is said of the sweep over numbers of components: every number counts what it says it counts.
struct SweepChoiceTests {
  /// A sweep whose three restarts choose 3, 4 and 2; the fit of two less than the best lost a component.
  private var disagreeing: Sorting.Selection {
    Sorting.Selection(
      spikeCount: 300, windowSeconds: [120, 180], components: [2, 3, 4],
      bic: [[30, 31, 32], [10, 40, 41], [12, 20, 42]],
      logLikelihood: [[-9, -9, -9], [-5, -6, -6], [-5, -6, -7]],
      componentsLeft: [[2, 2, 2], [3, 3, 3], [3, 4, 4]], iterations: [[5, 5, 5], [5, 5, 5], [5, 5, 5]],
      bestBIC: [30, 10, 12], bestK: 3, robustK: 2, parameters: [5, 8, 11], runnerUpDistance: 2, runnerUpK: 4,
      agreement: [1, 1, 1], stuckShare: [0, 0.5, 0.5], otherCurves: [])
  }

  private func sorting(_ selection: Sorting.Selection, model: ComponentFamily) -> Sorting {
    var sorting = madeSorting()
    switch model {
    case .driftingT: sorting.options.model = .driftingT()
    case .gaussian: sorting.options.model = .atRest(AtRest(.gaussian))
    case .t: sorting.options.model = .atRest(AtRest(.t))
    }
    sorting.mixture.model = model
    sorting.mixture.selection = selection
    return sorting
  }

  @Test func everyNumberSaysWhatItCounts() throws {
    let sorting = sorting(disagreeing, model: .driftingT)
    let text = try #require(Words.choice(sorting))
    #expect(text.contains("from 120 to 180 s"))
    #expect(
      text.contains("started with 2 to 4 components") && text.contains("BIC chooses one started with 3;"))
    #expect(text.contains("the runner-up by BIC, 4 (3 left), is worse by 2"))
    #expect(Words.method(sorting).contains("Mixture of 4 components in the end (3 in the window"))
    let table = Words.criteriaCaption(sorting)
    #expect(table.contains("K counts the components a fit starts with; those that starve"))
  }

  @Test func aRunnerUpThatIsAsGoodIsNotCalledWorse() throws {
    var equal = disagreeing
    equal.bic[2][0] = 10.3
    equal.bestBIC[2] = 10.3
    equal.runnerUpDistance = 0.3
    let text = try #require(Words.choice(sorting(equal, model: .driftingT)))
    #expect(text.contains("the runner-up by BIC, 4 (3 left), is as good"))
  }

  @Test func restartsThatDisagreeHaveNoRobustNumber() throws {
    let sorting = sorting(disagreeing, model: .driftingT)
    #expect(disagreeing.votes == [3, 4, 2] && disagreeing.agreedK == nil)
    #expect(
      try #require(Words.choice(sorting)).contains("Restart by restart BIC chooses 3, 4 and 2: they disagree")
    )
    let figure = try #require(SortingFigures(sorting: sorting).modelSelection).svg(idPrefix: "bic")
    #expect(figure.contains("best K = 3") && !figure.contains("robust K"))
    var agreeing = disagreeing
    agreeing.bic[1] = [10, 19, 41]
    #expect(agreeing.agreedK == 3)
    let said = try #require(Words.choice(self.sorting(agreeing, model: .driftingT)))
    #expect(said.contains("BIC chooses 3, 3 and 2, most often 3"))
  }

  /// A result that still says one restart's choice where all disagree is read without it.
  @Test func oneVoteOfAnEarlierVersionIsNotReadAsRobust() throws {
    try withMadeResult(sorting(disagreeing, model: .driftingT)) { (folder) throws in
      #expect(try folder.read().mixture.selection?.robustK == nil)
    }
  }

  @Test func startsAndSurvivorsStandSideBySide() throws {
    var selection = disagreeing
    (selection.bestK, selection.windowSeconds, selection.bic[2][0]) = (4, nil, 9)
    var sorting = sorting(selection, model: .gaussian)
    sorting.mixture.components = 3
    #expect(try #require(Words.choice(sorting)).contains("BIC chooses one started with 4 (3 left)"))
    #expect(Words.method(sorting).contains("Mixture of 3 components left of the 4 it started with"))
    let figure = try #require(SortingFigures(sorting: sorting).modelSelection).svg(idPrefix: "bic")
    #expect(figure.contains("K = 4 (3 left)"))
  }

  /// Version 0.1 took these options with drifting components and did not follow them.
  @Test func whatWasNotFollowedIsNotSaid() throws {
    let written = sorting(disagreeing, model: .driftingT)
    try withMadeResult(written) { (folder) throws in
      let path = folder.file(ResultFolder.recordName)
      var record = try #require(
        try JSONSerialization.jsonObject(with: Data(contentsOf: path)) as? [String: Any])
      var options = try #require(record["options"] as? [String: Any])
      #expect(options["criterion"] as? String == "bic" && options["covariance"] as? String == "full")
      (options["criterion"], options["covariance"], options["initialisation"]) = ("icl", "diag", "random")
      record["options"] = options
      try JSONSerialization.data(withJSONObject: record).write(to: path)
      let read = try folder.read()
      #expect(read.options == written.options)
      #expect(try #require(Words.choice(read)).contains("BIC chooses one started with 3"))
      #expect(Words.method(read).contains("full covariance"))
    }
  }

  @Test func thoroughPromisesWhatItWouldDo() {
    var sorting = sorting(disagreeing, model: .gaussian)
    #expect(!Words.thoroughness(sorting).contains("refits") && !Words.thoroughness(sorting).contains("drift"))
    #expect(Words.thoroughness(sorting).contains("--thorough"))
    sorting.options.model = SortingOptions.lab.model
    #expect(!Words.thoroughness(sorting).contains("--thorough"))
    #expect(!Words.criteriaCaption(sorting).contains("--thorough"))
  }
}
