public import Foundation

/// What a user says about a recording: what its file does not say itself, or says wrongly.
public struct RecordingDescription: Sendable, Equatable {
  /// Frames a second.
  public var samplingRate: Double?
  /// The number of channels.
  public var channelCount: Int?
  /// The type of a sample in a flat binary file; int16 where nobody says.
  public var sampleType: SampleType?
  /// Microvolts a unit.
  public var microvoltsPerUnit: Double?
  /// What zero is in microvolts.
  public var offsetMicrovolts: Double?
  /// A ProbeInterface file.
  public var probeFile: URL?
  /// Every so many channels in a row are a tetrode or shank of their own.
  public var channelsPerGroup: Int?
  /// The channels of every tetrode or shank, where they are listed; others are left out.
  public var channelGroups: [[Int]]?
  /// Whether a recording of which something would be left out is refused.
  public var isStrict: Bool

  /// A description; nil for what is not known.
  public init(
    samplingRate: Double? = nil, channelCount: Int? = nil, sampleType: SampleType? = nil,
    microvoltsPerUnit: Double? = nil, offsetMicrovolts: Double? = nil, probeFile: URL? = nil,
    channelsPerGroup: Int? = nil, channelGroups: [[Int]]? = nil, isStrict: Bool = false
  ) {
    self.samplingRate = samplingRate
    self.channelCount = channelCount
    self.sampleType = sampleType
    self.microvoltsPerUnit = microvoltsPerUnit
    self.offsetMicrovolts = offsetMicrovolts
    self.probeFile = probeFile
    self.channelsPerGroup = channelsPerGroup
    self.channelGroups = channelGroups
    self.isStrict = isStrict
  }

  var gain: Gain? {
    microvoltsPerUnit.map { Gain(microvoltsPerUnit: $0, offsetMicrovolts: offsetMicrovolts ?? 0) }
  }

  /// Whether contacts or groups are given, so that those of the recording's own files do not count.
  var statesProbe: Bool { probeFile != nil || channelsPerGroup != nil || channelGroups != nil }

  /// The probe given, or the standard one.
  func probe(channelCount: Int) throws(RecordingError) -> Probe {
    try checkGroups(channelCount: channelCount)
    let given = try probeFile.map { file throws(RecordingError) in
      try Probe(file: file, channelCount: channelCount)
    }
    if let channelGroups { return Probe.standard(groups: channelGroups, placedBy: given) }
    return given ?? .standard(channelCount: channelCount, channelsPerGroup: channelsPerGroup)
  }

  /// Refuses groups that do not fit a number of channels.
  private func checkGroups(channelCount: Int) throws(RecordingError) {
    if let size = channelsPerGroup, channelCount % size != 0 {
      let (whole, rest) = channelCount.quotientAndRemainder(dividingBy: size)
      throw .invalidOption(
        .channelGroups,
        found: whole == 0
          ? "groups of \(size) in a recording of \(channelCount) channel\(channelCount == 1 ? "" : "s")"
          : "\(channelCount) channels, which make \(whole) groups of \(size) and one of \(rest)",
        expected: "a size that divides the number of channels, or a list such as \"0,1,2,3;4,5,6,7\"")
    }
    if let stranger = channelGroups?.joined().first(where: { $0 >= channelCount }) {
      throw .invalidOption(
        .channelGroups, found: "channel \(stranger)",
        expected: "channels from 0 to \(channelCount - 1), as the recording has \(channelCount)")
    }
  }

  /// Refuses values that no recording has.
  package func check() throws(RecordingError) {
    if let samplingRate, !(samplingRate > 0 && samplingRate.isFinite) {
      throw .invalidOption(
        .samplingRate, found: "\(samplingRate)", expected: "a positive number of frames a second")
    }
    if let channelCount, !(1...65536).contains(channelCount) {
      throw .invalidOption(.channelCount, found: "\(channelCount)", expected: "a number from 1 to 65536")
    }
    if let microvoltsPerUnit, !(microvoltsPerUnit.isFinite && microvoltsPerUnit != 0) {
      throw .invalidOption(
        .microvoltsPerUnit, found: "\(microvoltsPerUnit)", expected: "a number other than 0")
    }
    if let offsetMicrovolts, !offsetMicrovolts.isFinite {
      throw .invalidOption(.offsetMicrovolts, found: "\(offsetMicrovolts)", expected: "a finite number")
    }
    if offsetMicrovolts != nil, microvoltsPerUnit == nil {
      throw .invalidOption(.offsetMicrovolts, found: "an offset in µV alone", expected: "µV a unit beside it")
    }
    if let channelsPerGroup, channelsPerGroup < 1 {
      throw .invalidOption(
        .channelGroups, found: "\(channelsPerGroup)", expected: "at least one channel a group")
    }
    guard let channelGroups else { return }
    guard !channelGroups.isEmpty, channelGroups.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0 >= 0 } })
    else {
      throw .invalidOption(
        .channelGroups, found: "a group without a channel, or a channel below 0",
        expected: "a list such as \"0,1,2,3;4,5,6,7\"")
    }
    var seen = Set<Int>()
    if let twice = channelGroups.joined().first(where: { !seen.insert($0).inserted }) {
      throw .invalidOption(
        .channelGroups, found: "channel \(twice) twice", expected: "every channel in one group at most")
    }
  }
}

