import Foundation
import Recordings

/// One parser of untrusted bytes: the file that is fuzzed and what stands beside it. `make fuzz` makes up the file's
/// bytes, and the tests replay those that were found.
struct FuzzCase: Sendable {
  /// The name of its folder in `Fuzzing/Corpus`.
  let name: String
  /// The file with the bytes.
  let file: String
  /// The path that is opened.
  let opened: String
  /// The files beside it.
  var companions: [String: [UInt8]] = [:]
  var description = RecordingDescription()
  /// Whether the bytes are a probe's, not a recording's.
  var isProbe = false

  static let all: [FuzzCase] = [
    FuzzCase(name: "spikeglx", file: "r.meta", opened: "r.bin", companions: ["r.bin": zeros(240)]),
    FuzzCase(name: "axona", file: "r.set", opened: "r.set", companions: ["r.bin": zeros(864)]),
    FuzzCase(name: "intan", file: "r.rhd", opened: "r.rhd"),
    FuzzCase(
      name: "intan-folder", file: "info.rhd", opened: "info.rhd",
      companions: ["amplifier.dat": zeros(160), "time.dat": zeros(160)]),
    FuzzCase(name: "neuralynx", file: "r.ncs", opened: "r.ncs"),
    FuzzCase(
      name: "open-ephys", file: "structure.oebin", opened: "structure.oebin",
      companions: ["continuous/S/continuous.dat": zeros(24)]),
    FuzzCase(name: "continuous", file: "100_CH1.continuous", opened: "100_CH1.continuous"),
    FuzzCase(name: "blackrock", file: "r.ns5", opened: "r.ns5"),
    FuzzCase(
      name: "blackrock-events", file: "r.nev", opened: "r.ns5",
      companions: [
        "r.ns5": Array("NEURALSG".utf8) + zeros(16) + [1, 0, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0] + zeros(20)
      ]),
    FuzzCase(name: "mda", file: "r.mda", opened: "r.mda", description: known),
    FuzzCase(name: "npy", file: "r.npy", opened: "r.npy", description: known),
    FuzzCase(name: "csv", file: "r.csv", opened: "r.csv", description: known),
    FuzzCase(name: "meta", file: "meta.json", opened: "s.dat", companions: ["s.dat": zeros(240)]),
    FuzzCase(
      name: "probe", file: "p.json", opened: "s.dat", companions: ["s.dat": zeros(240)], description: known,
      isProbe: true),
    FuzzCase(
      name: "spikeinterface", file: "binary.json", opened: "binary.json",
      companions: ["traces_cached_seg0.raw": zeros(240), "traces_cached_seg1.raw": zeros(240)]),
    FuzzCase(name: "hdf5", file: "r.nwb", opened: "r.nwb"),
  ]

  private static let known = RecordingDescription(samplingRate: 20000)

  private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  /// Writes what stands beside the file.
  func prepare(in folder: URL) throws {
    for (name, bytes) in companions {
      let url = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
    }
  }

  /// Opens the bytes and reads their beginning.
  ///
  /// - Returns: the sentence they are refused with; nil where they are read.
  /// - Throws: what is no such refusal, which is a fault.
  func run(_ bytes: Data, in folder: URL) throws -> String? {
    let url = folder.appendingPathComponent(file)
    try bytes.write(to: url)
    var description = description
    if isProbe {
      description.probeFile = url
      description.channelCount = 4
    }
    do {
      let recording = try openRecording(at: folder.appendingPathComponent(opened), description: description)
      _ = try recording.read(frames: 0..<min(recording.frameCount, 100))
      return nil
    } catch let error as RecordingError {
      return error.description
    }
  }
}
