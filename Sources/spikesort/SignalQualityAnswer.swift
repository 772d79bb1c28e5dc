import Recordings
import SpikeSorting

/// What `info --quality` says of a group of channels.
struct SignalQualityAnswer: Encodable {
  var channels: [Int]
  /// The seconds that are left out, and their share of the recording.
  var excludedSeconds = 0.0
  var excludedShare = 0.0
  /// What was found; absent where nothing was.
  var artifacts: Sorting.Artifacts?
  /// The same in sentences; one that says why where the channels cannot be sorted.
  var sentences: [String] = []
  /// Whether several groups are told apart.
  private var isNamed = false

  private enum CodingKeys: String, CodingKey {
    case channels, excludedSeconds, excludedShare, artifacts, sentences
  }

  /// A line for every sentence.
  var lines: [String] {
    let name = isNamed ? "channels \(channels.map(String.init).joined(separator: " ")): " : ""
    return (sentences.isEmpty ? ["nothing that cannot be brain signal"] : sentences).map { name + $0 }
  }

  /// What is found in every group of a recording's channels.
  ///
  /// - Throws: what reading throws.
  static func all(of recording: any Recording, groups: [[Int]]) throws -> [SignalQualityAnswer] {
    try groups.map { group in
      var answer = SignalQualityAnswer(channels: group)
      answer.isNamed = groups.count > 1
      var sorter = Sorter()
      sorter.options.excludedChannels = (0..<recording.channelCount).filter { !group.contains($0) }
      do {
        let found = try sorter.signalQuality(of: recording)
        answer.artifacts = found.artifacts
        answer.sentences = found.sentences
        let lost = found.artifacts?.excludedFrames.count ?? 0
        answer.excludedSeconds = Double(lost) / recording.samplingRate
        answer.excludedShare = Double(lost) / Double(max(recording.frameCount, 1))
      } catch SortingError.badInput(let sentence) {
        answer.sentences = [sentence]
      }
      return answer
    }
  }
}
