import Foundation
import SpikeFiles
import SpikeTrains
import TestSupport
import Testing

private let python = ProcessInfo.processInfo.environment["SPIKESORT_PYTHON"].map { URL(fileURLWithPath: $0) }

/// A real sorted session: metrics and correlograms of its units are SpikeInterface's.
@Suite(
  .enabled(
    if: python != nil && samplesFolder() != nil,
    "SPIKESORT_PYTHON names no Python with SpikeInterface, or there is no folder of sample recordings"))
struct NeurosuiteTests {
  private struct Theirs: Decodable {
    var ids: [Int]
    var metrics: [String: [Double?]]
    var correlograms: [[[Int]]]
  }

  private static let rate = 20_000.0
  private static let frames = 24_000_000

  /// Spikes of a group without artefacts (0) and noise (1), and SpikeInterface's numbers on them.
  private func load(group: Int) throws -> (times: [Int], units: [Int], theirs: Theirs) {
    let folder = try #require(samplesFolder()).appendingPathComponent("neurosuite_A2929")
    let clu = folder.appendingPathComponent("A2929-200711.clu.\(group)")
    let all = try #require(try klustersLabels(at: clu))
    let script = try #require(Bundle.module.resourceURL).appendingPathComponent(
      "Scripts/neurosuite_metrics.py")
    let outcome = try RunningCommand(
      try #require(python),
      [
        script.path, folder.appendingPathComponent("A2929-200711.res.\(group)").path, clu.path,
        "\(Self.rate)",
        "\(Self.frames)",
      ]
    ).wait()
    try #require(outcome.status == 0, "\(outcome.errors)")
    let last = try #require(outcome.text.split(whereSeparator: \.isNewline).last)
    let theirs = try JSONDecoder().decode(Theirs.self, from: Data(last.utf8))
    let place = Dictionary(uniqueKeysWithValues: theirs.ids.enumerated().map { ($1, $0) })
    let kept = all.times.indices.filter { all.clusters[$0] > 1 }
    return (kept.map { all.times[$0] }, kept.compactMap { place[all.clusters[$0]] }, theirs)
  }

  @Test(arguments: [1, 2]) func metricsAndCorrelograms(group: Int) throws {
    let (times, units, theirs) = try load(group: group)
    let count = theirs.ids.count
    try #require(times.count == units.count && count > 3)
    let trains = SpikeTrain.trains(
      times: times, units: units, unitCount: count, frames: Self.frames, samplingRate: Self.rate)
    let found = trains.map { $0.qualityMetrics() }
    var compared = 0
    for (name, values) in theirs.metrics {
      let metric = try #require(QualityMetric(rawValue: name), "\(name)")
      for (u, value) in values.enumerated() {
        compared += 1
        switch (found[u][metric], value) {
        case (nil, nil): break
        case (let ours?, let theirs?):
          // They compare float seconds: an interval of exactly 1.5 ms counts or not as it rounds.
          let exact = Double(trains[u].intervals.count { $0 == 30 })
          let perCount = trains[u].durationSeconds / (2 * Double(trains[u].count * trains[u].count) * 0.0015)
          switch metric {
          case .isiViolationsCount:
            #expect(ours <= theirs && theirs <= ours + exact, "\(name) of unit \(u): \(ours), \(theirs)")
          case .isiViolationsRatio:
            #expect(ours <= theirs + 1e-10 && theirs <= ours + exact * perCount + 1e-10)
          default:
            #expect(abs(ours - theirs) <= 1e-10 * max(1, abs(theirs)), "\(name) of unit \(u)")
          }
        case (let ours, let theirs):
          Issue.record("\(name) of unit \(u): \(String(describing: ours)), \(String(describing: theirs))")
        }
      }
    }
    #expect(compared >= 9 * count)
    check(
      Correlograms(times: times, units: units, unitCount: count, samplingRate: Self.rate), times, units,
      theirs)
  }

  /// Theirs counts t_A − t_B in bins closed below: ours mirrored, but for lags on an edge before zero, which lie one bin
  /// further out in ours, and for coincidences, which ours keeps apart.
  private func check(_ ours: Correlograms, _ times: [Int], _ units: [Int], _ theirs: Theirs) {
    let count = theirs.ids.count
    let width = 20
    // edge[a][b][k]: pairs with t_b − t_a = −k widths; k = 0 are coincidences.
    var edge = [[[Int]]](
      repeating: [[Int]](repeating: [Int](repeating: 0, count: 31), count: count), count: count)
    for i in times.indices {
      var j = i + 1
      while j < times.count, times[j] - times[i] <= 30 * width {
        let lag = times[j] - times[i]
        if lag % width == 0 {
          // The later spike first: the earlier one lies before it.
          edge[units[j]][units[i]][lag / width] += 1
          if lag == 0 { edge[units[i]][units[j]][0] += 1 }
        }
        j += 1
      }
    }
    var differing = 0
    for a in 0..<count {
      for b in 0..<count {
        var expected = ours[a, b]
        for k in 1...30 {
          expected[30 - k] += edge[a][b][k]
          if k < 30 { expected[29 - k] -= edge[a][b][k] }
        }
        expected[30] += edge[a][b][0]
        differing += edge[a][b].reduce(0, +)
        #expect(expected == theirs.correlograms[b][a], "units \(a) and \(b)")
      }
    }
    #expect(differing > 0, "the data have lags on edges, so the rule is tried")
  }
}
