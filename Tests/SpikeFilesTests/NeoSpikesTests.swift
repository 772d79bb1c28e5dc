import Foundation
import Recordings
import TestSupport
import Testing

@testable import SpikeFiles

/// The Python with Neo that `scripts/test` makes; nil where it could not.
private let python = ProcessInfo.processInfo.environment["SPIKESORT_PYTHON"].map { URL(fileURLWithPath: $0) }

/// Spike files as Neo reads the same bytes.
@Suite(.enabled(if: python != nil, "SPIKESORT_PYTHON names no Python with Neo"))
struct NeoSpikesTests {
  private struct Theirs: Decodable {
    var rate: Double
    var times: [Int]
    var cells: [Int]
    /// Spikes × channels × frames, in µV.
    var waveforms: [[[Double]]]
  }

  @Test func neuralynxTetrode() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("TT1.ntt")
      var random = SeededGenerator(seed: 4)
      let samples = (0..<40 * 128).map { _ in Int16.random(in: .min ... .max, using: &random) }
      let times = (0..<40).map { UInt64(7_300_041 + 1_003_337 * $0) }
      try MadeSpikeFiles.ntt(
        times: times, cells: (0..<40).map { UInt32($0 % 3) },
        sample: { n, f, c in samples[(n * 32 + f) * 4 + c] }, header: MadeSpikeFiles.neuralynxHeader
      ).write(to: file)
      let script = try #require(Bundle.module.resourceURL).appendingPathComponent("Scripts/neo_spikes.py")
      let outcome = try RunningCommand(try #require(python), [script.path, folder.path]).wait()
      try #require(outcome.status == 0, "\(outcome.errors)")
      let theirs = try JSONDecoder().decode(Theirs.self, from: outcome.output)
      let ours = try onlyGroup(file)
      let snippets = try #require(ours.snippets)
      #expect(ours.samplingRate == theirs.rate && theirs.times.count == 40 && ours.count == 40)
      let order = theirs.times.indices.sorted { theirs.times[$0] < theirs.times[$1] }
      // Ours begin at the second of the first spike, in frames.
      #expect(ours.frames == order.map { Int((Double(theirs.times[$0] - 7_000_000) * 0.032).rounded()) })
      #expect(ours.labels == order.map { theirs.cells[$0] })
      var worst = 0.0
      for (n, theirs) in order.map({ theirs.waveforms[$0] }).enumerated() {
        for c in 0..<4 {
          for f in 0..<32 {
            worst = max(worst, abs(Double(snippets.samples[(n * 32 + f) * 4 + c]) - theirs[c][f]))
          }
        }
      }
      // Ours are single precision, of at most 1311 µV.
      #expect(worst < 1e-4, "\(worst) µV")
    }
  }
}
