import Foundation
import NumPyInterop
import TestSupport
import Testing

/// The Python with phylib and SpikeInterface that `scripts/test` makes; nil where it could not.
private let python = ProcessInfo.processInfo.environment["SPIKESORT_PYTHON"].map { URL(fileURLWithPath: $0) }

/// What other programs see in our folders.
@Suite(.enabled(if: python != nil, "SPIKESORT_PYTHON names no Python with phylib and SpikeInterface"))
struct ReadersTests {
  /// What `open_result.py` prints, once all it checks held.
  private struct Seen: Decodable {
    var spikes: Int
    var units: Int
    var templates: Int
    var channels: [Int]
    var rate: Double
    var hasTraces: Bool
    var groups: [String]
  }

  private func runScript(_ name: String, _ arguments: URL...) throws -> Data {
    let script = try #require(Bundle.module.resourceURL).appendingPathComponent("Scripts/\(name)")
    let outcome = try RunningCommand(try #require(python), [script.path] + arguments.map(\.path)).wait()
    try #require(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  private func opened(_ result: URL) throws -> Seen {
    try JSONDecoder().decode(Seen.self, from: runScript("open_result.py", result))
  }

  private func simulated(in folder: URL, _ more: String...) throws -> URL {
    let recording = folder.appendingPathComponent("recording ä")
    let outcome = try spikesort(
      ["simulate", "-o", recording.path, "--seconds", "30", "--units", "4", "--seed", "2", "--quiet"] + more)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return recording
  }

  private func sorted(_ recording: URL, in folder: URL, _ more: String...) throws -> URL {
    let result = folder.appendingPathComponent("it's a result")
    let outcome = try spikesort(["sort", recording.path, "--quiet", "-o", result.path] + more)
    try #require(outcome.status == 0, "\(outcome.errors)")
    return result
  }

  @Test func flatRecording() throws {
    try withTemporaryFolder { (folder) throws in
      let result = try sorted(simulated(in: folder), in: folder)
      let seen = try opened(result)
      #expect(seen.spikes > 300 && seen.units >= 3)
      #expect(seen.channels == [0, 1, 2, 3])
      #expect(seen.rate == 30_000)
      #expect(seen.hasTraces)
      #expect(seen.groups.contains("good"))
    }
  }

  @Test func excludedChannels() throws {
    try withTemporaryFolder { (folder) throws in
      let result = try sorted(simulated(in: folder), in: folder, "--exclude-channels", "1")
      let seen = try opened(result)
      #expect(seen.channels == [0, 2, 3] && seen.hasTraces)
    }
  }

  @Test func partOfARecording() throws {
    try withTemporaryFolder { (folder) throws in
      let seen = try opened(sorted(simulated(in: folder), in: folder, "--start", "10", "--end", "25"))
      #expect(seen.spikes > 100 && seen.hasTraces)
    }
  }

  @Test func probe() throws {
    try withTemporaryFolder { (folder) throws in
      let seen = try opened(sorted(simulated(in: folder, "--channels", "10"), in: folder))
      #expect(seen.channels == Array(0..<10) && seen.hasTraces)
    }
  }

  @Test(arguments: [("npy", 4), ("csv", 4), ("npy", 10)])
  func recordingsPhyCannotRead(_ format: String, channels: Int) throws {
    try withTemporaryFolder { (folder) throws in
      let flat = try simulated(in: folder, "--channels", "\(channels)").appendingPathComponent(
        "recording ä.dat")
      let samples = try Data(contentsOf: flat).withUnsafeBytes { Array($0.bindMemory(to: Int16.self)) }
      let file = folder.appendingPathComponent("r.\(format)")
      if format == "npy" {
        try NPY.write(samples, shape: [samples.count / channels, channels], to: file)
      } else {
        // Ten seconds are text enough.
        let rows = stride(from: 0, to: 1_200_000, by: 4).map { i in
          samples[i..<i + 4].map(String.init).joined(separator: ",")
        }
        try Data(("a,b,c,d\n" + rows.joined(separator: "\n") + "\n").utf8).write(to: file)
      }
      let result = try sorted(file, in: folder, "--rate", "30000")
      let seen = try opened(result)
      #expect(!seen.hasTraces)
      #expect(seen.spikes > 100)
      #expect(names(in: result).filter { $0.hasPrefix("_phy_spikes_subset.") }.count == 3)
    }
  }

  @Test func featuresWithTimes() throws {
    // What cluster makes of features, times and waveforms opens too.
    try withTemporaryFolder { (folder) throws in
      let first = try sorted(simulated(in: folder), in: folder)
      let times = first.appendingPathComponent("spike_times.npy")
      let count = try NPYArray(contentsOf: times).shape[0]
      let features = try NPYArray(contentsOf: first.appendingPathComponent("pc_features.npy"))
      let flat = folder.appendingPathComponent("f.npy")
      try NPY.write(features.doubles(), shape: [count, 12], to: flat)
      let waveforms = folder.appendingPathComponent("w.npy")
      try NPY.write((0..<count * 80).map { sin(Float($0 % 20)) }, shape: [count, 20, 4], to: waveforms)
      let result = folder.appendingPathComponent("clustered")
      let outcome = try spikesort(
        "cluster", flat.path, "--times", times.path, "--rate", "30000", "--waveforms", waveforms.path,
        "--quiet", "-o",
        result.path)
      try #require(outcome.status == 0, "\(outcome.errors)")
      let seen = try opened(result)
      #expect(seen.spikes == count && !seen.hasTraces)
    }
  }

  @Test(arguments: ["plain", "hard"]) func comparisonAgrees(_ kind: String) throws {
    try withTemporaryFolder { (folder) throws in
      let more = kind == "plain" ? [] : ["--noise-uv", "25", "--units", "8", "--bursts", "--drift"]
      let recording = folder.appendingPathComponent("recording")
      try #require(
        try spikesort(["simulate", "-o", recording.path, "--seconds", "60", "--seed", "5", "--quiet"] + more)
          .status == 0)
      let result = try sorted(recording, in: folder, "--model", kind == "plain" ? "drifting-t" : "gaussian")
      let theirs = try #require(
        try JSONSerialization.jsonObject(with: runScript("compare_result.py", result, recording))
          as? [String: Any])
      let ours = try spikesort("compare", result.path, recording.path, "--json").json()
      #expect(ours.keys.sorted() == theirs.keys.sorted())
      for key in ["wellDetected", "falsePositive", "redundant", "overmerged"] {
        #expect(ours[key] as? Int == theirs[key] as? Int, "\(key)")
      }
      func number(_ value: Any?) -> Double { (value as? NSNumber)?.doubleValue ?? .nan }
      #expect(abs(number(ours["meanAccuracy"]) - number(theirs["meanAccuracy"])) < 1e-9)
      #expect(number(ours["meanAccuracy"]) > 0.3)
      let ourUnits = try #require(ours["units"] as? [[String: Any]])
      let theirUnits = try #require(theirs["units"] as? [[String: Any]])
      #expect(ourUnits.count == theirUnits.count)
      for (our, their) in zip(ourUnits, theirUnits) {
        #expect(our["truth"] as? Int == their["truth"] as? Int)
        #expect(our["unit"] as? Int == their["unit"] as? Int)
        for key in ["accuracy", "precision", "recall"] {
          #expect(
            abs(number(our[key]) - number(their[key])) < 1e-9, "\(key) of true unit \(our["truth"] ?? "")")
        }
      }
    }
  }
}
