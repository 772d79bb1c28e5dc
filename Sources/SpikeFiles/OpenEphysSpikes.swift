internal import Foundation
internal import NumPyInterop
internal import Recordings

/// A `.spikes` file of Open Ephys's legacy format.
///
/// A file is 1024 bytes of text, then records: 42 bytes of head (kind, times, electrode), channels × samples of
/// unsigned 16-bit numbers around 32768, a gain (float) and a threshold (16 bits) a channel, and the recording's
/// number. µV = (value − 32768) / gain × 1000.
struct OpenEphysLegacySpikes {
  private static let headerBytes = 1024
  private static let recordHead = 42
  private let file: SpikeBytes

  static func isNamed(by url: URL) -> Bool { url.pathExtension.lowercased() == "spikes" }

  init(_ url: URL) throws(RecordingError) { file = try SpikeBytes(url) }

  func events() throws(RecordingError) -> SpikeEvents {
    let header = try headerValues()
    guard let channels = header["num_channels"].flatMap({ Int($0) }), (1...64).contains(channels),
      let samples = header["samplesPerSpike"].flatMap({ Int($0) }), (1...10_000).contains(samples),
      let rate = header["sampleRate"].flatMap({ Double($0) }), rate > 0, rate.isFinite
    else {
      throw file.malformed("a header without channels, samples and rate", "spikes of Open Ephys")
    }
    let body = 2 * channels * samples
    // Written with a recording number of four bytes though the header says two.
    let sizes = [2, 4].map { Self.recordHead + body + 6 * channels + $0 }
    let bytes = file.count - Self.headerBytes
    // A file that was cut short ends within a record.
    let fitting = sizes.filter { isRecordSize($0, bytes, channels, samples) }
    guard let size = fitting.first(where: { bytes % $0 == 0 }) ?? fitting.first(where: { bytes >= 2 * $0 })
    else {
      throw file.malformed("\(bytes) bytes of records", "a multiple of \(sizes[0]) or \(sizes[1]) bytes")
    }
    let count = bytes / size
    let start = Self.headerBytes
    let values = interleaved(spikes: count, frames: samples, channels: channels) { n, c, f in
      let record = start + n * size
      let gain = file.value(Float.self, at: record + Self.recordHead + body + 4 * c)
      let value = file.value(UInt16.self, at: record + Self.recordHead + 2 * (c * samples + f))
      return (Float(value) - 32768) / (gain > 0 ? gain : 1) * 1000
    }
    let ids = (0..<count).map { Int(file.value(UInt16.self, at: start + $0 * size + 23)) }
    var events = SpikeEvents(
      name: header["electrode"] ?? file.url.deletingPathExtension().lastPathComponent, files: [file.url],
      samplingRate: rate,
      frames: (0..<count).map { Int(file.value(Int64.self, at: start + $0 * size + 1)) }, frameCount: nil,
      snippets: .init(frames: samples, channels: channels, samples: values, unit: "µV"),
      labels: ids.contains { $0 != 0 } ? ids : nil, channels: Array(0..<channels))
    events.notices = cutShort(
      file: file.url.path, bytes: bytes - count * size, unit: "record of \(size) bytes")
    return events
  }

  /// Whether records of a size all state the channels and samples the header does.
  private func isRecordSize(_ size: Int, _ bytes: Int, _ channels: Int, _ samples: Int) -> Bool {
    (0..<bytes / size).allSatisfy { n in
      let record = Self.headerBytes + n * size
      return Int(file.value(UInt16.self, at: record + 19)) == channels
        && Int(file.value(UInt16.self, at: record + 21)) == samples
        && file.value(Int64.self, at: record + 1) >= 0
    }
  }

  /// The header's assignments, `header.key = value`, quotes taken off.
  private func headerValues() throws(RecordingError) -> [String: String] {
    guard file.count >= Self.headerBytes, file.text(20).contains("header.") else {
      throw file.malformed("no header of 1024 bytes", "spikes of Open Ephys")
    }
    var values: [String: String] = [:]
    for line in file.text(Self.headerBytes).split(whereSeparator: { $0 == ";" || $0.isNewline }) {
      let sides = line.split(separator: "=", maxSplits: 1).map {
        $0.trimmingCharacters(in: .whitespaces)
      }
      guard sides.count == 2, sides[0].hasPrefix("header.") else { continue }
      values[String(sides[0].dropFirst(7))] = sides[1].trimmingCharacters(in: ["'"])
    }
    return values
  }
}

