import Foundation
import Recordings
import SpikeFiles

/// One parser of untrusted bytes, of recordings or of spikes: the file that is fuzzed and what stands beside it. `make fuzz` makes up the file's
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
  /// Further names of the file, for formats that keep in two files what one can hold.
  var links: [String] = []
  var description = RecordingDescription()
  var kind = Kind.recording

  /// What the bytes are part of.
  enum Kind: Sendable {
    case recording
    case probe
    case spikes
    case axonaCut
    case klustersLabels
    case unitTimes
  }

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
      kind: .probe),
    FuzzCase(
      name: "spikeinterface", file: "binary.json", opened: "binary.json",
      companions: ["traces_cached_seg0.raw": zeros(240), "traces_cached_seg1.raw": zeros(240)]),
    FuzzCase(name: "hdf5", file: "r.nwb", opened: "r.nwb"),
    FuzzCase(name: "hdf5-kwd", file: "r.kwd", opened: "r.kwd"),
    FuzzCase(name: "hdf5-kwik", file: "r.kwik", opened: "r.kwik", links: ["r.kwx"], kind: .spikes),
    FuzzCase(name: "neuralynx-spikes", file: "r.ntt", opened: "r.ntt", kind: .spikes),
    FuzzCase(name: "open-ephys-spikes", file: "r.spikes", opened: "r.spikes", kind: .spikes),
    FuzzCase(
      name: "open-ephys-groups", file: "structure.oebin", opened: "structure.oebin",
      companions: [
        "spikes/G/spike_times.npy": npy("<i8", [2], zeros(16)),
        "spikes/G/spike_waveforms.npy": npy("<f4", [2, 1, 4], zeros(32)),
      ], kind: .spikes),
    FuzzCase(
      name: "axona-spikes", file: "r.1", opened: "r.1",
      companions: ["r.set": Array("ADC_fullscale_mv 1500\r\ngain_ch_0 1000\r\ngain_ch_1 2000\r\n".utf8)],
      kind: .spikes),
    FuzzCase(name: "axona-cut", file: "r.cut", opened: "r.cut", kind: .axonaCut),
    FuzzCase(
      name: "klusters-xml", file: "r.xml", opened: "r.xml",
      companions: ["r.res.1": Array("5\n9\n".utf8), "r.spk.1": zeros(24)], kind: .spikes),
    FuzzCase(
      name: "klusters-res", file: "r.res.1", opened: "r.res.1", companions: ["r.spk.1": zeros(24)],
      description: tetrode, kind: .spikes),
    FuzzCase(
      name: "klusters-spk", file: "r.spk.1", opened: "r.spk.1",
      companions: ["r.res.1": Array("5\n9\n".utf8)], description: tetrode, kind: .spikes),
    FuzzCase(
      name: "klusters-fet", file: "r.fet.1", opened: "r.fet.1", description: known, kind: .spikes),
    FuzzCase(
      name: "klusters-clu", file: "r.clu.1", opened: "r.clu.1",
      companions: ["r.res.1": Array("5\n9\n".utf8)], kind: .klustersLabels),
    FuzzCase(name: "wave-clus", file: "r.mat", opened: "r.mat", kind: .spikes),
    FuzzCase(
      name: "phy-params", file: "params.py", opened: "params.py",
      companions: phy(except: "params.py"), kind: .spikes),
    FuzzCase(
      name: "phy-channels", file: "pc_feature_ind.npy", opened: "params.py",
      companions: phy(except: "pc_feature_ind.npy"), kind: .spikes),
    FuzzCase(
      name: "prb", file: "p.prb", opened: "s.dat", companions: ["s.dat": zeros(240)], description: known,
      kind: .probe),
    FuzzCase(name: "mclust", file: "TT1_1.t", opened: "TT1_1.t", kind: .unitTimes),
    FuzzCase(name: "firings", file: "firings.mda", opened: "firings.mda", kind: .unitTimes),
    FuzzCase(name: "spikes-csv", file: "spikes.csv", opened: "spikes.csv", kind: .unitTimes),
    FuzzCase(
      name: "spikes-records", file: "spikes.npy", opened: ".",
      companions: ["numpysorting_info.json": Array(#"{"num_segments": 1, "unit_ids": [3, "b"]}"#.utf8)],
      kind: .unitTimes),
    FuzzCase(name: "npy-snippets", file: "r.npy", opened: "r.npy", kind: .spikes),
  ]

  private static let known = RecordingDescription(samplingRate: 20000)

  private static let tetrode = RecordingDescription(samplingRate: 20000, channelCount: 2)

  /// An array as NumPy writes it.
  private static func npy(_ type: String, _ shape: [Int], _ data: [UInt8]) -> [UInt8] {
    let axes = shape.map { "\($0)," }.joined(separator: " ")
    let header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(axes)), }"
    let padded = header + String(repeating: " ", count: 117 - header.utf8.count) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(padded.utf8.count), 0] + Array(padded.utf8) + data
  }

  /// Two spikes with one feature on each of two channels, but for the file that is fuzzed.
  private static func phy(except file: String) -> [String: [UInt8]] {
    var files = [
      "params.py": Array("sample_rate = 20000.\n".utf8),
      "spike_times.npy": npy("<i8", [2], [5] + zeros(7) + [9] + zeros(7)),
      "spike_templates.npy": npy("<i4", [2], [0, 0, 0, 0, 1, 0, 0, 0]),
      "pc_features.npy": npy("<f4", [2, 1, 2], zeros(16)),
      "pc_feature_ind.npy": npy("<i4", [2, 2], [0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0]),
    ]
    files[file] = nil
    return files
  }

  private static func zeros(_ count: Int) -> [UInt8] { [UInt8](repeating: 0, count: count) }

  /// Writes what stands beside the file.
  func prepare(in folder: URL) throws {
    for (name, bytes) in companions {
      let url = folder.appendingPathComponent(name)
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(bytes).write(to: url)
    }
    for name in links {
      try FileManager.default.createSymbolicLink(
        atPath: folder.appendingPathComponent(name).path, withDestinationPath: file)
    }
  }

  /// Opens the bytes and reads them, of recordings the beginning.
  ///
  /// - Returns: the sentence they are refused with; nil where they are read.
  /// - Throws: what is no such refusal, which is a fault.
  func run(_ bytes: Data, in folder: URL) throws -> String? {
    let url = folder.appendingPathComponent(file)
    try bytes.write(to: url)
    let path = folder.appendingPathComponent(opened)
    var description = description
    if kind == .probe {
      description.probeFile = url
      description.channelCount = 4
    }
    do {
      switch kind {
      case .recording, .probe:
        let recording = try openRecording(at: path, description: description)
        _ = try recording.read(frames: 0..<min(recording.frameCount, 100))
      case .spikes:
        _ = try openSpikes(at: path, description: description)
      case .axonaCut:
        _ = try axonaCut(at: path)
      case .klustersLabels:
        _ = try klustersLabels(at: path)
      case .unitTimes:
        _ = try openUnitTimes(at: path)
      }
      return nil
    } catch let error as RecordingError {
      return error.description
    }
  }
}
