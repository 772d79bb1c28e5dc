import Foundation
import NumPyInterop
import TestSupport
import Testing

private let python = ProcessInfo.processInfo.environment["SPIKESORT_PYTHON"].map { URL(fileURLWithPath: $0) }

/// Snippets of wave_clus, from the file to the result.
@Suite(.enabled(if: python != nil, "SPIKESORT_PYTHON names no Python with SciPy"))
struct WaveClusTests {
  @Test func snippetsAreSorted() throws {
    try withTemporaryFolder { (folder) throws in
      let recording = folder.appendingPathComponent("truth")
      let simulated = try spikesort(
        "simulate", "-o", recording.path, "--seconds", "60", "--units", "4", "--seed", "2", "--quiet")
      try #require(simulated.status == 0, "\(simulated.errors)")
      let file = folder.appendingPathComponent("tetrode 1_spikes.mat")
      let script = try #require(Bundle.module.resourceURL).appendingPathComponent(
        "Scripts/wave_clus_spikes.py")
      let written = try RunningCommand(try #require(python), [script.path, recording.path, file.path]).wait()
      try #require(written.status == 0, "\(written.errors)")
      let count = Int(written.text.trimmingCharacters(in: .whitespacesAndNewlines))
      let result = folder.appendingPathComponent("result")
      let sorted = try spikesort("sort", file.path, "-o", result.path, "--quiet", "--json")
      try #require(sorted.status == 0, "\(sorted.errors)")
      #expect(try sorted.json()["spikes"] as? Int == count)
      let times = try NPYArray(contentsOf: result.appendingPathComponent("spike_times.npy")).integers()
      #expect(times.count == count && zip(times, times.dropFirst()).allSatisfy(<=))
      let scores = try spikesort("compare", result.path, recording.path, "--json").json()
      // Snippets of collisions stay as they were cut: what is lost is theirs.
      #expect(try #require(scores["meanAccuracy"] as? Double) > 0.97, "\(scores)")
      #expect(scores["falsePositive"] as? Int == 0)
    }
  }
}