/// The spike groups of Open Ephys's binary format: folders of `.npy` files that `structure.oebin` describes.
struct OpenEphysSpikeGroups {
  private struct Structure: Decodable {
    let spikes: [Group]?
    let continuous: [Stream]?
  }
  private struct Stream: Decodable {
    let folder: String

    enum CodingKeys: String, CodingKey { case folder = "folder_name" }
  }
  private struct Group: Decodable {
    let folder: String
    let rate: Double
    let channels: [Channel]?
    let bitVolts: Double?

    enum CodingKeys: String, CodingKey {
      case channels
      case folder = "folder_name"
      case folderOfLate = "folder"
      case rate = "sample_rate"
      case bitVolts = "bit_volts"
    }

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      folder =
        try container.decodeIfPresent(String.self, forKey: .folder)
        ?? container.decode(String.self, forKey: .folderOfLate)
      rate = try container.decode(Double.self, forKey: .rate)
      channels = try? container.decodeIfPresent([Channel].self, forKey: .channels)
      bitVolts = try? container.decodeIfPresent(Double.self, forKey: .bitVolts)
    }
  }
  private struct Channel: Decodable {
    let bitVolts: Double?
    let sources: [Source]?

    enum CodingKeys: String, CodingKey {
      case bitVolts = "bit_volts"
      case sources = "source_channel_info"
    }
  }
  private struct Source: Decodable {
    let channel: Int

    enum CodingKeys: String, CodingKey { case channel = "source_processor_channel" }
  }

  private let folder: URL
  private let structure: Structure
  /// The only group asked for; nil for all.
  private let only: String?

  /// The groups a path names: a recording's folder (or `structure.oebin`, or a folder above) that holds no
  /// continuous samples, its `spikes` folder, or a group's. Nil where the path is nothing of that.
  static func open(_ url: URL, isFolder: Bool) throws(RecordingError) -> OpenEphysSpikeGroups? {
    if let above = ancestor(of: url) {
      return try OpenEphysSpikeGroups(
        above, only: url.path.hasSuffix("/spikes") ? nil : url.lastPathComponent)
    }
    guard isFolder || url.lastPathComponent == "structure.oebin" else { return nil }
    var folder = isFolder ? url : url.deletingLastPathComponent()
    for _ in 0..<4 where !exists(folder.appendingPathComponent("structure.oebin")) {
      let below = fileNames(in: folder).filter { name in
        ["Record Node", "experiment", "recording"].contains { name.hasPrefix($0) }
      }
      guard below.count == 1 else { return nil }
      folder = folder.appendingPathComponent(below[0])
    }
    guard exists(folder.appendingPathComponent("structure.oebin")) else { return nil }
    let groups = try OpenEphysSpikeGroups(folder, only: nil)
    let hasSamples = (groups.structure.continuous ?? []).contains {
      exists(folder.appendingPathComponent("continuous/\($0.folder)/continuous.dat"))
    }
    return hasSamples || (groups.structure.spikes ?? []).isEmpty ? nil : groups
  }

  /// The recording's folder above a path within its `spikes` folder.
  private static func ancestor(of url: URL) -> URL? {
    var folder = url.standardizedFileURL
    for _ in 0..<3 where folder.pathComponents.count > 2 {
      let above = folder.deletingLastPathComponent()
      if folder.lastPathComponent == "spikes", exists(above.appendingPathComponent("structure.oebin")) {
        return above
      }
      folder = above
    }
    return nil
  }

  private init(_ folder: URL, only: String?) throws(RecordingError) {
    self.folder = folder
    self.only = only
    let file = try SpikeBytes(folder.appendingPathComponent("structure.oebin"))
    do {
      structure = try JSONDecoder().decode(Structure.self, from: Data(file.bytes))
    } catch {
      throw file.malformed("something else", "the JSON of an Open Ephys recording")
    }
  }

  func events() throws(RecordingError) -> [SpikeEvents] {
    var result: [SpikeEvents] = []
    for group in structure.spikes ?? [] {
      let parts = group.folder.split(separator: "/")
      guard !parts.contains(".."), let last = parts.last else { continue }
      if let only, !parts.contains(Substring(only)) { continue }
      let place = folder.appendingPathComponent("spikes").appendingPathComponent(
        parts.joined(separator: "/"))
      result.append(try events(of: group, in: place, name: String(last)))
    }
    return result
  }

  /// The groups in a folder that no `structure.oebin` describes; nil where there is none.
  static func undescribed(
    in url: URL, _ description: RecordingDescription
  ) throws(RecordingError) -> [SpikeEvents]? {
    let places = groupFolders(in: url, depth: 6)
    guard let first = places.first else { return nil }
    guard let rate = description.samplingRate else {
      throw .unstated(
        file: first.path, what: "its sampling rate (no structure.oebin)", options: [.samplingRate])
    }
    var result: [SpikeEvents] = []
    for place in places {
      result.append(
        try events(
          in: place, name: place.lastPathComponent, rate: rate, scale: description.microvoltsPerUnit,
          numbers: []))
    }
    return result
  }

  private static func groupFolders(in url: URL, depth: Int) -> [URL] {
    let names = fileNames(in: url)
    if names.contains("spike_times.npy"), names.contains("spike_waveforms.npy") { return [url] }
    // What describes itself is no business of this.
    guard depth > 0, !names.contains("structure.oebin") else { return [] }
    let prefixes = ["Record Node", "experiment", "recording", "spikes", "Spike_Detector", "spike_group"]
    return names.filter { name in prefixes.contains { name.hasPrefix($0) } }.flatMap {
      groupFolders(in: url.appendingPathComponent($0), depth: depth - 1)
    }
  }

  private func events(of group: Group, in place: URL, name: String) throws(RecordingError) -> SpikeEvents {
    let sources = (group.channels ?? []).flatMap { $0.sources ?? [] }
    return try Self.events(
      in: place, name: name, rate: group.rate, scale: group.bitVolts ?? group.channels?.first?.bitVolts,
      numbers: sources.map(\.channel))
  }

  private static func events(
    in place: URL, name: String, rate: Double, scale: Double?, numbers: [Int]
  ) throws(RecordingError) -> SpikeEvents {
    func array(_ names: [String]) throws(RecordingError) -> NPYArray {
      guard let found = names.first(where: { exists(place.appendingPathComponent($0)) }) else {
        throw .malformed(file: place.path, found: "no \(names[0])", expected: "a spike group of Open Ephys")
      }
      do {
        return try NPYArray(contentsOf: place.appendingPathComponent(found))
      } catch {
        throw .npy(error)
      }
    }
    let times = try array(["spike_times.npy", "sample_numbers.npy"])
    let waveforms = try array(["spike_waveforms.npy", "waveforms.npy"])
    let shape = waveforms.shape.count == 2 ? [waveforms.shape[0], 1, waveforms.shape[1]] : waveforms.shape
    guard shape.count == 3, rate > 0, rate.isFinite else {
      throw .malformed(
        file: place.path, found: "\(times.count) times and waveforms of shape \(waveforms.shape)",
        expected: "spikes × channels × samples")
    }
    let frames: [Int]
    do { frames = try times.integers() } catch { throw .npy(error) }
    let (count, channels, samples) = (min(shape[0], times.count), shape[1], shape[2])
    let raw = waveforms.floats()
    let values = interleaved(spikes: count, frames: samples, channels: channels) { n, c, f in
      raw[(n * channels + c) * samples + f] * Float(scale ?? 1)
    }
    var events = SpikeEvents(
      name: name, files: fileNames(in: place).map { place.appendingPathComponent($0) }, samplingRate: rate,
      frames: Array(frames.prefix(count)), frameCount: nil,
      snippets: .init(
        frames: samples, channels: channels, samples: values, unit: scale == nil ? "ADC units" : "µV"),
      labels: nil, channels: numbers.count == channels ? numbers : Array(0..<channels))
    if times.count != shape[0] {
      events.notices.append(
        "\(place.path): \(times.count) times and \(shape[0]) waveforms; the first \(count) of both were read")
    }
    return events
  }
}
