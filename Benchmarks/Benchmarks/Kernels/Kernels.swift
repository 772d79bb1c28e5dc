import Benchmark
import Foundation
import LinearAlgebra
import MixtureModels
import NumPyInterop
import SpikeTrains

/// Millions of floating-point operations a second.
let rate = BenchmarkMetric.custom("MFLOP/s", polarity: .prefersLarger)

/// The time of one EM iteration.
let iterationTime = BenchmarkMetric.custom("µs an iteration", polarity: .prefersSmaller)

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock], timeUnits: .nanoseconds, units: [rate: .count, iterationTime: .count],
    warmupIterations: 2, maxDuration: .seconds(4), maxIterations: 25)
  vectorFunctions()
  matrixProducts()
  expectationMaximisation()
  correlograms()
}

/// exp and log of a million doubles.
func vectorFunctions() {
  let values = (0..<1_000_000).map { -20 * Double($0 % 1000) / 1000 }
  Benchmark("exp, 1M doubles") { benchmark in
    var copy = values
    benchmark.startMeasurement()
    Vectorised.exponentiate(&copy)
    benchmark.stopMeasurement()
    blackHole(copy)
  }
  Benchmark("log, 1M doubles") { benchmark in
    var copy = values.map { 1 - $0 }
    benchmark.startMeasurement()
    copy.withUnsafeMutableBufferPointer { Vectorised.takeLogarithm($0) }
    benchmark.stopMeasurement()
    blackHole(copy)
  }
}

/// The products of an E-step and an M-step on one block, 128 components stacked and 13 alone, beside the largest rate of
/// the machine's BLAS; one core.
func matrixProducts() {
  func filled(_ rows: Int, _ columns: Int) -> Matrix {
    Matrix(rows: rows, columns: columns, storage: (0..<rows * columns).map { Double($0 % 17) - 8 })
  }
  func product(_ name: String, _ a: Matrix, _ b: Matrix, transposeB: Bool = false) {
    let columns = transposeB ? b.rows : b.columns
    let operations = 2 * a.rows * a.columns * columns
    let repeats = max(1, 400_000_000 / operations)
    var configuration = Benchmark.defaultConfiguration
    configuration.metrics = [.wallClock, rate]
    Benchmark(name, configuration: configuration) { benchmark in
      let clock = ContinuousClock()
      let took = clock.measure {
        for _ in 0..<repeats { blackHole(Matrix.product(a, b, transposeB: transposeB)) }
      }
      benchmark.measurement(rate, Int(Double(operations * repeats) / (took / .microseconds(1))))
    }
  }
  product("GEMM 1024 × 1024 × 1024", filled(1024, 1024), filled(1024, 1024))
  let features = filled(91, 512)
  for components in [128, 13] {
    product("E-step product, \(components) components", filled(components, 91), features)
    product("M-step product, \(components) components", filled(components, 512), features, transposeB: true)
  }
}

/// Points in clusters, in frames of equal length where there are frames.
func points(_ count: Int, dimensions: Int, frames: Int = 1) -> MixtureData {
  var generator = NumPyGenerator(seed: 1)
  var storage: [Double] = []
  storage.reserveCapacity(count * dimensions)
  for i in 0..<count {
    for j in 0..<dimensions { storage.append(generator.standardNormal() + Double(i % 10 * (j % 3))) }
  }
  let matrix = Matrix(rows: count, columns: dimensions, storage: storage)
  do {
    guard frames > 1 else { return try MixtureData(matrix) }
    return try MixtureData(matrix, frames: (0..<count).map { $0 * frames / count }, frameCount: frames)
  } catch { fatalError("\(error)") }
}

/// EM iterations of single fits. The time of `iterations` of them less that of one, so that neither the start nor the
/// last E-step counts.
func expectationMaximisation() {
  func iteration(
    _ name: String, _ data: MixtureData, components: Int, nu: Double, iterations: Int, threads: Int
  ) {
    var options = MixtureOptions()
    options.degreesOfFreedom = nu
    options.tolerance = .total(0)
    options.covarianceRidge = 1e-6
    options.initialisation = .random
    if data.frameCount > 1 { options.driftPerFrame = .identity(data.dimensions, scale: 0.001) }
    var configuration = Benchmark.defaultConfiguration
    configuration.metrics = [iterationTime]
    configuration.warmupIterations = 0
    configuration.maxIterations = 7
    configuration.maxDuration = .seconds(60)
    Benchmark(name, configuration: configuration) { [options] benchmark in
      func seconds(_ count: Int) throws -> Double {
        var limited = options
        limited.maximumIterations = count
        let started = ContinuousClock.now
        blackHole(try fitMixture(data, components: components, seed: 0, options: limited, threads: threads))
        return (ContinuousClock.now - started) / .seconds(1)
      }
      let one = try seconds(1)
      let all = try seconds(iterations + 1)
      benchmark.measurement(iterationTime, Int(1e6 * (all - one) / Double(iterations)))
    }
  }
  let tetrode = points(34_000, dimensions: 12)
  for threads in [1, Parallel.defaultThreads] {
    iteration(
      "EM, Gaussian, 34,000 × 12, K = 13, \(threads) thread(s)", tetrode, components: 13, nu: .infinity,
      iterations: 50, threads: threads)
  }
  let day = points(1_900_000, dimensions: 12, frames: 318)
  let still = points(1_900_000, dimensions: 12)
  let all = Parallel.defaultThreads
  iteration(
    "EM, Gaussian, 1.9M × 12, K = 10", still, components: 10, nu: .infinity, iterations: 3, threads: all)
  iteration("EM, t, 1.9M × 12, K = 10", still, components: 10, nu: 7, iterations: 3, threads: all)
  iteration(
    "EM, drifting t, 1.9M × 12, K = 10, 318 frames", day, components: 10, nu: 7, iterations: 3, threads: all)
}

/// All auto- and cross-correlograms of the spikes in the file `correlograms.py` wrote: rows of frame and unit, at 30 kHz.
func correlograms() {
  guard let file = ProcessInfo.processInfo.environment["SPIKESORT_BENCHMARK_SPIKES"] else { return }
  do {
    let values = try NPYArray(contentsOf: URL(fileURLWithPath: file)).integers()
    let times = stride(from: 0, to: values.count, by: 2).map { values[$0] }
    let units = stride(from: 1, to: values.count, by: 2).map { values[$0] }
    let unitCount = (units.max() ?? 0) + 1
    for threads in [1, Parallel.defaultThreads] {
      Benchmark("correlograms, \(times.count) spikes, \(unitCount) units, ±30 ms, \(threads) thread(s)") {
        _ in
        blackHole(
          Correlograms(
            times: times, units: units, unitCount: unitCount, samplingRate: 30_000, threads: threads))
      }
    }
  } catch { fatalError("\(error)") }
}
