internal import Curation
internal import Recordings
internal import SpikeSorting

/// `api/session`.
struct SessionAnswer: Encodable {
  struct RecordingState: Encodable {
    var available: Bool
    var name: String?
    var frames: Int?
    var reason: String?
  }

  struct PhyState: Encodable {
    var summary: String
    var units: Int
    var labels: Int
  }

  /// The groups of a result whose groups of channels were sorted each by itself.
  struct Groups: Encodable {
    struct Group: Encodable {
      var name: String
      /// Why there is nothing to show of it.
      var failure: String?
    }

    /// The folder that holds all.
    var folder: String
    /// The place of the one shown.
    var shown: Int
    var all: [Group]
  }

  var api = 1
  var spikesort: String
  var folder: String
  var readOnly: Bool
  var revision: Int
  var spikeCount: Int
  var channelCount: Int
  var featuresPerChannel: Int
  var featuresAreLocal: Bool
  var channelPositions: [[Double]]
  var channels: [Int]
  var samplingRate: Double?
  var frameCount: Int
  var startFrame: Int
  var seconds: Double?
  var clock: RecordingClock?
  var amplitudeUnit: String
  var hasTimes: Bool
  var hasWaveforms: Bool
  var hasAmplitudes: Bool
  var waveformFrames: Int?
  var troughFrame: Int?
  var noise: [Double?]
  var refractoryMilliseconds: Double
  var censoredMilliseconds: Double
  var band: [Double]?
  /// The first frame and the one after the last of every stretch that was left out, one after the other.
  var excludedFrames: [Int]
  var recording: RecordingState
  var phyEdits: PhyState?
  var groups: Groups?
  var files: [String]
  var warnings: [String]
  var notices: [String]
}

/// A row of the unit table: what was measured, and what people said.
struct UnitAnswer: Encodable {
  var measured: Sorting.Unit
  var curated: CurationState.Unit

  private enum CodingKeys: CodingKey { case label, group, note, origin, parents }

  func encode(to encoder: any Encoder) throws {
    try measured.encode(to: encoder)
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(curated.label, forKey: .label)
    try container.encode(curated.group(measured), forKey: .group)
    try container.encode(curated.note, forKey: .note)
    try container.encode(curated.origin, forKey: .origin)
    try container.encode(curated.parents, forKey: .parents)
  }
}

/// `api/units`.
struct UnitsAnswer: Encodable {
  var revision: Int
  var units: [UnitAnswer]
  var undo: String?
  var redo: String?
}

/// `api/pairs`.
struct PairsAnswer: Encodable {
  struct Pair: Encodable {
    var pair: Sorting.Pair
    var decision: String?

    private enum CodingKeys: CodingKey { case decision }

    func encode(to encoder: any Encoder) throws {
      try pair.encode(to: encoder)
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(decision, forKey: .decision)
    }
  }

  var revision: Int
  var pairs: [Pair]
}

/// `api/journal`.
struct JournalAnswer: Encodable {
  struct Entry: Encodable {
    var revision: Int
    var time: String
    var summary: String
    var active: Bool
  }

  var revision: Int
  var entries: [Entry]
}

/// What an action brought about.
struct ActionAnswer: Encodable {
  var revision: Int
  var removed: [Int]
  var changed: [UnitAnswer]
  var undo: String?
  var redo: String?
}
