// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

/// A library target with the settings every target shares.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

/// The tests of one library target.
func tests(
  _ name: String, _ dependencies: [Target.Dependency], fixtures: Bool = false, scripts: Bool = false
) -> Target {
  .testTarget(
    name: "\(name)Tests",
    dependencies: [.target(name: name), "TestSupport"] + dependencies,
    resources: (fixtures ? [.copy("Fixtures")] : []) + (scripts ? [.copy("Scripts")] : []),
    swiftSettings: settings)
}

let package = Package(
  name: "spikesort",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Spikesort", targets: ["Spikesort"]),
    .library(name: "MixtureModels", targets: ["MixtureModels"]),
    .library(name: "SpikeSorting", targets: ["SpikeSorting"]),
    .library(name: "Simulation", targets: ["Simulation"]),
    .library(name: "Recordings", targets: ["Recordings"]),
    .library(name: "SpikeFiles", targets: ["SpikeFiles"]),
    // What is fuzzed with whole result folders.
    .library(
      name: "Results", targets: ["SortingFormats", "Report", "Curation", "Viewer", "NumPyInterop"]),
    .executable(name: "spikesort", targets: ["SpikesortCommand"]),
  ],
  traits: [
    .trait(name: "NWB", description: "Read and write HDF5 files (NWB, kwd); needs the HDF5 library."),
    .trait(name: "Viewer", description: "Curation in the browser: spikesort view and its web server."),
    .default(enabledTraits: ["NWB", "Viewer"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    // C libraries and kernels.
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .target(name: "SpikeKernels"),
    .target(name: "CSystemCalls"),
    .target(name: "CProgramStart"),

    // Files.
    library("InputFiles"),

    // Numbers.
    .target(
      name: "LinearAlgebra",
      dependencies: [
        "SpikeKernels", .target(name: "COpenBLAS", condition: .when(platforms: [.linux])),
      ],
      swiftSettings: settings,
      linkerSettings: [.linkedFramework("Accelerate", .when(platforms: [.macOS]))]),
    library("NumPyInterop", ["LinearAlgebra", "InputFiles", "CZlib"]),
    library("MATLABInterop", ["InputFiles", "CZlib"]),
    library("MixtureModels", ["LinearAlgebra", "NumPyInterop"]),
    library("LabToy", ["MixtureModels", "LinearAlgebra", "NumPyInterop"]),

    // Spikes.
    library(
      "HDF5", ["InputFiles", "CSystemCalls", .target(name: "CHDF5", condition: .when(traits: ["NWB"]))]),
    library("Recordings", ["InputFiles", "NumPyInterop", "CZlib", "HDF5"]),
    library("SpikeFiles", ["InputFiles", "Recordings", "NumPyInterop", "MATLABInterop", "HDF5"]),
    library("SpikeDetection", ["Recordings", "LinearAlgebra"]),
    library("SignalQuality", ["Recordings", "SpikeDetection", "LinearAlgebra"]),
    library("SpikeTrains", ["LinearAlgebra"]),
    library("Simulation", ["SpikeDetection", "LinearAlgebra", "NumPyInterop"]),
    library(
      "SpikeSorting",
      [
        "Recordings", "SpikeFiles", "SpikeDetection", "SignalQuality", "MixtureModels", "SpikeTrains",
        "LinearAlgebra", "NumPyInterop",
      ]),

    // Results.
    .plugin(name: "BuiltCommit", capability: .buildTool()),
    .target(name: "SoftwareVersion", swiftSettings: settings, plugins: ["BuiltCommit"]),
    library(
      "SortingFormats",
      [
        "SoftwareVersion", "SpikeSorting", "SignalQuality", "SpikeTrains", "SpikeDetection", "SpikeFiles",
        "Recordings", "NumPyInterop", "MATLABInterop", "HDF5", "InputFiles", "CSystemCalls",
      ]),
    library(
      "Curation",
      [
        "SortingFormats", "SpikeSorting", "SpikeTrains", "MixtureModels", "Recordings", "LinearAlgebra",
        "NumPyInterop", "InputFiles",
      ]),
    library("Figures"),
    library(
      "Report",
      [
        "SortingFormats", "SpikeSorting", "SpikeTrains", "SpikeDetection", "Recordings", "MixtureModels",
        "LabToy", "LinearAlgebra", "Figures",
      ]),
    .target(name: "ViewerPage", exclude: ["page"]),
    library(
      "Viewer",
      [
        "Curation", "SortingFormats", "SpikeSorting", "SpikeTrains", "SpikeDetection", "Recordings",
        "ViewerPage", "Figures",
      ]),
    .target(
      name: "Spikesort",
      dependencies: [
        "MixtureModels", "Recordings", "SpikeFiles", "SpikeDetection", "SignalQuality", "SpikeTrains",
        "SpikeSorting", "SortingFormats", "Curation", "Report", "LinearAlgebra",
      ], path: "Sources/SpikesortLibrary", swiftSettings: settings),
    // Modules may not differ in their letters' case alone, nor may folders.
    .executableTarget(
      name: "SpikesortCommand",
      dependencies: [
        "SpikeSorting", "SortingFormats", "Report", "Curation", "Viewer", "Recordings", "SpikeFiles",
        "Simulation", "LabToy", "SpikeDetection", "SignalQuality", "SpikeTrains", "MixtureModels",
        "NumPyInterop", "LinearAlgebra", "CSystemCalls",
        "CProgramStart", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Sources/spikesort", swiftSettings: settings),

    // The accuracy of the program, which it runs as anybody does.
    .executableTarget(
      name: "exam",
      dependencies: [
        "SpikeTrains", "NumPyInterop", "LinearAlgebra", "Figures",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    // Tests.
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
    .target(
      name: "MadeResults",
      dependencies: ["SortingFormats", "SpikeSorting", "SpikeTrains", "SpikeDetection", "TestSupport"],
      path: "Tests/MadeResults", swiftSettings: settings),
    .testTarget(
      name: "SpikesortTests", dependencies: ["Spikesort", "TestSupport"], swiftSettings: settings),
    tests("LinearAlgebra", []),
    tests("NumPyInterop", ["LinearAlgebra"], fixtures: true),
    tests("MixtureModels", ["LabToy", "LinearAlgebra", "NumPyInterop"], fixtures: true),
    tests("HDF5", ["CSystemCalls"], scripts: true),
    tests("Recordings", ["NumPyInterop", "HDF5"], scripts: true),
    tests("MATLABInterop", [], scripts: true),
    tests("SpikeFiles", ["Recordings", "NumPyInterop", "HDF5"], scripts: true),
    tests("SpikeDetection", ["Recordings", "LinearAlgebra", "NumPyInterop"], fixtures: true),
    tests(
      "SignalQuality", ["Simulation", "Recordings", "SpikeDetection", "LinearAlgebra", "NumPyInterop"]),
    tests("SpikeTrains", ["LinearAlgebra", "NumPyInterop"], fixtures: true),
    tests("Simulation", ["NumPyInterop"]),
    tests(
      "SpikeSorting",
      [
        "Simulation", "Recordings", "SpikeDetection", "SignalQuality", "SpikeFiles", "MixtureModels",
        "SpikeTrains", "LinearAlgebra", "NumPyInterop",
      ]),
    tests(
      "SortingFormats",
      [
        "MadeResults", "SpikeSorting", "SpikeTrains", "SpikeDetection", "SpikeFiles", "Recordings",
        "NumPyInterop", "MATLABInterop", "HDF5", "CSystemCalls",
      ], scripts: true),
    tests(
      "Curation",
      [
        "MadeResults", "Report", "Viewer", "SortingFormats", "SpikeSorting", "SpikeTrains", "LinearAlgebra",
        "NumPyInterop", "Recordings",
      ], fixtures: true),
    tests(
      "Viewer",
      [
        "MadeResults", "Curation", "Recordings", "SortingFormats", "SpikeSorting", "SpikeTrains",
        "SpikeDetection", "NumPyInterop",
      ]),
    tests("Figures", []),
    tests(
      "Report",
      ["MadeResults", "SortingFormats", "SpikeSorting", "SpikeTrains", "MixtureModels", "Figures"]),
    .testTarget(
      name: "ExamTests", dependencies: ["exam", "SpikeTrains", "NumPyInterop", "Figures"],
      exclude: ["bounds.json"],
      swiftSettings: settings),
    // The executable is run, not linked.
    .testTarget(
      name: "CommandLineTests",
      dependencies: [
        "TestSupport", "MadeResults", "NumPyInterop", "SortingFormats", "SpikeSorting", "SpikeTrains",
        "Curation",
      ],
      swiftSettings: settings),
  ]
)
