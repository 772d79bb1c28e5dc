internal import Foundation

/// Open Ephys's first format: a `.continuous` file for every channel.
///
/// A file is 1024 bytes of text, then records: the number of the first sample (64 bits), the number of samples, 1024,
/// and of the recording (16 bits each), the samples, big endian, and a marker of 10 bytes. Names are
/// `PROCESSOR_CHANNEL`, or `PROCESSOR_STREAM_CHANNEL`, and `_2`, `_3` … for later experiments of one folder, which
/// follow one another.
struct OpenEphysContinuous {
  private static let recordBytes = 12 + 2 * 1024 + 10

  /// A file by its name.
  private struct Name {
    let url: URL
    let stream: String
    let channel: String
    let experiment: Int

    init(_ url: URL) {
      self.url = url
      var words = url.deletingPathExtension().lastPathComponent.split(separator: "_").map(String.init)
      var experiment = 1
      if words.count > 2, let number = words.last.flatMap(Int.init), number > 1 {
        experiment = number
        words.removeLast()
      }
      self.experiment = experiment
      channel = words.popLast() ?? ""
      stream = words.joined(separator: "_")
    }

    /// Whether it is an electrode: inputs beside them are named after what they are.
    var isElectrode: Bool { !["AUX", "ADC"].contains { channel.uppercased().hasPrefix($0) } }
  }

