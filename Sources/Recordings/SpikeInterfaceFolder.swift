internal import Foundation
internal import NumPyInterop

/// A folder in which SpikeInterface saved a recording: `binary.json` (or, before, `si_folder.json`, `cached.json`)
/// says what the files of samples are, one a segment; `probegroup.json` (before, `probe.json`) has the contacts.
struct SpikeInterfaceFolder {
  private let url: URL
  private let description: Description

  private struct Description: Decodable {
    let className: String
    let kwargs: Arguments

    enum CodingKeys: String, CodingKey {
      case kwargs
      case className = "class"
    }
  }

  private struct Arguments: Decodable {
    let paths: OneOrMany<String>
    let samplingFrequency: Double
    let channelCount: Int?
    let earlierChannelCount: Int?
    let dtype: String
    let timeAxis: Int?
    let fileOffset: Int?
    let gains: OneOrMany<Double>?
    let offsets: OneOrMany<Double>?
    /// What the clock says at the start of every segment, where it was set.
    let starts: [Double?]?

    enum CodingKeys: String, CodingKey {
      case dtype
      case paths = "file_paths"
      case samplingFrequency = "sampling_frequency"
      case channelCount = "num_channels"
      case earlierChannelCount = "num_chan"
      case timeAxis = "time_axis"
      case fileOffset = "file_offset"
      case gains = "gain_to_uV"
      case offsets = "offset_to_uV"
      case starts = "t_starts"
    }
  }

  /// A value, or a list of them.
  private struct OneOrMany<Value: Decodable>: Decodable {
    let values: [Value]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      values = try (try? container.decode([Value].self)) ?? [container.decode(Value.self)]
    }
  }

  /// Opens a folder, or the file that describes it; nil for anything else.
  static func open(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (any Recording)?
  {
    let names = ["binary.json", "si_folder.json", "cached.json"]
    let folder = names.contains(url.lastPathComponent) ? url.deletingLastPathComponent() : url
    for name in names.map({ folder.appendingPathComponent($0) }) where folder.isFolder && name.exists {
      // The second file may be that of another object in the folder.
      guard let known = try? decodeJSON(Description.self, from: name, expected: ""),
        known.className.hasSuffix("BinaryRecordingExtractor")
      else {
        guard name.lastPathComponent == names[0] else { continue }
        _ = try decodeJSON(
          Description.self, from: name, expected: "a BinaryRecordingExtractor's class and kwargs")
        throw .malformed(file: name.path, found: "another class", expected: "BinaryRecordingExtractor")
      }
      return try SpikeInterfaceFolder(url: folder, description: known).open(name, description)
    }
    return nil
  }

  private func open(_ file: URL, _ given: RecordingDescription) throws(RecordingError) -> any Recording {
    let own = description.kwargs
    func refuse(_ found: String, _ expected: String) -> RecordingError {
      .malformed(file: file.path, found: found, expected: expected)
    }
    let dtype = own.dtype.replacing("<", with: "")
    let short = ["i2": SampleType.int16, "u2": .uint16, "i4": .int32, "f4": .float32, "f8": .float64]
    guard let sampleType = given.sampleType ?? SampleType(rawValue: dtype) ?? short[dtype] else {
      throw refuse("dtype \(own.dtype)", SampleType.listed)
    }
    guard let channelCount = own.channelCount ?? own.earlierChannelCount, (1...65536).contains(channelCount),
      own.samplingFrequency > 0, own.samplingFrequency.isFinite
    else {
      throw refuse(
        "\(own.channelCount ?? 0) channels at \(own.samplingFrequency) Hz", "at least one and a positive rate"
      )
    }
    guard own.timeAxis ?? 0 == 0 else {
      throw refuse("time_axis 1", "frames one after the other (time_axis 0)")
    }
    let headerBytes = own.fileOffset ?? 0
    guard (0...Int(Int32.max)).contains(headerBytes) else {
      throw refuse("file_offset \(own.fileOffset ?? 0)", "a number of bytes")
    }
    if let said = given.channelCount, said != channelCount {
      throw .malformed(
        file: url.path, found: "\(channelCount) channels", expected: "\(said), as was said")
    }
    let ownGain = try gain(channelCount, refuse)
    let probe = try probe(channelCount, given)
    var parts: [any Recording] = []
    for (segment, path) in own.paths.values.enumerated() {
      let samples = path.hasPrefix("/") ? URL(fileURLWithPath: path) : url.appendingPathComponent(path)
      parts.append(
        try RawRecording(
          file: samples, sampleType: sampleType, channelCount: channelCount,
          samplingRate: given.samplingRate ?? own.samplingFrequency, gain: given.gain ?? ownGain,
          probe: probe,
          headerBytes: headerBytes
        ).clocked(
          segment, starts: own.starts, times: url.appendingPathComponent("times_cached_seg\(segment).npy")))
    }
    guard !parts.isEmpty else { throw refuse("no file_paths", "at least one") }
    return parts.count == 1 ? parts[0] : try ConcatenatedRecording(parts)
  }

  private func gain(_ channelCount: Int, _ refuse: (String, String) -> RecordingError) throws(RecordingError)
    -> Gain?
  {
    guard let factors = description.kwargs.gains?.values else { return nil }
    let offsets = description.kwargs.offsets?.values ?? factors.map { _ in 0 }
    guard factors.count == offsets.count, factors.count == 1 || factors.count == channelCount,
      (factors + offsets).allSatisfy(\.isFinite)
    else {
      throw refuse("\(factors.count) gains and \(offsets.count) offsets", "\(channelCount), one a channel")
    }
    return Gain(microvoltsPerUnit: factors, offsetMicrovolts: offsets)
  }

  /// The contacts; those of a part of a device's channels are numbered by the device, in the channels' order.
  private func probe(_ channelCount: Int, _ given: RecordingDescription) throws(RecordingError) -> Probe {
    let file = ["probegroup.json", "probe.json"].map { url.appendingPathComponent($0) }.first(where: \.exists)
    guard !given.statesProbe, let file else {
      return try given.probe(channelCount: channelCount)
    }
    let wired = try Probe(file: file, channelCount: 1 << 24)
    guard wired.contacts.count == channelCount else {
      return try Probe(file: file, channelCount: channelCount)
    }
    return wired.selecting(channels: wired.contacts.map(\.channel))
  }
}

