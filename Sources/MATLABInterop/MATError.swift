/// What a MAT-file is refused for.
public enum MATError: Error, Equatable, CustomStringConvertible {
  /// The system refused to read it.
  case unreadable(file: String, reason: String)
  /// It is not what it should be.
  case malformed(file: String, found: String, expected: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .malformed(let file, let found, let expected): "\(file): found \(found), expected \(expected)"
    }
  }
}
