import MixtureModels
import Testing

@testable import SpikeSorting

/// Every option is either followed or refused.
struct OptionEffectsTests {
  private func refusal(
    on input: SortedInput = .recording, _ change: (inout SortingOptions) -> Void
  ) -> String? {
    var options = SortingOptions()
    change(&options)
    do {
      try options.checkEffects(on: input)
      return nil
    } catch { return error.description }
  }

  @Test func defaultsAreFollowed() {
    #expect(refusal { _ in } == nil)
    #expect(refusal(on: .detectedSpikes) { _ in } == nil)
    #expect(refusal { $0 = .lab } == nil)
  }

  @Test(arguments: SortingOptions.Model.allCases) func mixtureOptions(_ model: SortingOptions.Model) {
    let isDrifting = model == .driftingT
    for criterion in SortingOptions.Criterion.allCases {
      let found = refusal {
        $0.model = model
        $0.criterion = criterion
      }
      #expect((found == nil) == (!isDrifting || criterion == .bic))
      #expect(found?.contains("criterion \(criterion.rawValue)") != false)
    }
    for covariance in SortingOptions.Covariance.allCases {
      let found = refusal {
        $0.model = model
        $0.covariance = covariance
      }
      #expect((found == nil) == (!isDrifting || covariance == .full))
      #expect(found?.contains("covariance \(covariance.rawValue)") != false)
    }
    for start in SortingOptions.Initialisation.allCases {
      let found = refusal {
        $0.model = model
        $0.initialisation = start
      }
      #expect((found == nil) == (!isDrifting || start == .kMeansPlusPlus))
      #expect(found?.contains("init \(start.rawValue)") != false)
    }
    // The lab's procedure has no drift, and nothing that takes long besides.
    for thorough in [true, false] {
      let found = refusal {
        $0 = .lab
        $0.model = model
        $0.thorough = thorough
      }
      #expect((found == nil) == (!isDrifting && !thorough))
      #expect(found?.contains("lab") != false)
    }
  }

  @Test func signalOptionsOfDetectedSpikes() {
    let changes: [(String, (inout SortingOptions) -> Void)] = [
      ("band", { $0.band = [300, 3000] }), ("threshold", { $0.threshold = 5 }),
      ("peak", { $0.peak = .positive }),
      ("reference", { $0.reference = .median }), ("exclude-channels", { $0.excludedChannels = [1] }),
      ("start", { $0.start = 1 }), ("end", { $0.end = 9 }),
    ]
    for (name, change) in changes {
      #expect(refusal(change) == nil)
      #expect(refusal(on: .detectedSpikes, change)?.hasPrefix(name) == true)
    }
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