/// A format: its name, and what opens a path that is of it.
private struct Format {
  let name: String
  /// Opens a file or folder; nil for anything that is not of the format.
  let open: @Sendable (URL, RecordingDescription) throws(RecordingError) -> (any Recording)?
}

/// The formats in the order in which a path is held against them: those that say what they are go first.
private let formats: [Format] = [
  Format(name: "HDF5", open: openHDF5),
  Format(name: "Open Ephys", open: OpenEphysFolder.open),
  Format(name: "Open Ephys, one file a channel", open: OpenEphysContinuous.open),
  Format(name: "Neuralynx", open: NeuralynxRecording.open),
  Format(name: "Intan", open: IntanRecording.open),
  Format(name: "Blackrock", open: BlackrockFile.open),
  Format(name: "SpikeInterface's folder", open: SpikeInterfaceFolder.open),
  Format(name: "folder with meta.json", open: SuiteFolder.open),
  Format(name: "SpikeGLX", open: SpikeGLXFile.open),
  Format(name: "Axona", open: AxonaFile.open),
  Format(name: "MDA", open: MDAFile.open),
  Format(name: "NumPy", open: openNPY),
  Format(name: "text", open: openText),
  Format(name: "flat binary", open: openFlat),
]

/// Opens a recording: `try Recordings.open(url)`.
///
/// - Parameters:
///   - url: its file or folder; `openRecording(at:description:)` lists the formats.
///   - description: what its files do not say themselves.
/// - Throws: `RecordingError`.
public func open(
  _ url: URL, as description: RecordingDescription = RecordingDescription()
) throws(RecordingError) -> any Recording {
  try openRecording(at: url, description: description)
}

/// Opens a recording, its format recognised from its name and first bytes.
///
/// Known are folders with a `meta.json`, SpikeGLX (`.bin` beside a `.meta`), Neuralynx (`.ncs` or a folder of
/// them), Open Ephys (the binary format's folders, `.continuous` files), Axona (`.bin` beside a `.set`), Intan (`.rhd`
/// and `.rhs` in their three layouts), Blackrock (`.ns1` to `.ns6`), NWB, `.kwd`, SpikeInterface's binary folders,
/// `.npy`, `.mda`, text files (`.csv`, `.tsv`, `.txt`) and flat binary files of any other name. What a description
/// states goes before what a file says of itself.
/// - Throws: `RecordingError`.
public func openRecording(
  at url: URL, description: RecordingDescription = RecordingDescription()
) throws(RecordingError) -> any Recording {
  try description.check()
  guard url.exists || splitPath(url) != nil else { throw .missing(file: url.path) }
  for format in formats {
    guard let recording = try format.open(url, description) else { continue }
    let named = recording.format == "recording" ? recording.named(format.name) : recording
    if description.isStrict, let notice = named.notices.first { throw .notWhole(notice: notice) }
    return named
  }
  throw url.exists
    ? .malformed(
      file: url.path, found: folderContents(url),
      expected:
        "a recording: a file of one, or a folder of Open Ephys, Neuralynx (.ncs), Intan, Blackrock or "
        + "SpikeInterface, or one with a meta.json")
    : .missing(file: url.path)
}

/// Opens several recordings as one, in the order of their clocks, else in the order given; a single one stays itself.
///
/// Files of one channel each (`.ncs`, `.continuous`) that were recorded together are its channels.
/// - Throws: `RecordingError`, also where they are not one recording in time: the same samples twice, other channels, or
///   the same time.
public func openRecording(
  at urls: [URL], description: RecordingDescription = RecordingDescription()
) throws(RecordingError) -> any Recording {
  precondition(!urls.isEmpty, "nothing to open")
  if urls.count == 1 { return try openRecording(at: urls[0], description: description) }
  try description.check()
  var parts: [any Recording] = []
  for files in inputs(of: urls) {
    if files.count == 1 {
      parts.append(try openRecording(at: files[0], description: description))
    } else if files[0].pathExtension.lowercased() == "ncs" {
      parts.append(try NeuralynxRecording.open(files, description).named("Neuralynx"))
    } else {
      parts.append(
        try OpenEphysContinuous.open(files, description).named("Open Ephys, one file a channel"))
    }
  }
  let whole = try joined(parts)
  if description.isStrict, let notice = whole.notices.first { throw .notWhole(notice: notice) }
  return whole
}

