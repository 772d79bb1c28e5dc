import Foundation
import NumPyInterop
import TestSupport
import Testing

@testable import Recordings

/// Files cut short, as a crash or a full disk leaves them: what is whole is read, and what is not is said.
@Suite struct CutFilesTests {
  /// A recording in files, and the one of them that is cut.
  struct Case: Sendable, CustomStringConvertible {
    let description: String
    /// The files by their paths in a folder.
    let files: [String: [UInt8]]
    let cut: String
    let opened: String
    /// So many bytes are missing.
    let missing: [Int]
    var known = RecordingDescription()
  }

  private static func seed(_ name: String) -> [UInt8] {
    (try? Data(contentsOf: packageFolder.appendingPathComponent("Fuzzing/Corpus/\(name)"))).map(Array.init)
      ?? []
  }

  /// 16-bit numbers that tell frames and channels apart.
  private static func samples(_ count: Int) -> [UInt8] {
    (0..<count).flatMap { [UInt8(truncatingIfNeeded: $0 * 7), UInt8(truncatingIfNeeded: $0 / 5)] }
  }

  private static let known = RecordingDescription(samplingRate: 30000, channelCount: 4)

  private static func numbers(_ count: Int) -> [UInt8] {
    Array(NPY.data((0..<count).map { Int64(100 + $0) }))
  }

  private static let oebin = """
    {"continuous": [{"folder_name": "A/", "sample_rate": 30000, "num_channels": 2, "channels": [
    {"channel_name": "CH1", "bit_volts": 0.195}, {"channel_name": "CH2", "bit_volts": 0.195}]}]}
    """
  private static let meta = """
    typeThis=nidq
    nSavedChans=4
    snsMnMaXaDw=4,0,0,0
    niSampRate=25000
    niAiRangeMax=5
    niMNGain=200
    niMAGain=1
    fileSizeBytes=160
    """
  private static let set = Array(
    ("ADC_fullscale_mv 1500\nrawRate 48000\ncollectMask_1 1\n"
      + (0..<4).map { "gain_ch_\($0) 5000\n" }.joined()).utf8)

  static let cases: [Case] = [
    Case(
      description: "flat", files: ["a.dat": samples(80)], cut: "a.dat", opened: "a.dat",
      missing: [1, 3, 7, 13, 101], known: known),
    Case(
      description: "Axona", files: ["a.set": set, "a.bin": samples(5 * 216)], cut: "a.bin", opened: "a.set",
      missing: [1, 431, 433, 700]),
    Case(
      description: "Intan", files: ["a.rhd": seed("intan/seed-rhd")], cut: "a.rhd", opened: "a.rhd",
      missing: [1, 2, 101]),
    Case(
      description: "Blackrock 2.3", files: ["a.ns5": seed("blackrock/seed-2.3")], cut: "a.ns5",
      opened: "a.ns5",
      missing: [1, 3, 5]),
    Case(
      description: "Blackrock 3.0", files: ["a.ns5": seed("blackrock/seed-3.0")], cut: "a.ns5",
      opened: "a.ns5",
      missing: [1, 3]),
    Case(
      description: "Blackrock 2.1", files: ["a.ns5": seed("blackrock/seed-2.1")], cut: "a.ns5",
      opened: "a.ns5",
      missing: [1, 3]),
    Case(
      description: "Neuralynx", files: ["a.ncs": seed("neuralynx/seed")], cut: "a.ncs", opened: "a.ncs",
      missing: [1, 700, 1043]),
    Case(
      description: "Open Ephys, one file a channel", files: ["100_CH1.continuous": seed("continuous/seed")],
      cut: "100_CH1.continuous", opened: "100_CH1.continuous", missing: [1, 700, 2069]),
    Case(
      description: "Open Ephys",
      files: [
        "structure.oebin": Array(oebin.utf8), "continuous/A/continuous.dat": samples(80),
        "continuous/A/timestamps.npy": numbers(40),
      ], cut: "continuous/A/continuous.dat", opened: "", missing: [1, 3, 4, 90]),
    Case(
      description: "SpikeGLX", files: ["a.meta": Array(meta.utf8), "a.bin": samples(80)], cut: "a.bin",
      opened: "a.bin", missing: [1, 8, 13]),
    Case(
      description: "folder with meta.json",
      files: [
        "meta.json": Array(
          "{\"file\":\"s.dat\",\"dtype\":\"int16\",\"sampling_rate_hz\":30000,\"channels\":4,\"frames\":20}"
            .utf8),
        "s.dat": samples(80),
      ], cut: "s.dat", opened: "", missing: [1, 8, 99]),
    Case(
      description: "NumPy", files: ["a.npy": Array(NPY.data((0..<60).map(Float.init), shape: [20, 3]))],
      cut: "a.npy",
      opened: "a.npy", missing: [1, 12, 100], known: RecordingDescription(samplingRate: 1000)),
    Case(
      description: "text", files: ["a.csv": Array("a,b\n1,2\n3,4\n5,6\n7,8\n".utf8)], cut: "a.csv",
      opened: "a.csv", missing: [2, 3], known: RecordingDescription(samplingRate: 1000)),
    Case(
      description: "MDA",
      files: [
        "a.mda": [252, 255, 255, 255, 2, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 20, 0, 0, 0] + samples(80)
      ], cut: "a.mda", opened: "a.mda", missing: [1, 8, 33], known: RecordingDescription(samplingRate: 1000)),
  ]

