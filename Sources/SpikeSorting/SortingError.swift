/// What the pipeline refuses; each prints one sentence.
public enum SortingError: Error, Equatable, CustomStringConvertible {
  /// An option that cannot be, or cannot be together with this input.
  case badOption(String)
  /// An input that cannot be sorted: the file, what was found and what was expected.
  case badInput(String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .badOption(let sentence), .badInput(let sentence): sentence
    }
  }
}
