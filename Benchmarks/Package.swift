// swift-tools-version: 6.1
import PackageDescription

// The micro-benchmarks, a package of their own so that nobody who builds spikesort builds the benchmark library.
let package = Package(
  name: "spikesort-benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(name: "spikesort", path: ".."),
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.1", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "Kernels",
      dependencies: [
        .product(name: "SpikeSorting", package: "spikesort"),
        .product(name: "MixtureModels", package: "spikesort"),
        .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Benchmarks/Kernels",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ]
)
