import Foundation
import NumPyInterop
import TestSupport
import Testing

/// Recordings of real neurons, where the samples are on this machine.
@Suite(.enabled(if: samplesFolder() != nil, "the sample recordings are not here (set SPIKESORT_SAMPLES)"))
struct RealRecordingTests {
  private func sample(_ path: String) throws -> URL {
    let url = try #require(samplesFolder()).appendingPathComponent(path)
    guard FileManager.default.fileExists(atPath: url.path) else {
      throw Failure(description: "\(url.path) is missing")
    }
    return url
  }

  private func sorted(_ recordings: [URL], to out: URL, _ more: [String]) throws -> [String: Any] {
    let outcome = try spikesort(
      ["sort"] + recordings.map(\.path) + ["--json", "--quiet", "-o", out.path] + more)
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(FileManager.default.fileExists(atPath: out.appendingPathComponent("report.html").path))
    return try outcome.json()
  }

  @Test func locustTetrode() throws {
    try withTemporaryFolder { (folder) throws in
      let trials = try ["01", "02"].map { try sample("locust_tetrode/locust_trial_\($0).raw") }
      let out = folder.appendingPathComponent("out")
      let answer = try sorted(trials, to: out, ["--rate", "15000", "--channels", "4"])
      #expect(try #require(answer["recordingSeconds"] as? Double) == 2 * 431_548 / 15_000)
      #expect(try #require(answer["spikes"] as? Int) > 500)
      #expect(try #require(answer["units"] as? Int) >= 3)
      #expect(try verdicts(of: out).contains("single"))
      // Its spikes go down.
      let trace = try #require(try record(of: out)["trace"] as? [String: Any])
      #expect(trace["sign"] as? Int == -1)
      let times = try numbers("spike_times.npy", of: out)
      #expect(times.contains { $0 < 431_548 } && times.contains { $0 > 431_548 })
    }
  }

  @Test(
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/gunzip")
        || FileManager.default.isExecutableFile(atPath: "/bin/gunzip"), "no gunzip here"))
  func locustTutorial() throws {
    try withTemporaryFolder { (folder) throws in
      let gunzip = URL(
        fileURLWithPath: FileManager.default.isExecutableFile(atPath: "/bin/gunzip")
          ? "/bin/gunzip" : "/usr/bin/gunzip")
      let channels = try (1...4).map { site in
        let packed = try sample("locust_tutorial/Locust_\(site).dat.gz")
        return try RunningCommand(gunzip, ["-c", packed.path]).wait().output.withUnsafeBytes {
          Array($0.bindMemory(to: Double.self))
        }
      }
      let frames = channels[0].count
      #expect(frames == 300_000 && channels.allSatisfy { $0.count == frames })
      let file = folder.appendingPathComponent("locust.dat")
      try write((0..<4 * frames).map { channels[$0 % 4][$0 / 4] }, to: file)
      let out = folder.appendingPathComponent("out")
      let answer = try sorted([file], to: out, ["--rate", "15000", "--channels", "4", "--dtype", "float64"])
      // Its spikes go up, which nobody said.
      let trace = try #require(try record(of: out)["trace"] as? [String: Any])
      #expect(trace["sign"] as? Int == 1)
      // The published analysis finds 1795 events at its own threshold, with overlaps counted once and background among them.
      let spikes = try #require(answer["spikes"] as? Int)
      #expect((1000...2600).contains(spikes), "\(spikes)")
      #expect(try #require(answer["units"] as? Int) >= 4)
    }
  }

  @Test func oneSecond() throws {
    try withTemporaryFolder { (folder) throws in
      let out = folder.appendingPathComponent("out")
      let file = try sample("dat_4ch_1s/test-4ch-1s.dat")
      _ = try sorted([file], to: out, ["--rate", "20000", "--channels", "4"])
      let verdicts = try verdicts(of: out)
      #expect(!verdicts.isEmpty)
      #expect(
        verdicts.allSatisfy { $0 == "tooFew" || $0 == "noise" },
        "a second is too little to judge: \(verdicts)")
    }
  }
}
