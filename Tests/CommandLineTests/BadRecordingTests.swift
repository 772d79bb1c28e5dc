import Foundation
import NumPyInterop
import TestSupport
import Testing

/// A command that must be refused: what it is given, its exit code and what its sentence must speak of.
struct Refusal: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var arguments: [String]
  var status: Int32
  var says: [String]
  /// Makes the input in a folder; arguments are run with its path in place of `@`.
  var prepare: @Sendable (URL) throws -> Void

  init(
    _ name: String, _ arguments: [String], _ status: Int32, says: [String],
    prepare: @escaping @Sendable (URL) throws -> Void = { _ in }
  ) {
    testDescription = name
    self.arguments = arguments
    self.status = status
    self.says = says
    self.prepare = prepare
  }

  /// Runs the command and checks its code, its one sentence, and that nothing is left behind.
  func check(sourceLocation: SourceLocation = #_sourceLocation) throws {
    try withTemporaryFolder { (folder) throws in
      try prepare(folder)
      let before = names(in: folder)
      let outcome = try spikesort(arguments.map { $0.replacingOccurrences(of: "@", with: folder.path) })
      #expect(outcome.status == status, "\(outcome.errors)", sourceLocation: sourceLocation)
      #expect(outcome.output.isEmpty, "stdout is for results", sourceLocation: sourceLocation)
      #expect(
        outcome.errorLines.count == 1, "one sentence: \(outcome.errors)", sourceLocation: sourceLocation)
      #expect(outcome.errors.hasPrefix("spikesort: "), "\(outcome.errors)", sourceLocation: sourceLocation)
      for word in says {
        #expect(outcome.errors.contains(word), "\(outcome.errors)", sourceLocation: sourceLocation)
      }
      #expect(names(in: folder) == before, "something is left behind", sourceLocation: sourceLocation)
    }
  }
}

struct BadRecordingTests {
  private static let flat = ["--rate", "10000", "--channels", "4", "--quiet", "-o", "@/out"]

  private static func sort(_ file: String, _ more: [String] = []) -> [String] {
    ["sort", "@/" + file] + flat + more
  }

  private static func floats(_ value: Float) -> @Sendable (URL) throws -> Void {
    { folder in
      var samples = noise(frames: 10_000).map(Float.init)
      samples[4 * 5000 + 2] = value
      try write(samples, to: folder.appendingPathComponent("r.dat"))
    }
  }

  private static let good: @Sendable (URL) throws -> Void = { folder in
    var samples = noise(frames: 10_000)
    for frame in irregular(from: 300, to: 9000, by: 300) { addSpike(to: &samples, at: frame) }
    try write(samples, to: folder.appendingPathComponent("r.dat"))
  }

  private static func bytes(_ data: Data, _ name: String = "r.dat") -> @Sendable (URL) throws -> Void {
    { try data.write(to: $0.appendingPathComponent(name)) }
  }

  static let files: [Refusal] = [
    Refusal("a missing file", sort("none.dat"), 65, says: ["none.dat", "no such file"]),
    Refusal(
      "one of two files missing", ["sort", "@/r.dat", "@/none.dat"] + flat, 65, says: ["none.dat"],
      prepare: good),
    Refusal(
      "an empty file", sort("r.dat"), 65, says: ["r.dat", "empty", "expected"], prepare: bytes(Data())),
    Refusal(
      "an odd number of bytes", sort("r.dat", ["--strict"]), 65,
      says: ["r.dat", "last 1 byte", "4 channels × 2", "--strict"],
      prepare: bytes(Data(count: 100_001))),
    Refusal(
      "a picture", sort("r.dat"), 65, says: ["r.dat", "PNG", "expected"],
      prepare: bytes(
        Data([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] + [UInt8](repeating: 7, count: 4000)))),
    Refusal(
      "text", sort("r.dat"), 65, says: ["r.dat", "text", "expected"],
      prepare: bytes(Data(String(repeating: "Dear diary, ", count: 80).utf8))),
    Refusal("a folder without a description", sort(""), 65, says: ["meta.json", "expected"]),
    Refusal(
      "a truncated .npy", sort("r.npy", ["--strict"]), 65, says: ["r.npy", "998 whole frames"],
      prepare: { folder in
        let whole = NPY.data(noise(frames: 1000), shape: [1000, 4])
        try whole.prefix(whole.count - 10).write(to: folder.appendingPathComponent("r.npy"))
      }),
    Refusal(
      "a CSV with a word in it", sort("r.csv"), 65, says: ["r.csv", "expected"],
      prepare: bytes(
        Data(("a,b,c,d\n" + String(repeating: "1,2,3,4\n", count: 3) + "1,2,three,4\n").utf8), "r.csv")),
    Refusal(
      "a header alone", sort("r.csv"), 65, says: ["r.csv", "expected"],
      prepare: bytes(Data("a,b,c,d\n".utf8), "r.csv")),
    Refusal(
      "fewer frames than described", ["sort", "@/s", "-o", "@/out", "--quiet", "--strict"], 65,
      says: ["s.dat", "frames", "--strict"],
      prepare: { folder in
        let recording = try simulated(in: folder, name: "s", seconds: 1)
        let file = recording.appendingPathComponent("s.dat")
        try Data(contentsOf: file).prefix(80_000).write(to: file)
      }),
    Refusal(
      "NaN", sort("r.dat", ["--dtype", "float32"]), 65,
      says: ["r.dat", "NaN", "frame 5000 of channel 2", "expected"],
      prepare: floats(.nan)),
    Refusal(
      "infinity", sort("r.dat", ["--dtype", "float32"]), 65,
      says: ["r.dat", "infinite", "frame 5000", "expected"],
      prepare: floats(-.infinity)),
    Refusal(
      "every channel dead", sort("r.dat"), 65, says: ["r.dat", "constant", "expected"],
      prepare: { try write([Int16](repeating: 7, count: 40_000), to: $0.appendingPathComponent("r.dat")) }),
  ]