/// The paths that are opened together: files of one channel each in a folder, and each other path alone.
private func inputs(of urls: [URL]) -> [[URL]] {
  var inputs: [[URL]] = []
  for url in urls {
    let kind = url.pathExtension.lowercased()
    guard ["ncs", "continuous"].contains(kind), !url.isFolder else {
      inputs.append([url])
      continue
    }
    let folder = url.deletingLastPathComponent()
    let place = inputs.firstIndex {
      $0[0].pathExtension.lowercased() == kind && !$0[0].isFolder
        && $0[0].deletingLastPathComponent() == folder
    }
    if let place { inputs[place].append(url) } else { inputs.append([url]) }
  }
  return inputs
}

private func openText(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (
  any Recording
)? {
  guard !url.isFolder, ["csv", "tsv", "txt"].contains(url.pathExtension.lowercased()) else { return nil }
  try refuseForeign(url, byName: false)
  guard let rate = description.samplingRate else {
    throw .unstated(file: url.path, what: "its sampling rate", options: [.samplingRate])
  }
  let plain = try CSVRecording(file: url, samplingRate: rate)
  if let channelCount = description.channelCount, channelCount != plain.channelCount {
    throw .malformed(
      file: url.path, found: "\(plain.channelCount) columns", expected: "\(channelCount), as was said")
  }
  return plain.with(
    gain: description.gain, probe: try description.probe(channelCount: plain.channelCount))
}

private func openNPY(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (
  any Recording
)? {
  guard !url.isFolder else { return nil }
  let isNamed = url.pathExtension.lowercased() == "npy"
  let head = try SampleFile(url).head(6)
  guard isNamed || head == [0x93] + Array("NUMPY".utf8) else { return nil }
  if isNamed { try refuseForeign(url, byName: false) }
  guard let rate = description.samplingRate else {
    throw .unstated(file: url.path, what: "its sampling rate", options: [.samplingRate])
  }
  return try NPYRecording(url, samplingRate: rate, gain: description.gain) { count throws(RecordingError) in
    if let channelCount = description.channelCount, channelCount != count {
      throw .malformed(
        file: url.path, found: "\(count) columns", expected: "\(channelCount), as was said")
    }
    return try description.probe(channelCount: count)
  }
}

private func openFlat(_ url: URL, _ description: RecordingDescription) throws(RecordingError) -> (
  any Recording
)? {
  guard !url.isFolder else { return nil }
  try refuseForeign(url, byName: true)
  let head = try SampleFile(url).head(1 << 12)
  guard !head.isEmpty else {
    throw .malformed(file: url.path, found: "an empty file", expected: "a recording")
  }
  if let text = kindOfText(head) {
    throw .malformed(
      file: url.path, found: text, expected: "binary samples (a text of numbers is named .csv)")
  }
  guard let rate = description.samplingRate, let channelCount = description.channelCount else {
    throw unstatedFacts(of: url, description)
  }
  let sampleType = description.sampleType ?? .int16
  let recording = try RawRecording(
    file: url, sampleType: sampleType, channelCount: channelCount, samplingRate: rate,
    gain: description.gain, probe: try description.probe(channelCount: channelCount))
  guard recording.frameCount > 1,
    let single = try? RawRecording(file: url, sampleType: sampleType, channelCount: 1, samplingRate: rate),
    let other = try? DeclaredChannels(single).other(than: channelCount)
  else { return recording }
  return recording.noticing([
    "\(url.lastPathComponent): the samples look like those of \(other) channels in turn, not of \(channelCount) as "
      + "was said; if so, everything below is wrong"
  ])
}

/// The refusal of a flat file that names everything nobody said at once.
private func unstatedFacts(of url: URL, _ description: RecordingDescription) -> RecordingError {
  var facts: [String] = []
  var options: [RecordingOption] = []
  if description.samplingRate == nil {
    facts.append("its sampling rate")
    options.append(.samplingRate)
  }
  if description.channelCount == nil {
    facts.append("its number of channels")
    options.append(.channelCount)
  }
  if description.sampleType == nil {
    facts.append("the type of its samples")
    options.append(.sampleType)
  }
  return .unstated(file: url.path, what: facts.series(" or "), options: options)
}

extension SampleType {
  /// All types in words, for messages.
  static var listed: String { allCases.map(\.rawValue).joined(separator: ", ") }
}
