/// What an HDF5 file is refused for. Prints as one sentence.
public struct HDF5Error: Error, Equatable, CustomStringConvertible {
  /// The file's path.
  public let file: String
  /// What was found.
  public let found: String
  /// What was expected.
  public let expected: String

  /// One sentence for people.
  public var description: String { "\(file): found \(found), expected \(expected)" }
}
