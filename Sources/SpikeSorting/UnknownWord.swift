/// A word of a stored sorting that this version does not know.
public struct UnknownWord: Error, Equatable, CustomStringConvertible {
  /// What the word is of: "verdict", "model".
  public let name: String
  /// The word.
  public let found: String
  /// The words known.
  public let known: [String]

  /// One sentence for people.
  public var description: String {
    "the \(name) \(found) is not known; expected one of \(known.joined(separator: ", "))"
  }
}

/// An enumeration that is stored by its words.
typealias KnownWord = RawRepresentable<String> & CaseIterable & Decodable

extension KeyedDecodingContainer {
  /// A stored word. Reading a value by its own key takes this way for every enumeration of words, also where the
  /// compiler writes the reading, so that a word from another version is told by its name and not as a damaged file.
  ///
  /// - Throws: `UnknownWord`, `DecodingError`.
  func decode<Word: KnownWord>(_: Word.Type, forKey key: Key) throws -> Word {
    let text = try decode(String.self, forKey: key)
    guard let word = Word(rawValue: text) else {
      throw UnknownWord(name: key.stringValue, found: text, known: Word.allCases.map(\.rawValue))
    }
    return word
  }

  /// A stored word, where there is one.
  ///
  /// - Throws: `UnknownWord`, `DecodingError`.
  func decodeIfPresent<Word: KnownWord>(_: Word.Type, forKey key: Key) throws -> Word? {
    try contains(key) && !decodeNil(forKey: key) ? decode(Word.self, forKey: key) : nil
  }
}
