internal import Foundation
internal import NumPyInterop

/// A recording of Open Ephys in its binary format: `structure.oebin` describes streams, each a folder with
/// `continuous.dat` (16-bit integers, interleaved) and the number of every frame in an `.npy` file.
struct OpenEphysFolder {
  /// The folder with `structure.oebin`.
  let url: URL
  private let structure: Structure

  /// The part of `structure.oebin` that is read.
  private struct Structure: Decodable {
    let continuous: [Stream]?
  }

  private struct Stream: Decodable {
    let folderName: String
    let sampleRate: Double
    let channelCount: Int
    let channels: [Channel]

    enum CodingKeys: String, CodingKey {
      case channels
      case folderName = "folder_name"
      case sampleRate = "sample_rate"
      case channelCount = "num_channels"
    }

    /// The folder's name without the slash that ends it.
    var name: String { String(folderName.prefix { $0 != "/" }) }
  }

  private struct Channel: Decodable {
    let name: String
    let bitVolts: Double
    let units: String?
    let identifier: String?
    let description: String?

    enum CodingKeys: String, CodingKey {
      case units, identifier, description
      case name = "channel_name"
      case bitVolts = "bit_volts"
    }

    /// Whether it is an electrode. Analogue inputs (ADC, in volts) and a headstage's auxiliary ones (AUX: its
    /// accelerometer) are told by their names, by the end of the identifier or by the description.
    var isElectrode: Bool {
      let kind = identifier?.split(separator: ".").last?.lowercased() ?? ""
      let words = (description ?? "").lowercased()
      let isAuxiliary = ["aux", "adc"].contains {
        name.uppercased().contains($0.uppercased()) || kind.hasPrefix($0) || words.hasPrefix($0)
      }
      return !isAuxiliary && units?.lowercased() != "v"
    }

    /// Microvolts a step; nil where its unit is none of voltage.
    var microvolts: Double? {
      units == nil || units == "" ? bitVolts : microvoltsPer(units ?? "").map { $0 * bitVolts }
    }
  }