  static let options: [Refusal] = [
    Refusal(
      "rate 0", ["sort", "@/r.dat", "--rate", "0", "--channels", "4", "-o", "@/out"], 64,
      says: ["--rate", "expected"]),
    Refusal(
      "a rate beyond reason", ["sort", "@/r.dat", "--rate", "1e12", "--channels", "4", "-o", "@/out"], 65,
      says: ["r.dat", "expected"]),
    Refusal(
      "a seed that leaves no room", sort("r.dat", ["--seed", "9223372036854775807"]), 64,
      says: ["--seed", "expected"]),
    Refusal(
      "no rate", ["sort", "@/r.dat", "--channels", "4", "-o", "@/out"], 64, says: ["r.dat", "--rate"]),
    Refusal(
      "no channels", ["sort", "@/r.dat", "--rate", "10000", "-o", "@/out"], 64, says: ["r.dat", "--channels"]),
    Refusal(
      "K reversed", sort("r.dat", ["--components", "5...2"]), 64, says: ["--components", "5...2", "expected"]),
    Refusal("K from 0", sort("r.dat", ["--components", "0...5"]), 64, says: ["--components", "expected"]),
    Refusal(
      "K no number", sort("r.dat", ["--components", "few"]), 64, says: ["--components", "few", "expected"]),
    Refusal(
      "more components than spikes", sort("r.dat", ["--components", "500...600"]), 64,
      says: ["500...600", "expected"]),
    Refusal("a band beyond Nyquist", sort("r.dat", ["--band", "300,5001"]), 64, says: ["5000", "expected"]),
    Refusal("a band reversed", sort("r.dat", ["--band", "3000,300"]), 64, says: ["--band", "expected"]),
    Refusal("a threshold of 0", sort("r.dat", ["--threshold", "0"]), 64, says: ["--threshold", "expected"]),
    Refusal(
      "a start that is no number", sort("r.dat", ["--start", "nan"]), 64, says: ["nan s", "expected"]),
    Refusal(
      "a start beyond the end", sort("r.dat", ["--start", "1e300"]), 64, says: ["--start", "r.dat", "1.0 s"]),
    Refusal(
      "an end before the start", sort("r.dat", ["--start", "2", "--end", "1"]), 64,
      says: ["--start", "--end"]),
    Refusal(
      "a channel that is not there", sort("r.dat", ["--exclude-channels", "4"]), 64,
      says: ["r.dat", "0 to 3"]),
    Refusal("every channel excluded", sort("r.dat", ["--exclude-channels", "0,1,2,3"]), 64, says: ["r.dat"]),
    Refusal("no threads", sort("r.dat", ["--threads", "0"]), 64, says: ["--threads", "expected"]),
    Refusal("an offset alone", sort("r.dat", ["--offset", "3"]), 64, says: ["--offset", "--gain"]),
    Refusal("a negative seed", sort("r.dat", ["--seed=-1"]), 64, says: ["--seed", "expected"]),
    Refusal("a probe that is not there", sort("r.dat", ["--probe", "@/none.json"]), 65, says: ["none.json"]),
  ].map {
    var refusal = $0
    refusal.prepare = good
    return refusal
  }

  @Test(arguments: files) func refusedFile(_ refusal: Refusal) throws { try refusal.check() }

  @Test(arguments: options) func refusedOption(_ refusal: Refusal) throws { try refusal.check() }

  @Test(arguments: ["sort", "cluster", "info", "compare", "metrics", "report", "simulate"])
  func argumentsMissing(_ command: String) throws {
    let outcome = try spikesort(command)
    #expect(outcome.status == 64)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.contains("Usage: spikesort \(command)"))
  }

  @Test func unknownWords() throws {
    #expect(try spikesort("sorte").status == 64)
    #expect(try spikesort("sort", "a", "-o", "b", "--no-such-option").status == 64)
    #expect(try spikesort("sort", "a", "-o", "b", "--model", "spline").status == 64)
  }
}