  /// Opens a folder of files, or the stream that one of them belongs to; nil for anything else.
  static func open(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (any Recording)?
  {
    let folder = url.isFolder ? url : url.deletingLastPathComponent()
    guard url.isFolder || url.pathExtension == "continuous" else { return nil }
    let all = files(in: folder, withExtension: "continuous").map(Name.init)
    guard !all.isEmpty else { return nil }
    let streams = url.isFolder ? Set(all.map(\.stream)) : [Name(url).stream]
    let members = all.filter { streams.contains($0.stream) }
    return try open(
      members.contains(where: \.isElectrode) ? members.filter(\.isElectrode) : members, at: url, description)
  }

  /// Opens some files of a folder: those of one experiment are channels.
  static func open(_ urls: [URL], _ description: RecordingDescription) throws(RecordingError) -> any Recording
  {
    for (i, url) in urls.enumerated() where urls[..<i].contains(url) {
      throw .malformed(file: url.path, found: "the same file twice", expected: "every channel once")
    }
    return try open(urls.map(Name.init), at: urls[0], description)
  }

  private static func open(
    _ members: [Name], at url: URL, _ description: RecordingDescription
  ) throws(RecordingError) -> any Recording {
    let streams = Set(members.map(\.stream))
    guard streams.count == 1 else {
      throw .malformed(
        file: url.path, found: "the streams \(streams.sorted().joined(separator: ", "))",
        expected: "one of them named: any of its .continuous files")
    }
    var parts: [any Recording] = []
    for experiment in Set(members.map(\.experiment)).sorted() {
      let chosen = members.filter { $0.experiment == experiment }
      let names = RecordingOrigin(
        channelNames: chosen.map(\.channel), clock: experiment == 1 ? nil : "experiment \(experiment)")
      parts.append(try openTogether(chosen.map(\.url), description).from(names))
    }
    return try joined(parts)
  }

  /// Opens the channels of one experiment.
  private static func openTogether(
    _ urls: [URL], _ description: RecordingDescription
  ) throws(RecordingError) -> any Recording {
    if let said = description.channelCount, said != urls.count {
      throw .malformed(
        file: urls[0].path, found: "\(urls.count) channels", expected: "\(said), as was said")
    }
    var channels: [any Recording] = []
    var starts: [[Int64]] = []
    for url in urls {
      let (channel, numbers) = try open(url, description)
      guard channel.samplingRate == channels.first?.samplingRate ?? channel.samplingRate else {
        throw .malformed(
          file: url.path, found: "\(channel.samplingRate) Hz",
          expected: "\(channels[0].samplingRate) as in \(urls[0].lastPathComponent)")
      }
      channels.append(channel)
      starts.append(numbers)
    }
    let places = commonBlocks(starts.map { $0.map(Double.init) }, tolerance: 0)
    let notices = try leftOut(urls.map(\.path), counts: starts.map(\.count), kept: places[0].count)
    for i in channels.indices { channels[i] = try records(places[i], of: channels[i]) }
    let first = places[0].map { starts[0][$0] }
    let gaps = first.indices.dropFirst().filter { first[$0] != first[$0 - 1] &+ 1024 }.map {
      RecordingGap(
        frame: 1024 * $0,
        seconds: (Double(first[$0]) - Double(first[$0 - 1]) - 1024) / channels[0].samplingRate)
    }
    return try SideBySideRecording(channels, probe: try description.probe(channelCount: channels.count))
      .parted(by: gaps).began(channels[0].session?.start).clocked(
        from: first.first.map { Double($0) / channels[0].samplingRate }
      ).noticing(notices)
  }

  /// Some records of a channel.
  private static func records(
    _ places: [Int], of channel: any Recording
  ) throws(RecordingError) -> any Recording {
    guard 1024 * places.count < channel.frameCount else { return channel }
    var runs: [Range<Int>] = []
    for place in places {
      if let last = runs.last, last.upperBound == place {
        runs[runs.count - 1] = last.lowerBound..<place + 1
      } else {
        runs.append(place..<place + 1)
      }
    }
    let parts = runs.map {
      RecordingSelection(channel, frames: 1024 * $0.lowerBound..<1024 * $0.upperBound)
    }
    return parts.count == 1 ? parts[0] : try ConcatenatedRecording(parts)
  }

  /// Opens one channel.
  ///
  /// - Returns: the samples, and the number of every record's first one.
  private static func open(
    _ url: URL, _ description: RecordingDescription
  ) throws(RecordingError) -> (any Recording, [Int64]) {
    let file = try SampleFile(url)
    let values = Self.values(in: String(decoding: try file.head(1024), as: UTF8.self))
    func positive(_ key: String) throws(RecordingError) -> Double {
      guard let value = values[key].flatMap(Double.init), value > 0, value.isFinite else {
        throw .malformed(
          file: url.path, found: values[key].map { "header.\(key) = \($0)" } ?? "no header.\(key)",
          expected: "a positive number")
      }
      return value
    }
    let version = try positive("version")
    guard version >= 0.2, try positive("header_bytes") == 1024 else {
      throw .malformed(
        file: url.path, found: "version \(version)", expected: "version 0.2 or later, a header of 1024 bytes")
    }
    let rate = try positive("sampleRate")
    let isSilent = values["bitVolts"].flatMap(Double.init) == 0
    let microvolts = isSilent ? 0 : try positive("bitVolts")
    let recording = try BlockRecording(
      file: file,
      layout: BlockRecording.Layout(
        headerBytes: 1024, blockBytes: recordBytes, framesPerBlock: 1024, channelOffsets: [12],
        frameStride: 2,
        isSigned: true, isBigEndian: true),
      samplingRate: description.samplingRate ?? rate,
      gain: description.gain ?? Gain(microvoltsPerUnit: microvolts),
      probe: .standard(channelCount: 1))
    var notices = isSilent ? silence(of: [values["channel"] ?? "of the file"], in: url) : []
    var starts: [Int64] = []
    let recordCount = recording.frameCount / 1024
    for record in 0..<recordCount {
      let place = 1024 + record * recordBytes
      let head = try file.bytes(place..<place + 12)
      let count = head.littleEndian(UInt16.self, at: 8)
      if count < 1024, record == recordCount - 1, record > 0 {
        notices.append("\(url.path): its last record is left out, which has \(count) of 1024 samples")
        break
      }
      guard count == 1024 else {
        throw .malformed(file: url.path, found: "\(count) samples in record \(record)", expected: "1024")
      }
      starts.append(head.littleEndian(Int64.self, at: 0))
    }
    let whole =
      starts.count < recordCount
      ? RecordingSelection(recording, frames: 0..<1024 * starts.count) as any Recording : recording
    return (
      whole.noticing(notices).began(values["date_created"].flatMap { SessionStart.found(in: $0) }), starts
    )
  }

  /// The lines `header.key = value;`.
  private static func values(in text: String) -> [String: String] {
    var values: [String: String] = [:]
    for line in text.split(separator: ";") {
      let sides = line.split(separator: "=", maxSplits: 1)
      guard sides.count == 2 else { continue }
      let key = sides[0].trimmingCharacters(in: .whitespacesAndNewlines)
      values[key.replacing("header.", with: "")] = sides[1].trimmingCharacters(in: .whitespacesAndNewlines)
    }
    return values
  }
}
