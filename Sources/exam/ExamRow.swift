import Foundation
import LinearAlgebra
import NumPyInterop
import SpikeTrains

/// How one recording was sorted.
///
/// Accuracies are SpikeInterface's: matches within 0.4 ms, Hungarian pairs of agreement 0.5 or more, clusters called
/// noise left out, a true unit without a partner counts 0. A true unit is clear where its mean waveform peaks at 6 noise
/// deviations or more (600 to 6000 Hz) and it has 150 spikes.
struct ExamRow: Codable, Equatable {
  var name: String
  /// What the program said in place of a result.
  var refusal: String?
  /// Over all true units.
  var accuracy = 0.0
  var units = 0
  /// True units with an accuracy of 0.8 or more.
  var wellDetected = 0
  /// Over the clear true units; nil where there are none.
  var clearAccuracy: Double?
  var clearUnits = 0
  /// Units, noise left out, that agree with no true unit by 0.2.
  var falseUnits = 0
  /// Units called single.
  var singleUnits = 0
  /// Units called single of whose spikes fewer than 95 % are one true unit's.
  var wrongSingleUnits = 0
  /// Units of 500 spikes or more, 95 % of them one true unit's, that are not called single.
  var missedSingleUnits = 0
  /// The best agreement of a noise cluster with a true unit.
  var noiseAgreement = 0.0
  /// The stated range of the number of units; nil where none is stated.
  var range: [Int]?
  /// Whether the range holds the number of true units.
  var rangeHolds: Bool?
  /// The recording's length and the sorting's time.
  var recordedSeconds = 0.0
  var sortingSeconds = 0.0

  /// The accuracy that is judged: that of the clear units where there are any.
  var judgedAccuracy: Double { clearAccuracy ?? accuracy }
}

extension ExamRow {
  /// Scores a result against its truth.
  init(_ name: String, _ scored: ScoredResult) {
    self.init(name, truth: scored.truth, found: scored.found, meta: scored.meta, said: scored.said)
    sortingSeconds = Self.rounded(scored.seconds, 100)
  }

  init(_ name: String, truth: Spikes, found: Spikes, meta: RecordingFacts, said: SortingFacts) {
    self.name = name
    let verdicts = Dictionary(said.units.map { ($0.id, $0.verdict) }, uniquingKeysWith: { first, _ in first })
    func isNoise(_ label: Int) -> Bool { verdicts[label] == "noise" }
    let comparison = truth.compared(with: found.where { !isNoise($0) }, samplingRate: meta.samplingRate)
    let scores = comparison.scores()
    let ratios = Dictionary(
      meta.units.map { ($0.id, $0.signalToNoise ?? 9) }, uniquingKeysWith: { first, _ in first })
    let clear = zip(scores, comparison.truthCounts).filter { score, count in
      ratios[score.truth, default: 9] >= 6 && count >= 150
    }.map(\.0.accuracy)
    accuracy = Self.rounded(comparison.meanAccuracy)
    units = scores.count
    wellDetected = scores.count { $0.accuracy >= 0.8 }
    clearUnits = clear.count
    clearAccuracy = clear.isEmpty ? nil : Self.rounded(clear.reduce(0, +) / Double(clear.count))
    falseUnits = comparison.falsePositive.count
    for (column, label) in comparison.testedUnits.enumerated() {
      let (count, single) = (comparison.testedCounts[column], verdicts[label] == "single")
      let own = Double(comparison.matches.map { $0[column] }.max() ?? 0) / Double(max(1, count))
      singleUnits += single ? 1 : 0
      wrongSingleUnits += single && own < 0.95 ? 1 : 0
      missedSingleUnits += !single && own >= 0.95 && count >= 500 ? 1 : 0
    }
    let noise = truth.compared(with: found.where(isNoise), samplingRate: meta.samplingRate)
    noiseAgreement = Self.rounded(noise.agreement.storage.max() ?? 0)
    range = said.refits.flatMap { $0.range.isEmpty ? nil : [$0.range[0], $0.range[$0.range.count - 1]] }
    rangeHolds = range.map { ($0[0]...max($0[0], $0[1])).contains(units) }
    recordedSeconds = Self.rounded(Double(meta.frames) / meta.samplingRate, 100)
  }

  /// Thousandths are what the tables show and the bounds are made of.
  private static func rounded(_ value: Double, _ steps: Double = 1000) -> Double {
    (value * steps).rounded() / steps
  }
}

