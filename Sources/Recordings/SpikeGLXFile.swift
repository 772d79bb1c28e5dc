internal import Foundation

/// A SpikeGLX recording: a `.bin` of interleaved 16-bit integers and the `.meta` text beside it.
///
/// Keys and gains follow the metadata guide of SpikeGLX: volts are integer × range / largest integer / gain. The
/// sync and digital words at the end of a frame are left out.
struct SpikeGLXFile {
  let url: URL
  private let metaURL: URL
  private let values: [String: String]

  /// Opens what a path names one file of; nil for anything else.
  static func open(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (any Recording)?
  {
    guard let pair = pair(of: url) else { return nil }
    return try SpikeGLXFile(samples: pair.samples, meta: pair.meta).open(description)
  }

  /// The `.bin` and `.meta` a path names one of; nil where it names neither or no `.meta` is there.
  static func pair(of url: URL) -> (samples: URL, meta: URL)? {
    let stem = url.deletingPathExtension()
    guard ["bin", "meta"].contains(url.pathExtension) else { return nil }
    let meta = stem.appendingPathExtension("meta")
    guard FileManager.default.fileExists(atPath: meta.path) else { return nil }
    return (stem.appendingPathExtension("bin"), meta)
  }

  /// Reads the metadata.
  init(samples: URL, meta: URL) throws(RecordingError) {
    url = samples
    metaURL = meta
    let file = try SampleFile(meta)
    guard file.byteCount <= 1 << 26 else {
      throw .malformed(file: meta.path, found: "\(file.byteCount) bytes", expected: "SpikeGLX metadata")
    }
    let text = String(decoding: try file.bytes(0..<file.byteCount), as: UTF8.self)
    var values: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      if parts.count == 2 { values[parts[0].trimmingCharacters(in: .whitespaces)] = String(parts[1]) }
    }
    self.values = values
  }

  /// Opens the voltage channels.
  func open(_ description: RecordingDescription) throws(RecordingError) -> any Recording {
    let isProbe = try isProbe()
    let savedCount = try number("nSavedChans", in: 1...65536)
    let counts = try list(isProbe ? "snsApLfSy" : "snsMnMaXaDw", count: isProbe ? 3 : 4)
    let voltageCount = counts.dropLast().reduce(0, +)
    guard voltageCount + (counts.last ?? 0) == savedCount, voltageCount > 0 else {
      throw malformed(
        "\(counts.map(String.init).joined(separator: ",")) channels by kind",
        expected: "\(savedCount) in all as nSavedChans says, at least one of them a voltage")
    }
    if let said = description.channelCount, said != voltageCount {
      throw .malformed(
        file: url.path, found: "\(voltageCount) voltage channels", expected: "\(said), as was said")
    }
    let rate = try positive(isProbe ? "imSampRate" : "niSampRate")
    let own = isProbe ? try probeGain(counts) : try boardGain(counts)
    let gain = description.gain ?? own
    // The words left out need a gain too, where each channel has its own.
    let padding = [Double](repeating: 1, count: savedCount - voltageCount)
    let raw = try RawRecording(
      file: url, channelCount: savedCount, samplingRate: description.samplingRate ?? rate,
      gain: gain.map { gain in
        guard gain.microvoltsPerUnit.count > 1 else { return gain }
        return Gain(
          microvoltsPerUnit: gain.microvoltsPerUnit + padding,
          offsetMicrovolts: gain.offsetMicrovolts + padding.map { _ in 0 })
      },
      probe: try description.probe(channelCount: voltageCount))
    let voltages: any Recording =
      voltageCount == savedCount ? raw : RecordingSelection(raw, channels: Array(0..<voltageCount))
    let device = values["imDatPrb_sn"] ?? values["typeThis"] ?? ""
    let names = try savedChannels(count: voltageCount).map { "\(device) channel \($0)" }
    let first = values["firstSample"].flatMap { Double($0) }.flatMap { $0 >= 0 && $0 < 1e15 ? $0 : nil }
    return voltages.clocked(from: first.map { $0 / voltages.samplingRate }).began(
      values["fileCreateTime"].flatMap { SessionStart.found(in: $0) }
    ).noticing(try sizeNotice()).from(RecordingOrigin(channelNames: names))
  }

  private func isProbe() throws(RecordingError) -> Bool {
    switch values["typeThis"] {
    case "imec": return true
    case "nidq": return false
    case let other:
      throw malformed(other.map { "typeThis=\($0)" } ?? "no typeThis", expected: "typeThis=imec or nidq")
    }
  }

  /// A recording cut short, or copied in part, differs in size from what its metadata say.
  private func sizeNotice() throws(RecordingError) -> [String] {
    guard let stated = values["fileSizeBytes"].flatMap(Int.init), stated > 0,
      case let found = try SampleFile(url).byteCount, found != stated
    else { return [] }
    return [
      "\(url.path): \(found) bytes are there and were read, where fileSizeBytes in \(metaURL.lastPathComponent) says \(stated)"
    ]
  }

  // MARK: Gains

