import Foundation

/// A recording of the exam: one that `spikesort simulate` makes, or a folder that is there.
struct ExamRecording {
  /// What it is called, in tables and bounds.
  var name: String
  /// What it has, in a few words.
  var words: String
  /// What `spikesort simulate` is asked; nil for a folder that is there.
  var arguments: [String]?
  /// The folder of a recording that is there.
  var folder: URL?
  /// Whether it belongs to the few that every run of the tests sorts.
  var isSmall = false

  private init(_ name: String, _ words: String, _ arguments: String, small: Bool = false) {
    self.name = name
    self.words = words
    self.arguments = arguments.split(separator: " ").map(String.init)
    isSmall = small
  }

  private init(folder: URL) {
    name = folder.lastPathComponent
    words = ""
    self.folder = folder
  }

  /// Every recording that the exam simulates.
  static let simulated: [ExamRecording] = [
    ExamRecording("base", "six neurons", "--seconds 90 --seed 1", small: true),
    ExamRecording("busy", "fifteen neurons", "--seconds 90 --units 15 --seed 1"),
    ExamRecording("drift", "tissue that moves", "--seconds 120 --drift --seed 1"),
    ExamRecording("bursts", "bursts and collisions", "--seconds 90 --bursts --seed 1", small: true),
    ExamRecording(
      "drift-bursts", "both", "--seconds 120 --drift --bursts --seed 2", small: true),
    ExamRecording(
      "two-wires", "a stereotrode, four neurons", "--seconds 90 --channels 2 --units 4 --seed 1", small: true),
    ExamRecording(
      "one-wire", "a single wire, three neurons", "--seconds 90 --channels 1 --units 3 --seed 1",
      small: true),
    ExamRecording(
      "probe", "16 contacts, ten neurons", "--seconds 60 --channels 16 --units 10 --seed 1", small: true),
    condition("chewing", "bursts of 300–1000 µV on all wires, 20 a minute", seconds: 60),
    condition("emg", "40 µV of muscle noise, one second in eight", seconds: 60, small: true),
    condition("light", "stimulation artefacts of 800 µV, 5 ms, 10 Hz", seconds: 60, small: true),
    condition("blanked", "30 ms of every 50 are zero", seconds: 20),
    condition("silent", "zeros in the last two thirds", seconds: 120),
    condition("hum", "mains hum of 100 µV with harmonics to 550 Hz", seconds: 60, small: true),
    condition("leak", "field potentials that reach to 600 Hz", seconds: 60, small: true),
    condition("pink", "1/f background common to the wires", seconds: 60),
    condition("dead-wire", "one wire dead", seconds: 60, small: true),
    condition("noisy-wire", "one wire with 45 µV of noise", seconds: 60),
    condition("positive", "spikes that are peaks", seconds: 60),
    condition("mixed-sign", "every third neuron's spikes are peaks", seconds: 60, small: true),
    condition("broad", "half of the neurons have broad spikes", seconds: 60),
    condition("part", "neurons that fire in a part of the session only", seconds: 120, small: true),
    condition("fast", "two interneurons of 40–100 Hz", seconds: 60, small: true),
    condition("ripples", "population bursts, few spikes outside", seconds: 90, small: true),
    condition("up-states", "UP states, few spikes outside", seconds: 90),
    condition("jump", "the electrode jumps by 12 µm, twice", seconds: 90, small: true),
  ]

  private static func condition(_ name: String, _ words: String, seconds: Int, small: Bool = false) -> Self {
    ExamRecording(name, words, "--condition \(name) --seconds \(seconds) --seed 1", small: small)
  }

  /// The folders below another that hold a recording and its truth, in order of name.
  ///
  /// - Throws: `ExamError.badRecording` where there is none.
  static func below(_ folder: URL) throws -> [ExamRecording] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    let found = names.sorted().map { folder.appendingPathComponent($0) }.filter { place in
      ["meta.json", "gt_times.npy", "gt_labels.npy"].allSatisfy {
        FileManager.default.fileExists(atPath: place.appendingPathComponent($0).path)
      }
    }
    guard !found.isEmpty else {
      throw ExamError.badRecording(
        "\(folder.path) holds no folder with meta.json, gt_times.npy and gt_labels.npy; expected recordings with their truth"
      )
    }
    return found.map(ExamRecording.init(folder:))
  }
}

/// Why an exam cannot be held, or is failed.
enum ExamError: Error, CustomStringConvertible {
  /// A recording, or what should be one, is not what was expected.
  case badRecording(String)
  /// The program is not there, or ended in a way that no recording explains.
  case badProgram(String)
  /// A file of the exam cannot be read or written.
  case badFile(String)
  /// Recordings are below their bounds.
  case belowBounds(Int)

  var description: String {
    switch self {
    case .badRecording(let sentence), .badProgram(let sentence), .badFile(let sentence): sentence
    case .belowBounds(let count):
      count == 1 ? "one recording is beyond its bounds" : "\(count) recordings are beyond their bounds"
    }
  }
}