  private func put(_ files: [String: [UInt8]], in folder: URL) throws {
    for (name, bytes) in files {
      let url = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
    }
  }

  @Test(arguments: cases) func whatIsWholeIsRead(_ made: Case) throws {
    try withTemporaryFolder { (folder) throws in
      try put(made.files, in: folder)
      let opened = folder.appendingPathComponent(made.opened)
      let whole = try openRecording(at: opened, description: made.known)
      // One of the files has an analogue input beside its electrodes.
      #expect(whole.notices.allSatisfy { $0.contains("analogue input") })
      let all = try whole.read(frames: 0..<whole.frameCount)
      let bytes = try #require(made.files[made.cut])
      var strict = made.known
      strict.isStrict = true
      if whole.notices.isEmpty {
        #expect(throws: Never.self) { try openRecording(at: opened, description: strict) }
      }
      for missing in made.missing {
        try put([made.cut: Array(bytes.dropLast(missing))], in: folder)
        let recording = try openRecording(at: opened, description: made.known)
        let count = recording.frameCount
        #expect(count > 0 && count < whole.frameCount, "\(missing) missing: \(count) frames")
        #expect(try recording.read(frames: 0..<count) == Array(all.prefix(count * whole.channelCount)))
        #expect(recording.notices.count > whole.notices.count, "\(missing) missing")
        #expect(recording.notices.allSatisfy { $0.hasPrefix("/") && !$0.contains("\n") })
        #expect {
          try openRecording(at: opened, description: strict)
        } throws: {
          "\($0)".hasSuffix("; refused, as isStrict asks for the whole")
        }
      }
    }
  }

  @Test(arguments: [1, 39, 41, 400]) func frameNumbersOfAnotherLength(_ count: Int) throws {
    try withTemporaryFolder { (folder) throws in
      let made = try #require(Self.cases.first { $0.description == "Open Ephys" })
      try put(made.files, in: folder)
      try put(["continuous/A/timestamps.npy": Self.numbers(count)], in: folder)
      let recording = try openRecording(at: folder)
      #expect(recording.frameCount == 40 && recording.gaps.isEmpty)
      #expect(recording.notices.count == 1 && recording.notices[0].contains("numbers of \(count)"))
      // Numbers that are no array are left out, and said to be.
      try put(["continuous/A/timestamps.npy": Array("broken".utf8)], in: folder)
      let plain = try openRecording(at: folder)
      #expect(plain.frameCount == 40 && plain.notices.count == 1)
      #expect(plain.notices[0].contains("timestamps.npy"))
    }
  }

  @Test func aWireWithoutGainIsSilent() throws {
    try withTemporaryFolder { (folder) throws in
      let set = String(decoding: Self.set, as: UTF8.self).replacing("gain_ch_2 5000", with: "gain_ch_2 0")
      try put(["a.set": Array(set.utf8), "a.bin": Self.samples(5 * 216)], in: folder)
      let recording = try openRecording(at: folder.appendingPathComponent("a.bin"))
      let frames = try recording.read(frames: 0..<15)
      #expect((0..<15).allSatisfy { frames[4 * $0 + 2] == 0 } && frames[1] != 0)
      #expect(recording.notices.count == 1 && recording.notices[0].contains("gain of channel 2 is 0"))

      let oebin = Self.oebin.replacing("\"CH2\", \"bit_volts\": 0.195", with: "\"CH2\", \"bit_volts\": 0")
      try put(
        ["b/structure.oebin": Array(oebin.utf8), "b/continuous/A/continuous.dat": Self.samples(80)],
        in: folder)
      let other = try openRecording(at: folder.appendingPathComponent("b"))
      #expect(other.notices.count == 1 && other.notices[0].contains("channel CH2"))
    }
  }
}