  /// The gains of a Neuropixels probe; nil for a probe whose gain is not in its metadata.
  private func probeGain(_ counts: [Int]) throws(RecordingError) -> Gain? {
    let largest = values["imMaxInt"] == nil ? 512 : try positive("imMaxInt")
    let unit = 1e6 * (try positive("imAiRangeMax")) / largest
    guard Self.adjustableProbes.contains(values["imDatPrb_type"] ?? "0") else {
      guard counts[1] == 0, let factor = try fixedGain() else { return nil }
      return Gain(microvoltsPerUnit: unit / factor)
    }
    let table = tableEntries()
    let acquired = values["acqApLfSy"] == nil ? [table.count] : try list("acqApLfSy", count: 3)
    var gains: [Double] = []
    for (place, channel) in try savedChannels(count: counts[0] + counts[1]).enumerated() {
      let isLocalField = place >= counts[0]
      let row = isLocalField ? channel - acquired[0] : channel
      guard table.indices.contains(row), table[row].count >= 5,
        let factor = Double(table[row][isLocalField ? 4 : 3]), factor > 0, factor.isFinite
      else { throw malformed("no gain for channel \(channel)", expected: "one in ~imroTbl") }
      gains.append(unit / factor)
    }
    return Gain(microvoltsPerUnit: gains, offsetMicrovolts: gains.map { _ in 0 })
  }

  /// The types of probes whose channels' gains can be chosen and stand in the table (Neuropixels 1.0 and its kin).
  private static let adjustableProbes: Set = [
    "0", "1020", "1030", "1100", "1120", "1121", "1122", "1123", "1200", "1210", "1300",
  ]

  private func fixedGain() throws(RecordingError) -> Double? {
    if values["imChan0apGain"] != nil { return try positive("imChan0apGain") }
    // The first Neuropixels 2.0 did not state their gain, which is 80.
    return ["21", "24"].contains(values["imDatPrb_type"]) ? 80 : nil
  }

  /// The table's rows, one an acquired channel, the head left out.
  private func tableEntries() -> [[Substring]] {
    (values["~imroTbl"] ?? "").split(separator: "(").dropFirst().map {
      $0.prefix { $0 != ")" }.split(separator: " ")
    }
  }

  /// The gains of a National Instruments board: MN and MA channels are amplified, XA channels are not.
  private func boardGain(_ counts: [Int]) throws(RecordingError) -> Gain {
    let largest = values["niMaxInt"] == nil ? 32768 : try positive("niMaxInt")
    let unit = 1e6 * (try positive("niAiRangeMax")) / largest
    var gains: [Double] = []
    if counts[0] > 0 { gains += [Double](repeating: unit / (try positive("niMNGain")), count: counts[0]) }
    if counts[1] > 0 { gains += [Double](repeating: unit / (try positive("niMAGain")), count: counts[1]) }
    gains += [Double](repeating: unit, count: counts[2])
    return Gain(microvoltsPerUnit: gains, offsetMicrovolts: gains.map { _ in 0 })
  }

  /// The first saved channels, as numbered when they were acquired.
  private func savedChannels(count: Int) throws(RecordingError) -> [Int] {
    guard let text = values["snsSaveChanSubset"], text != "all", !text.isEmpty else {
      return Array(0..<count)
    }
    var channels: [Int] = []
    for item in text.split(separator: ",") {
      let ends = item.split(separator: ":").map { Int($0) ?? -1 }
      guard (1...2).contains(ends.count), ends[0] >= 0, ends[ends.count - 1] >= ends[0],
        ends[ends.count - 1] < 65536
      else { throw malformed("snsSaveChanSubset=\(text.prefix(60))", expected: "channels as in 0:3,7") }
      channels += ends[0]...ends[ends.count - 1]
      guard channels.count <= 65536 else { break }
    }
    guard channels.count >= count else {
      throw malformed("\(channels.count) channels in snsSaveChanSubset", expected: "at least \(count)")
    }
    return Array(channels.prefix(count))
  }

  // MARK: Values

  private func malformed(_ found: String, expected: String) -> RecordingError {
    .malformed(file: metaURL.path, found: found, expected: expected)
  }

  private func positive(_ key: String) throws(RecordingError) -> Double {
    guard let value = values[key].flatMap(Double.init), value > 0, value.isFinite else {
      throw malformed(values[key].map { "\(key)=\($0)" } ?? "no \(key)", expected: "a positive number")
    }
    return value
  }

  private func number(_ key: String, in range: ClosedRange<Int>) throws(RecordingError) -> Int {
    guard let value = values[key].flatMap(Int.init), range.contains(value) else {
      throw malformed(
        values[key].map { "\(key)=\($0)" } ?? "no \(key)",
        expected: "a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  private func list(_ key: String, count: Int) throws(RecordingError) -> [Int] {
    let text = values[key] ?? ""
    let numbers = text.split(separator: ",").compactMap { Int($0) }
    guard numbers.count == count, numbers.allSatisfy({ (0...65536).contains($0) }) else {
      throw malformed(text.isEmpty ? "no \(key)" : "\(key)=\(text)", expected: "\(count) numbers of channels")
    }
    return numbers
  }
}
