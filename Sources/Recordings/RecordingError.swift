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
  /// The file does not say something that sorting needs; the flag says it.
  case unstated(file: String, what: String, flag: String)
  /// A flag's value makes no sense.
  case invalidOption(flag: String, found: String, expected: String)
  /// Something would be left out, and only the whole is wanted.
  case notWhole(notice: String)
  /// A sample is NaN or infinite.
  case notFinite(file: String, frame: Int, channel: Int, value: Float)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .missing(let file): "\(file): there is no such file or folder, expected a recording"
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .malformed(let file, let found, let expected):
      "\(file): found \(found.quoted), expected \(expected.quoted)"
    case .npy(let error): error.description
    case .unstated(let file, let what, let flag):
      "\(file): the file does not state \(what), give \(flag)"
    case .invalidOption(let flag, let found, let expected): "\(flag): found \(found), expected \(expected)"
    case .notWhole(let notice): notice + "; refused, as --strict asks for the whole"
    case .notFinite(let file, let frame, let channel, let value):
      "\(file): found \(value.isNaN ? "NaN" : "an infinite sample") at frame \(frame) of channel \(channel),"
        + " expected finite voltages"
    }
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