  /// Opens what a path names: a recording's folder, its `structure.oebin`, one of its streams (the folder, or its
  /// `continuous.dat`), or a folder above, whose recordings follow one another.
  ///
  /// - Returns: nil where the path is nothing of that.
  static func open(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (any Recording)?
  {
    if url.lastPathComponent == "structure.oebin" {
      return try OpenEphysFolder(url.deletingLastPathComponent()).open(stream: nil, description)
    }
    let stream = url.lastPathComponent == "continuous.dat" ? url.deletingLastPathComponent() : url
    let above = stream.deletingLastPathComponent().deletingLastPathComponent()
    if isRecording(above), stream.appendingPathComponent("continuous.dat").exists {
      return try OpenEphysFolder(above).open(stream: stream.lastPathComponent, description)
    }
    let folders = recordings(in: url, depth: 3)
    try refuseSeveralNodes(folders, in: url)
    var parts: [any Recording] = []
    for folder in folders {
      parts.append(try OpenEphysFolder(folder).open(stream: nil, description))
    }
    return parts.isEmpty ? nil : try joined(parts)
  }

  /// Refuses record nodes side by side: they hold the same time, one perhaps behind a filter.
  private static func refuseSeveralNodes(_ folders: [URL], in url: URL) throws(RecordingError) {
    let inside = url.standardizedFileURL.pathComponents.count
    let nodes = folders.reduce(into: [String]()) { nodes, folder in
      let below = folder.standardizedFileURL.pathComponents.dropFirst(inside)
      guard let node = below.first(where: { $0.hasPrefix("Record Node") }), !nodes.contains(node) else {
        return
      }
      nodes.append(node)
    }
    guard nodes.count > 1 else { return }
    throw .malformed(
      file: url.path, found: "\(nodes.joined(separator: " and ")), which hold the same time",
      expected: "one of them named: the folder \(url.appendingPathComponent(nodes[0]).path)")
  }

  /// The clock of a recording's frame numbers: that of its experiment, in whatever node.
  private var clock: String? {
    let parts = url.standardizedFileURL.pathComponents
    guard let experiment = parts.lastIndex(where: { $0.hasPrefix("experiment") }) else { return nil }
    let session = parts[..<experiment].filter { !$0.hasPrefix("Record Node") }
    return (session + [parts[experiment]]).joined(separator: "/")
  }

  private static func isRecording(_ folder: URL) -> Bool {
    folder.appendingPathComponent("structure.oebin").exists
  }

  /// The recordings in a folder: itself, or those of its experiments.
  private static func recordings(in folder: URL, depth: Int) -> [URL] {
    if isRecording(folder) { return [folder] }
    guard depth > 0 else { return [] }
    let all = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    let below = (all ?? []).filter { item in
      ["Record Node", "experiment", "recording"].contains { item.lastPathComponent.hasPrefix($0) }
    }
    return inNaturalOrder(below).flatMap { recordings(in: $0, depth: depth - 1) }
  }

  private init(_ url: URL) throws(RecordingError) {
    self.url = url
    structure = try decodeJSON(
      Structure.self, from: url.appendingPathComponent("structure.oebin"), expected: "Open Ephys streams")
  }

  private func open(stream name: String?, _ description: RecordingDescription) throws(RecordingError)
    -> any Recording
  {
    let file = url.appendingPathComponent("structure.oebin").path
    let streams = (structure.continuous ?? []).filter { name == nil || $0.name == name }
    guard streams.count == 1 else {
      let names = streams.map(\.name).joined(separator: ", ")
      throw .malformed(
        file: file, found: streams.isEmpty ? "no continuous stream" : "the streams \(names)",
        expected: streams.isEmpty ? "one" : "one of them named: its folder below continuous")
    }
    let stream = streams[0]
    guard stream.sampleRate > 0, stream.sampleRate.isFinite, (1...65536).contains(stream.channelCount),
      stream.channels.count == stream.channelCount, stream.channels.allSatisfy(\.bitVolts.isFinite)
    else {
      throw .malformed(
        file: file,
        found: "\(stream.channels.count) of \(stream.channelCount) channels at \(stream.sampleRate) Hz",
        expected: "every channel described, and a positive rate")
    }
    guard ![".", "..", ""].contains(stream.name) else {
      throw .malformed(file: file, found: "folder_name \(stream.folderName)", expected: "a folder's name")
    }
    return try open(stream, description)
  }

  private func open(_ stream: Stream, _ description: RecordingDescription) throws(RecordingError)
    -> any Recording
  {
    let folder = url.appendingPathComponent("continuous").appendingPathComponent(stream.name)
    let electrodes = stream.channels.indices.filter { stream.channels[$0].isElectrode }
    // A stream of analogue inputs alone is read whole, for who wants it.
    let chosen = electrodes.isEmpty ? Array(stream.channels.indices) : electrodes
    if let said = description.channelCount, said != chosen.count {
      throw .malformed(
        file: folder.path, found: "\(chosen.count) channels", expected: "\(said), as was said")
    }
    // Of what is left out the unit does not matter.
    let factors = stream.channels.enumerated().map { place, channel in
      chosen.contains(place) ? channel.microvolts : channel.microvolts ?? 1
    }
    let known = factors.compactMap { $0 }
    let own =
      known.count == factors.count
      ? Gain(microvoltsPerUnit: known, offsetMicrovolts: known.map { _ in 0 }) : nil
    var notices: [String] = []
    if chosen.count < stream.channelCount {
      let others = stream.channels.indices.filter { !chosen.contains($0) }.map { stream.channels[$0].name }
      notices.append(
        "\(stream.name): \(others.joined(separator: ", ")) \(others.count == 1 ? "is no electrode and is" : "are no electrodes and are") left out"
      )
    }
    if own == nil, description.gain == nil {
      let place = chosen.first { factors[$0] == nil } ?? 0
      notices.append(
        unknownUnit(stream.channels[place].units ?? "", of: "\(stream.name), \(stream.channels[place].name)"))
    }
    let probe = try description.probe(channelCount: chosen.count)
    let raw = try RawRecording(
      file: folder.appendingPathComponent("continuous.dat"), channelCount: stream.channelCount,
      samplingRate: description.samplingRate ?? stream.sampleRate, gain: description.gain ?? own,
      probe: probe.spread(over: chosen))
    let numbers = try numbers(in: folder, frameCount: raw.frameCount, samplingRate: stream.sampleRate)
    let silent = chosen.map { stream.channels[$0] }.filter { $0.bitVolts == 0 }.map(\.name)
    let whole = raw.parted(by: numbers.gaps).clocked(from: numbers.first.map { $0 / raw.samplingRate }).began(
      start
    ).noticing(
      notices + numbers.notices + silence(of: silent, in: url.appendingPathComponent("structure.oebin"))
    ).from(RecordingOrigin(channelNames: stream.channels.map(\.name), clock: clock))
    return chosen.count == stream.channelCount ? whole : RecordingSelection(whole, channels: chosen)
  }

  /// When the recording began, by the software's clock, which versions from 0.6 on write into `sync_messages.txt`.
  private var start: String? {
    guard let file = try? SampleFile(url.appendingPathComponent("sync_messages.txt")),
      let head = try? file.head(1 << 12)
    else { return nil }
    for line in String(decoding: head, as: UTF8.self).split(whereSeparator: \.isNewline) {
      guard line.hasPrefix("Software Time"), let word = line.split(separator: " ").last,
        let milliseconds = Int64(word), (0..<250_000_000_000_000).contains(milliseconds)
      else { continue }
      return Date(timeIntervalSince1970: Double(milliseconds) / 1000).formatted(.iso8601)
    }
    return nil
  }

  /// The number of the first frame, counted from the start of acquisition, where there are numbers; and the gaps
  /// before frames whose number does not follow that of the frame before.
  ///
  /// As many frames are looked at as have numbers; a sentence tells where some have none.
  private func numbers(
    in folder: URL, frameCount: Int, samplingRate: Double
  ) throws(RecordingError) -> (first: Double?, gaps: [RecordingGap], notices: [String]) {
    // Since version 0.6 the numbers have a file of their own, and timestamps are seconds.
    let files = ["sample_numbers.npy", "timestamps.npy"].map { folder.appendingPathComponent($0) }
    guard let file = files.first(where: \.exists) else { return (nil, [], []) }
    let numbers: NPYFile
    do throws(NPYError) {
      numbers = try NPYFile(file, isCutTaken: true)
    } catch {
      return (
        nil, [], ["\(error.description); the frames are taken to follow one another without a gap"]
      )
    }
    guard [.int64, .uint64, .int32, .uint32].contains(numbers.dataType) else { return (nil, [], []) }
    guard numbers.shape.count == 1 else {
      throw .malformed(
        file: file.path,
        found: "an array of shape (\(numbers.shape.map(String.init).joined(separator: ", ")))",
        expected: "\(frameCount) numbers, one a frame of continuous.dat")
    }
    let count = min(frameCount, numbers.shape[0])
    var gaps: [RecordingGap] = []
    var (first, expected): (Double?, Double?)
    for start in stride(from: 0, to: count, by: 1 << 20) {
      let piece: [Double]
      do throws(NPYError) {
        piece = try numbers.read(rows: start..<min(start + 1 << 20, count)).doubles()
      } catch {
        throw .npy(error)
      }
      for (i, number) in piece.enumerated() {
        if let expected, number != expected {
          gaps.append(RecordingGap(frame: start + i, seconds: (number - expected) / samplingRate))
        }
        if first == nil { first = number }
        expected = number + 1
      }
    }
    return (first, gaps, numbersNotice(file: file.path, found: numbers.shape[0], frames: frameCount))
  }
}
