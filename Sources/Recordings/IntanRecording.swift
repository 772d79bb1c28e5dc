internal import Foundation

/// Intan recordings (RHD, RHS) in their three layouts: a file that holds header and samples; a folder with an
/// `info` file and `amplifier.dat`; one with a file for every channel, `amp-A-000.dat`. Only amplifiers are read.
///
/// A step is 0.195 µV. Samples beside the header are unsigned around 32768, those in files of their own signed.
enum IntanRecording {
  /// Opens a file by its first bytes, or a folder with an `info` file; nil for anything else.
  static func open(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (any Recording)?
  {
    var info: URL? = url
    if url.isFolder {
      info = Self.info(in: url)
    } else if url.pathExtension == "dat",
      ["amplifier", "amp-"].contains(where: url.lastPathComponent.hasPrefix)
    {
      // The folder's samples, or one of its channels: the folder is meant.
      info = Self.info(in: url.deletingLastPathComponent())
    }
    guard let info, IntanHeader.begins(try SampleFile(info).head(4)) else { return nil }
    let file = try SampleFile(info)
    let header = try IntanHeader(file)
    if let said = description.channelCount, said != header.amplifiers.count {
      throw .malformed(
        file: info.path, found: "\(header.amplifiers.count) amplifier channels",
        expected: "\(said), as was said")
    }
    let probe = try description.probe(channelCount: header.amplifiers.count)
    let kind = header.isStimulator ? "Intan RHS" : "Intan RHD"
    if info.deletingPathExtension().lastPathComponent == "info" {
      return try openFolder(of: file, header, description, probe, kind)
    }
    let recording = try BlockRecording(
      file: file, layout: header.blocks, samplingRate: description.samplingRate ?? header.samplingRate,
      gain: description.gain ?? Gain(microvoltsPerUnit: 0.195, offsetMicrovolts: -32768 * 0.195), probe: probe
    )
    let numbers = FrameNumbers(
      file: file, headerBytes: header.blocks.headerBytes, blockBytes: header.blocks.blockBytes,
      framesPerBlock: header.blocks.framesPerBlock)
    return recording.parted(
      by: try numbers.gaps(frameCount: recording.frameCount, samplingRate: header.samplingRate)
    ).clocked(from: try numbers.first() / recording.samplingRate).from(
      RecordingOrigin(channelNames: header.amplifiers)
    ).named(kind).began(start(named: info.deletingPathExtension().lastPathComponent))
  }

  private static func info(in folder: URL) -> URL? {
    ["info.rhd", "info.rhs"].map { folder.appendingPathComponent($0) }.first(where: \.exists)
  }

  private static func openFolder(
    of info: SampleFile, _ header: IntanHeader, _ description: RecordingDescription, _ probe: Probe,
    _ kind: String
  ) throws(RecordingError) -> any Recording {
    guard info.byteCount == header.blocks.headerBytes else {
      throw .malformed(
        file: info.url.path, found: "\(info.byteCount) bytes",
        expected: "a header of \(header.blocks.headerBytes), its samples in files beside it")
    }
    let folder = info.url.deletingLastPathComponent()
    func samples(_ name: String, channelCount: Int, probe: Probe) throws(RecordingError) -> RawRecording {
      try RawRecording(
        file: folder.appendingPathComponent(name), channelCount: channelCount,
        samplingRate: description.samplingRate ?? header.samplingRate,
        gain: description.gain ?? Gain(microvoltsPerUnit: 0.195), probe: probe)
    }
    let recording: any Recording
    let layout: String
    if folder.appendingPathComponent("amplifier.dat").exists {
      recording = try samples("amplifier.dat", channelCount: header.amplifiers.count, probe: probe)
      layout = "one file a signal type"
    } else {
      var channels: [any Recording] = []
      for name in header.amplifiers {
        // The names are a file's word: none may lead out of the folder.
        guard !name.contains("/"), !name.contains("\0") else {
          throw .malformed(
            file: info.url.path, found: "a channel \(name.debugDescription)", expected: "a name")
        }
        channels.append(try samples("amp-\(name).dat", channelCount: 1, probe: .standard(channelCount: 1)))
      }
      recording = try SideBySideRecording(channels, probe: probe)
      layout = "one file a channel"
    }
    let whole = recording.from(RecordingOrigin(channelNames: header.amplifiers)).named("\(kind), \(layout)")
      .began(start(named: folder.lastPathComponent))
    guard let numbers = try numbers(in: folder) else { return whole }
    let count = numbers.file.byteCount / 4
    return whole.parted(
      by: try numbers.gaps(
        frameCount: min(count, recording.frameCount), samplingRate: header.samplingRate)
    ).clocked(from: count > 0 ? try numbers.first() / recording.samplingRate : nil).noticing(
      numbersNotice(file: numbers.file.url.path, found: count, frames: recording.frameCount))
  }

  /// When a recording began, by its name's end: Intan's programs add _yymmdd_hhmmss.
  private static func start(named name: String) -> String? {
    let words = name.split(separator: "_").suffix(2)
    guard words.count == 2, let day = words.first, let clock = words.last,
      [day, clock].allSatisfy({ $0.count == 6 && $0.allSatisfy(\.isWholeNumber) }),
      let date = Int(day), let time = Int(clock)
    else { return nil }
    return SessionStart.text(
      year: 2000 + date / 10_000, month: date / 100 % 100, day: date % 100, hour: time / 10_000,
      minute: time / 100 % 100, second: time % 100)
  }

  /// The number of every frame, from the trigger or from the start on; nil where there is no file of them.
  private static func numbers(in folder: URL) throws(RecordingError) -> FrameNumbers? {
    let url = folder.appendingPathComponent("time.dat")
    guard url.exists else { return nil }
    return FrameNumbers(file: try SampleFile(url), blockBytes: 1 << 20, framesPerBlock: 1 << 18)
  }
}