extension RawRecording {
  /// A segment by its own times: a vector with one a frame, or what the clock says at its start.
  fileprivate func clocked(
    _ segment: Int, starts: [Double?]?, times url: URL
  ) throws(RecordingError) -> any Recording {
    guard url.exists else {
      let start = starts.flatMap { $0.indices.contains(segment) ? $0[segment] : nil }
      return clocked(from: start.flatMap { $0.isFinite ? $0 : nil })
    }
    var marks = ClockMarks(samplingRate: samplingRate)
    var gaps: [RecordingGap] = []
    do throws(NPYError) {
      let times = try NPYFile(url)
      // Times of another recording say nothing of this one's.
      guard times.shape == [frameCount] else { return self }
      var before: Double?
      for start in stride(from: 0, to: frameCount, by: 1 << 20) {
        for (i, time) in try times.read(rows: start..<min(start + 1 << 20, frameCount)).doubles().enumerated()
        {
          let lost = before.map { time - $0 - 1 / samplingRate } ?? 0
          let isGap = !(abs(lost) <= 0.5 / samplingRate)
          if isGap { gaps.append(RecordingGap(frame: start + i, seconds: lost.isFinite ? lost : nil)) }
          marks.add(frame: start + i, seconds: time, afterGap: isGap)
          before = time
        }
      }
    } catch {
      throw .npy(error)
    }
    return parted(by: gaps).clocked(by: marks.clock(samplingRate: samplingRate))
  }
}