/// The files of a result and of its recording's truth, as far as the exam asks for them.
struct ScoredResult {
  var meta: RecordingFacts
  var said: SortingFacts
  /// The true spikes and those found, without what counts for nobody.
  var truth: Spikes
  var found: Spikes
  /// How long sorting took.
  var seconds: Double

  /// Reads them.
  ///
  /// - Throws: `ExamError.badRecording` for files that are not as expected.
  init(_ result: URL, truth folder: URL) throws {
    meta = try Self.decoded(RecordingFacts.self, folder.appendingPathComponent("meta.json"))
    said = try Self.decoded(SortingFacts.self, result.appendingPathComponent("sorting.json"))
    truth = try Spikes(
      folder.appendingPathComponent("gt_times.npy"), folder.appendingPathComponent("gt_labels.npy")
    ).without(meta.unscoredFrames)
    found = try Spikes(
      result.appendingPathComponent("spike_times.npy"), result.appendingPathComponent("spike_clusters.npy")
    ).without(meta.unscoredFrames)
    let run = try? Self.decoded(RunFacts.self, result.appendingPathComponent("run.json"))
    seconds = run?.seconds["total"] ?? 0
  }

  private static func decoded<Value: Decodable>(_ type: Value.Type, _ url: URL) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(contentsOf: url))
    } catch {
      throw ExamError.badRecording("\(url.path) is not as expected of a recording or a result: \(error)")
    }
  }
}

/// Spikes with the unit of each.
struct Spikes: Equatable {
  var frames: [Int]
  var labels: [Int]

  init(frames: [Int], labels: [Int]) {
    precondition(frames.count == labels.count, "a label for every spike")
    self.frames = frames
    self.labels = labels
  }

  init(_ times: URL, _ units: URL) throws {
    do {
      frames = try NPYArray(contentsOf: times).integers()
      labels = try NPYArray(contentsOf: units).integers()
    } catch {
      throw ExamError.badRecording("\(error)")
    }
    guard frames.count == labels.count else {
      throw ExamError.badRecording(
        "\(units.path): found \(labels.count) labels, expected \(frames.count), one a spike")
    }
  }

  /// The spikes of some units.
  func `where`(_ isKept: (Int) -> Bool) -> Spikes {
    let kept = labels.indices.filter { isKept(labels[$0]) }
    return Spikes(frames: kept.map { frames[$0] }, labels: kept.map { labels[$0] })
  }

  /// The spikes outside of some stretches of frames.
  func without(_ stretches: [Range<Int>]) -> Spikes {
    let kept = frames.indices.filter { i in !stretches.contains { $0.contains(frames[i]) } }
    return Spikes(frames: kept.map { frames[$0] }, labels: kept.map { labels[$0] })
  }

  func compared(with found: Spikes, samplingRate: Double) -> Comparison {
    Comparison(
      truthTimes: frames, truthLabels: labels, testedTimes: found.frames, testedLabels: found.labels,
      samplingRate: samplingRate)
  }
}

/// What a recording's `meta.json` says that the exam asks for.
struct RecordingFacts: Decodable {
  struct Unit: Decodable {
    var id: Int
    var signalToNoise: Double?

    enum CodingKeys: String, CodingKey {
      case id
      case signalToNoise = "snr_600_6000"
    }
  }

  var samplingRate: Double
  var frames: Int
  var units: [Unit]
  /// Stretches in seconds, beginning and end, that count for nobody.
  var unscored: [[Double]]?

  enum CodingKeys: String, CodingKey {
    case frames, units
    case samplingRate = "sampling_rate_hz"
    case unscored = "unscored_s"
  }

  var unscoredFrames: [Range<Int>] {
    (unscored ?? []).filter { $0.count == 2 && $0[0] < $0[1] }.map {
      Int(($0[0] * samplingRate).rounded())..<Int(($0[1] * samplingRate).rounded())
    }
  }
}

/// What a result's `sorting.json` says that the exam asks for.
struct SortingFacts: Decodable {
  struct Unit: Decodable {
    var id: Int
    var verdict: String
    var spikeCount: Int?
    var refractoryViolations: Int?
    var expectedViolations: Double?
    var falsePositives: Double?
    var lRatio: Double?
    var signalToNoise: Double?
    var chance: Double?
  }

  struct Refits: Decodable {
    var range: [Int]
  }

  var units: [Unit]
  var refits: Refits?
  /// The version of the program that wrote it.
  var version: String?
}

/// What a result's `run.json` says that the exam asks for.
struct RunFacts: Decodable {
  var seconds: [String: Double]
  var blasKernels: String?
}
