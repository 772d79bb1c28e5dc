import Foundation
import TestSupport
import Testing

/// `spikesort info` on files of several formats, whole and broken.
struct FormatTests {
  /// A seed of the fuzzer, the name it gets, and what must be said of it.
  private static let files: [(seed: String, name: String, format: String, channels: Int)] = [
    ("intan/seed-rhd", "séance 1.rhd", "Intan RHD", 2),
    ("intan/seed-rhs", "séance 1.rhs", "Intan RHS", 1),
    ("blackrock/seed-2.3", "дата 2.ns5", "Blackrock 2.3", 2),
    ("neuralynx/seed", "電極 CSC1.ncs", "Neuralynx", 1),
    ("continuous/seed", "100_CH 1ö.continuous", "Open Ephys, one file a channel", 1),
  ]

  private func put(_ seed: String, as name: String, in folder: URL, bytes: Int = .max) throws -> URL {
    let url = folder.appendingPathComponent(name)
    let whole = try Data(contentsOf: packageFolder.appendingPathComponent("Fuzzing/Corpus/\(seed)"))
    try whole.prefix(bytes).write(to: url)
    return url
  }

  @Test func everyFormatSaysWhatItIs() throws {
    try withTemporaryFolder { (folder) throws in
      for (seed, name, format, channels) in Self.files {
        let outcome = try spikesort("info", put(seed, as: name, in: folder).path, "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let answer = try outcome.json()
        #expect(answer["format"] as? String == format && answer["channels"] as? Int == channels, "\(answer)")
        #expect((answer["microvoltsPerUnit"] as? [Double])?.count == channels)
        #expect((answer["offsetMicrovolts"] as? [Double])?.count == channels)
        let frames = try #require(answer["frames"] as? Int)
        let segments = try #require(answer["segmentFrames"] as? [[Int]])
        #expect(segments.count == answer["segments"] as? Int && segments.last?.last == frames)
        #expect(answer["unit"] as? String == "µV")
        #expect(answer["files"] as? [String] == [name], "\(name)")
      }
    }
  }

  @Test func gapsAndGainsInWords() throws {
    try withTemporaryFolder { (folder) throws in
      let file = try put("blackrock/seed-2.3", as: "a.ns5", in: folder)
      let outcome = try spikesort("info", file.path)
      #expect(outcome.text.contains("format    Blackrock 2.3\n"), "\(outcome.text)")
      #expect(outcome.text.contains("gaps      1, before frame 9 (1.0 s)\n"))
      let gaps = try spikesort("info", file.path, "--json").json()["gapSeconds"] as? [Double]
      #expect(gaps == [1])
      #expect(outcome.text.contains("unit      µV, a step is by channel 0.25"))
    }
  }

  @Test func cutFilesAreRefused() throws {
    try withTemporaryFolder { (folder) throws in
      for (seed, name, _, _) in Self.files {
        let file = try put(seed, as: name, in: folder, bytes: 601)
        let outcome = try spikesort("info", file.path, "--strict")
        #expect(outcome.status == 65 && outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("\(name): "))
      }
    }
  }

  /// By the command, as some changes make the HDF5 library crash.
  @Test func changedNWBFiles() throws {
    let whole = try Data(contentsOf: packageFolder.appendingPathComponent("Fuzzing/Corpus/hdf5/seed-nwb"))
    try withTemporaryFolder { (folder) throws in
      let file = folder.appendingPathComponent("сессия 1.nwb")
      func info(_ bytes: Data) throws -> CommandOutcome {
        try bytes.write(to: file)
        return try spikesort("info", file.path)
      }
      #expect(try info(whole).status == 0)
      for count in stride(from: 8, to: whole.count, by: 701) {
        let outcome = try info(whole.prefix(count))
        #expect(outcome.status == 65 && outcome.errorLines.count == 1, "cut at \(count): \(outcome.errors)")
        #expect(outcome.errors.contains("сессия 1.nwb: found "))
      }
      var random = SeededGenerator(seed: 3)
      for _ in 0..<40 {
        var changed = whole
        for _ in 0..<3 {
          changed[Int.random(in: 0..<whole.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        let outcome = try info(changed)
        #expect([0, 64, 65].contains(outcome.status), "\(outcome.status) \(outcome.errors)")
      }
    }
  }

  /// On this file HDF5 1.10.8 writes beyond its own memory.
  @Test func damageTheLibraryCannotTake() throws {
    let file = packageFolder.appendingPathComponent("Fuzzing/Damaged/stack.nwb")
    let outcome = try spikesort("info", file.path)
    #expect(outcome.status == 65, "\(outcome.status) \(outcome.errors)")
    #expect(outcome.errorLines.last?.hasPrefix("spikesort: ") ?? false)
    #expect(outcome.errorLines.last?.contains("stack.nwb: found ") ?? false, "\(outcome.errors)")
  }
}
