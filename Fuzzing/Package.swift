// swift-tools-version: 6.2
import PackageDescription

// Built by `make fuzz` alone, with `-sanitize=fuzzer`.
let package = Package(
  name: "fuzzing",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "spikesort", path: "..")],
  targets: [
    .target(name: "CFuzzer"),
    .executableTarget(
      name: "fuzz",
      dependencies: [
        "CFuzzer", .product(name: "Recordings", package: "spikesort"),
        .product(name: "SpikeFiles", package: "spikesort"),
        .product(name: "SpikeSorting", package: "spikesort"),
        .product(name: "Results", package: "spikesort"),
      ],
      swiftSettings: [.swiftLanguageMode(.v6)]),
  ]
)
