/// What the pipeline refuses; each prints one sentence.
public enum SortingError: Error, Equatable, CustomStringConvertible {
  /// An option that cannot be, or cannot be together with this input.
  case badOption(String)
  /// Choices that do not fit this input, in a sentence.
  case badChoice(String, of: [SortingChoice])
  /// An input that does not say what a choice can say, in a sentence.
  case unstated(String, of: [SortingChoice])
  /// An input that cannot be sorted: the file, what was found and what was expected.
  case badInput(String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .badOption(let sentence), .badInput(let sentence), .badChoice(let sentence, of: _),
      .unstated(let sentence, of: _):
      sentence
    }
  }
}

/// A choice that a program may call by a name of its own.
public enum SortingChoice: Sendable, Equatable {
  case components, excludedChannels, start, end, samplingRate
}