/// Recordings that are poor but can be sorted: a report is made, and says so.
struct PoorRecordingTests {
  private func sorted(
    _ samples: [Int16], _ more: [String] = [], _ check: (CommandOutcome, URL) throws -> Void
  ) throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("r.dat")
      try write(samples, to: file)
      let out = folder.appendingPathComponent("out")
      let outcome = try spikesort(
        ["sort", file.path, "--rate", "10000", "--channels", "4", "--quiet", "-o", out.path] + more)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(names(in: folder) == ["out", "r.dat"])
      #expect(FileManager.default.fileExists(atPath: out.appendingPathComponent("report.html").path))
      try check(outcome, out)
    }
  }

  private func noisy(_ frames: [Int] = irregular(from: 500, to: 29_000, by: 700)) -> [Int16] {
    var samples = noise(frames: 30_000)
    for frame in frames { addSpike(to: &samples, at: frame) }
    return samples
  }

  @Test(arguments: [0, 1, 3]) func deadChannel(_ dead: Int) throws {
    var samples = noisy()
    for frame in 0..<30_000 { samples[4 * frame + dead] = 11 }
    try sorted(samples) { (outcome, out) throws in
      #expect(outcome.errors.contains("warning: channel \(dead) is dead (constant) and is left out"))
      #expect(try warnings(of: out).contains("channel \(dead) is dead (constant) and is left out"))
      #expect(try numbers("channel_map.npy", of: out) == [0, 1, 2, 3].filter { $0 != Double(dead) })
      #expect(try numbers("spike_times.npy", of: out).count > 30)
    }
  }

  @Test func duplicatedChannel() throws {
    var samples = noisy()
    for frame in 0..<30_000 { samples[4 * frame + 2] = samples[4 * frame + 1] }
    try sorted(samples, ["--json"]) { (outcome, out) throws in
      #expect(outcome.errors.contains("warning: channel 2 repeats channel 1 and is left out"))
      #expect(try outcome.json()["spikes"] as? Int ?? 0 > 30)
      #expect(try numbers("channel_map.npy", of: out) == [0, 1, 3])
    }
    // Without the original the copy is a channel like any other.
    try sorted(samples, ["--exclude-channels", "1"]) { (outcome, out) throws in
      #expect(!outcome.errors.contains("repeats"))
      #expect(try numbers("channel_map.npy", of: out) == [0, 2, 3])
    }
  }

  @Test func noSpikes() throws {
    try sorted(noise(frames: 30_000), ["--threshold", "50"]) { (outcome, out) throws in
      #expect(outcome.errors.contains("nothing to sort"))
      #expect(outcome.text.contains("No spikes were found"))
      #expect(
        !names(in: out).contains { $0 == "params.py" || $0 == "spike_times.npy" },
        "no Phy files without spikes")
      #expect(try record(of: out)["spikeCount"] as? Int == 0)
      // The report of nothing can be drawn again.
      #expect(try spikesort("report", out.path).status == 0)
      #expect(try spikesort("metrics", out.path, "--json").status == 0)
    }
  }

  @Test(arguments: ["drifting-t", "t", "gaussian"]) func fewerSpikesThanComponents(_ model: String) throws {
    try sorted(noisy([5000, 9000, 20_000]), ["--model", model, "--threshold", "8"]) { (_, out) throws in
      #expect(try numbers("spike_times.npy", of: out).count == 3)
      let verdicts = try verdicts(of: out)
      #expect(!verdicts.isEmpty && verdicts.allSatisfy { $0 == "tooFew" })
      let units = try record(of: out)["units"] as? [[String: Any]] ?? []
      #expect(units.allSatisfy { ($0["spikeCount"] as? Int ?? 0) > 0 }, "no unit without spikes")
    }
  }

  @Test func oneSpike() throws {
    try sorted(noisy([15_000]), ["--threshold", "8"]) { (_, out) throws in
      #expect(try numbers("spike_times.npy", of: out) == [15_000])
      #expect(try verdicts(of: out) == ["tooFew"])
    }
  }

  @Test func framesFewerThanAFilterNeeds() throws {
    try sorted(noise(frames: 12)) { (_, out) throws in
      #expect(try record(of: out)["spikeCount"] as? Int == 0)
    }
  }

  @Test func voltagesBeyondAllReason() throws {
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("r.dat")
      try write(noisy().map { Float($0) * 1e30 }, to: file)
      let out = folder.appendingPathComponent("out")
      let outcome = try spikesort(
        "sort", file.path, "--rate", "10000", "--channels", "4", "--dtype", "float32", "--quiet", "-o",
        out.path)
      #expect(outcome.status == 0, "\(outcome.errors)")
      #expect(try numbers("spike_times.npy", of: out).count > 30)
    }
  }
}
