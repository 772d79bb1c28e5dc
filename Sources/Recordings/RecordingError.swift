public import NumPyInterop

/// What a recording or a probe file is refused for. Each prints as one sentence.
public enum RecordingError: Error, Equatable, CustomStringConvertible {
  /// There is no such file or folder.
  case missing(file: String)
  /// The system refused to open or read the file.
  case unreadable(file: String, reason: String)
  /// The file is not what it should be.
  case malformed(file: String, found: String, expected: String)
  /// An `.npy` file is broken.
  case npy(NPYError)
  /// The file does not say something that sorting needs; a description of it can.
  case unstated(file: String, what: String, options: [RecordingOption])
  /// What a description says makes no sense.
  case invalidOption(RecordingOption, found: String, expected: String)
  /// Something would be left out, and only the whole is wanted.
  case notWhole(notice: String)
  /// A sample is NaN or infinite.
  case notFinite(file: String, frame: Int, channel: Int, value: Float)

  /// One sentence for people, choices by their names in `RecordingDescription`.
  public var description: String { sentence { $0.rawValue } }

  /// The same sentence, choices by names that a program gives them.
  public func sentence(naming name: (RecordingOption) -> String) -> String {
    switch self {
    case .missing(let file): "\(file): there is no such file or folder, expected a recording"
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .malformed(let file, let found, let expected):
      "\(file): found \(found.quoted), expected \(expected.quoted)"
    case .npy(let error): error.description
    case .unstated(let file, let what, let options):
      "\(file): the file does not state \(what), give "
        + options.map { name($0) + ($0 == .sampleType ? " where that is not int16" : "") }.series(" and ")
    case .invalidOption(let option, let found, let expected):
      "\(name(option)): found \(found), expected \(expected)"
    case .notWhole(let notice): notice + "; refused, as \(name(.isStrict)) asks for the whole"
    case .notFinite(let file, let frame, let channel, let value):
      "\(file): found \(value.isNaN ? "NaN" : "an infinite sample") at frame \(frame) of channel \(channel),"
        + " expected finite voltages"
    }
  }
}

/// What a description says of a recording, by its names in `RecordingDescription`.
public enum RecordingOption: String, Sendable, CaseIterable {
  case samplingRate, channelCount, sampleType, microvoltsPerUnit, offsetMicrovolts, channelGroups, isStrict
}

extension [String] {
  /// "a", "a or b", "a, b or c" with " or " as the joint.
  func series(_ joint: String) -> String {
    guard let last, count > 1 else { return joined() }
    return dropLast().joined(separator: ", ") + joint + last
  }
}

extension String {
  /// A file's words within a sentence: on one line, not too long, and nothing that moves a terminal's cursor.
  fileprivate var quoted: String {
    let line = String(
      map { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } ? " " : $0 })
    return line.count <= 300 ? line : line.prefix(300) + "…"
  }
}
