import Foundation
import NumPyInterop
import TestSupport
import Testing

/// Options that would have no effect are refused, so that a result says of none that it was followed where it was not.
struct OptionEffectTests {
  /// Forty spikes of three features with times.
  private static let spikes: @Sendable (URL) throws -> Void = { folder in
    let values = (0..<120).map { sin(Double($0) * 1.7) * 3 }
    try NPY.write(values, shape: [40, 3], to: folder.appendingPathComponent("f.npy"))
    try NPY.write((0..<40).map { Int64(100 * $0) }, to: folder.appendingPathComponent("t.npy"))
  }

  private static func cluster(_ more: [String], times: Bool = true) -> [String] {
    ["cluster", "@/f.npy", "-o", "@/out", "--quiet"]
      + (times ? ["--times", "@/t.npy", "--rate", "1000"] : []) + more
  }

  private static func sort(_ more: [String]) -> [String] {
    ["sort", "@/f.npy", "-o", "@/out", "--quiet", "--times", "@/t.npy", "--rate", "1000"] + more
  }

  private static let trace: @Sendable (URL) throws -> Void = {
    try Data(count: 80_000).write(to: $0.appendingPathComponent("r.dat"))
  }

  private static func raw(_ more: [String]) -> [String] {
    ["sort", "@/r.dat", "--rate", "10000", "--channels", "4", "-o", "@/out", "--quiet"] + more
  }

  /// What drifting components do not follow, of a recording and of features with times.
  private static let ofTheModel: [Refusal] = {
    let options: [[String]] = [
      ["--criterion", "icl"], ["--criterion", "held-out"], ["--covariance", "tied"], ["--init", "random"],
    ]
    return options.flatMap { (option: [String]) -> [Refusal] in
      let says = ["\(option[0].dropFirst(2)) \(option[1])", "drifting-t", "expected"]
      return [
        Refusal("a recording with \(option)", raw(option), 64, says: says, prepare: trace),
        Refusal("features with \(option)", cluster(option), 64, says: says, prepare: spikes),
      ]
    }
  }()

  /// What goes together with no preset, or with no times.
  private static let together: [Refusal] = [
    Refusal(
      "a thorough lab", cluster(["--preset", "lab", "--thorough"]), 64,
      says: ["thorough", "lab", "expected"],
      prepare: spikes),
    Refusal(
      "a drifting lab", cluster(["--preset", "lab", "--model", "drifting-t"]), 64,
      says: ["lab", "drifting-t", "expected"], prepare: spikes),
    Refusal(
      "drift without times", cluster(["--model", "drifting-t"], times: false), 64,
      says: ["--model drifting-t", "f.npy", "expected"], prepare: spikes),
    Refusal(
      "a rate without times", cluster(["--rate", "1000"], times: false), 64, says: ["--rate", "--times"],
      prepare: spikes),
  ]

  /// What is of no use to spikes that are detected already.
  private static let ofTheSignal: [Refusal] = {
    let options: [[String]] = [
      ["--band", "300,400"], ["--threshold", "4.5"], ["--peak", "both"], ["--reference", "median"],
      ["--exclude-channels", "0"], ["--start", "1"], ["--end", "2"], ["--groups", "4"],
      ["--offset", "3", "--gain", "1"],
    ]
    return options.map { (option: [String]) -> Refusal in
      Refusal(
        "detected spikes with \(option)", sort(option), 64, says: ["\(option[0].dropFirst(2))", "detected"],
        prepare: spikes)
    }
  }()

  static let refusals: [Refusal] = ofTheModel + together + ofTheSignal

  @Test(arguments: refusals) func refused(_ refusal: Refusal) throws { try refusal.check() }

  /// What says what is done anyway passes.
  @Test func whatIsDoneAnywayPasses() throws {
    try withTemporaryFolder { (folder) throws in
      try Self.spikes(folder)
      let words = ["--criterion", "bic", "--covariance", "full", "--init", "kmeans++", "--peak", "auto"]
      let arguments = Self.sort(words + ["--components", "1...2"])
      let outcome = try spikesort(arguments.map { $0.replacingOccurrences(of: "@", with: folder.path) })
      #expect(outcome.status == 0, "\(outcome.errors)")
      // Without times components do not drift, and every option is followed.
      let still = Self.cluster(["--criterion", "icl", "--covariance", "diag"], times: false)
      let next = try spikesort(
        still.map { $0.replacingOccurrences(of: "@", with: folder.path) } + ["--overwrite"])
      #expect(next.status == 0, "\(next.errors)")
      let options = try record(of: folder.appendingPathComponent("out"))["options"] as? [String: Any]
      #expect(options?["model"] as? String == "t")
    }
  }

  /// The lab's folder sorted with drift is no lab's procedure, and does not say so.
  @Test func theLabsFolderWithDrift() throws {
    try withTemporaryFolder { (folder) throws in
      let lab = folder.appendingPathComponent("lab")
      try FileManager.default.createDirectory(at: lab, withIntermediateDirectories: true)
      let values = (0..<240 * 12).map { sin(Double($0) * 1.7) * 3 }
      let samples = (0..<240).map { Double(1000 + 240 * $0) }
      try NPY.write(values, shape: [240, 12], to: lab.appendingPathComponent("features.npy"))
      try NPY.write(samples, to: lab.appendingPathComponent("spiketimes_s.npy"))
      try NPY.write(samples.map { $0 / 24 }, to: lab.appendingPathComponent("spiketimes_t.npy"))
      let out = folder.appendingPathComponent("out")
      let outcome = try spikesort(
        "cluster", lab.path, "-o", out.path, "--model", "drifting-t", "--components", "1...2", "--quiet")
      #expect(outcome.status == 0, "\(outcome.errors)")
      let options = try record(of: out)["options"] as? [String: Any]
      #expect(options?["labPreset"] as? Bool == false && options?["initialisation"] as? String == "kmeans++")
    }
  }
}
