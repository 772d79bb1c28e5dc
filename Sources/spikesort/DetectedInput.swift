import ArgumentParser
import Foundation
import Recordings
import SpikeFiles

/// The groups of detected spikes that arguments name; none where they name a recording.
func spikeGroups(
  _ paths: [String], description: RecordingDescription, times: String?
) throws -> [SpikeEvents] {
  let found = try paths.map {
    try openSpikes(
      at: URL(fileURLWithPath: $0), description: description, times: times.map { URL(fileURLWithPath: $0) })
  }
  if let spikes = zip(paths, found).first(where: { $0.1 != nil })?.0,
    let trace = zip(paths, found).first(where: { $0.1 == nil })?.0
  {
    throw ValidationError("\(spikes) holds detected spikes and \(trace) does not; expected one kind.")
  }
  try refuseRepeated(found.compactMap(\.self))
  let groups = found.compactMap(\.self).flatMap { $0 }
  if groups.isEmpty, times != nil {
    throw ValidationError("--times goes with a .npy of snippets or features.")
  }
  return groups
}

/// What `info --json` prints of spikes that another program detected.
struct SpikesAnswer: Encodable {
  struct Group: Encodable {
    var name: String
    var files: [String]
    var spikes: Int
    /// Frames a second; absent where not known.
    var rate: Double?
    /// The recording's length, or up to the last spike where only that is known; absent without a rate.
    var seconds: Double?
    var channels: [Int]
    var snippetFrames: Int?
    var snippetChannels: Int?
    /// Numbers a spike; absent where there are snippets alone.
    var features: Int?
    var unit: String?
    /// Clusters that the files give the spikes; absent where they give none.
    var clusters: Int?
  }

  var format = "detected spikes"
  var groups: [Group]

  init(_ events: [SpikeEvents]) {
    groups = events.map { group in
      let frames = group.frameCount ?? group.frames?.max().map { $0 + 1 }
      return Group(
        name: group.name, files: group.files.map(\.lastPathComponent), spikes: group.count,
        rate: group.samplingRate,
        seconds: frames.flatMap { frames in group.samplingRate.map { Double(frames) / $0 } },
        channels: group.channels, snippetFrames: group.snippets?.frames,
        snippetChannels: group.snippets?.channels, features: group.features?.columns,
        unit: group.snippets?.unit, clusters: group.labels.map { Set($0).count })
    }
  }

  /// The same in lines.
  var text: String {
    groups.map { group in
      let snippets = group.snippetFrames.map {
        "snippets of \($0) frames on \(group.snippetChannels ?? 0) channels, \(group.unit ?? "")"
      }
      let features = group.features.map { "\($0) features" }
      let length = group.seconds.map { ", the last within \(($0 * 1000).rounded() / 1000) s" } ?? ", no times"
      return """
        \(group.name) (\(group.files.joined(separator: ", ")))
          spikes    \(group.spikes)\(length)
          rate      \(group.rate.map { "\($0) Hz" } ?? "not known")
          holds     \([snippets, features].compactMap { $0 }.joined(separator: "; "))\
        \(group.clusters.map { "; a sorting into \($0) clusters" } ?? "")
        """
    }.joined(separator: "\n")
  }
}
