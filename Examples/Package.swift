// swift-tools-version: 6.2
import PackageDescription

/// A client's package: every example of the README and of the documentation, compiled (`scripts/test-examples`).
let examples = [
  "SortARecording", "ReadTheVerdicts", "FitAMixture", "ChooseK", "WriteAReader", "WriteADetector",
  "BringYourStages",
]
// `MixtureModels` is a product of its own, for points that have nothing to do with spikes.
let mixtures = ["FitAMixture", "ChooseK"]

let package = Package(
  name: "Examples",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "spikesort", path: "..")],
  targets: examples.map { name in
    .executableTarget(
      name: name,
      dependencies: [
        .product(name: mixtures.contains(name) ? "MixtureModels" : "Spikesort", package: "spikesort")
      ],
      swiftSettings: [.swiftLanguageMode(.v6)])
  }
)
