import Foundation
import MixtureModels
import SpikeDetection
import Testing

@testable import SpikeSorting

/// Every option is either followed or refused.
struct OptionEffectsTests {
  @Test func signalOptionsOfDetectedSpikes() throws {
    try SortingOptions().checkSignal()
    let changes: [(String, (inout SortingOptions) -> Void)] = [
      ("band", { $0.band = [300, 3000] }), ("threshold", { $0.threshold = 5 }),
      ("peak", { $0.peak = .positive }),
      ("reference", { $0.reference = .median }), ("exclude-channels", { $0.excludedChannels = [1] }),
      ("start", { $0.start = 1 }), ("end", { $0.end = 9 }),
    ]
    for (name, change) in changes {
      var options = SortingOptions()
      change(&options)
      let error = #expect(throws: SortingError.self) { try options.checkSignal() }
      #expect(error?.description.hasPrefix(name) == true)
    }
  }

  private static let models: [SortingModel] =
    [.driftingT(), .driftingT(thorough: true), SortingOptions.lab.model]
    + [AtRest.Shape.gaussian, .t].flatMap { shape in
      [AtRest.Procedure.standard, .thorough].flatMap { procedure in
        SelectionCriterion.allCases.map { criterion in
          SortingModel.atRest(
            AtRest(
              shape, covariance: .diagonal, initialisation: .random, criterion: criterion,
              procedure: procedure))
        }
      }
    }

  /// Options are written as what was done, and read as what was asked.
  @Test(arguments: models) func storedOptions(_ model: SortingModel) throws {
    var options = SortingOptions()
    (options.model, options.band, options.end, options.peak) = (model, [300, 5000], 9, .both)
    let stored = try JSONEncoder().encode(options)
    #expect(try JSONDecoder().decode(SortingOptions.self, from: stored) == options)
    let table = try #require(try JSONSerialization.jsonObject(with: stored) as? [String: Any])
    #expect(table["model"] as? String == options.family.rawValue)
    #expect(table["covariance"] as? String == options.covariance.rawValue)
    #expect(table["criterion"] as? String == options.criterion.rawValue)
    #expect(table["labPreset"] as? Bool == options.isLab)
  }

  /// The words of a stored choice, each put out of this version's language.
  @Test(arguments: ["model", "peak", "reference"]) func wordsOfAnotherVersion(_ name: String) throws {
    let stored = try JSONEncoder().encode(SortingOptions())
    var table = try #require(try JSONSerialization.jsonObject(with: stored) as? [String: Any])
    table[name] = "wavelet"
    let changed = try JSONSerialization.data(withJSONObject: table)
    let error = #expect(throws: UnknownWord.self) {
      try JSONDecoder().decode(SortingOptions.self, from: changed)
    }
    #expect(error?.name == name && error?.found == "wavelet" && error?.known.isEmpty == false)
  }

  /// What a user of the library gets by default is what a sorting does.
  @Test func trackingDefaultsAreTheSortings() throws {
    let sorting = try MixtureClusterer(SortingOptions()).trackingOptions(spikes: 10_000)
    var own = TrackingOptions()
    own.mostComponents = own.growthLimit
    #expect(own == sorting)
  }

  /// A refit tries no number of components that was not asked for.
  @Test func refitsKeepToTheRangeAskedFor() throws {
    var options = SortingOptions()
    (options.components, options.growsComponents) = (4...5, false)
    let tracking = try MixtureClusterer(options).trackingOptions(spikes: 10_000)
    let fitting = RefitPlan(seed: 1, windowStart: 0).fitting(tracking, options: options, components: 4)
    #expect(fitting.components == 4...5 && fitting.growthLimit == 0)
  }

}
