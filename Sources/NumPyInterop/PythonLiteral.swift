/// A value as Python writes it, of the kinds that stand in headers and in files of settings.
package indirect enum PythonLiteral: Sendable {
  case text(String)
  case bool(Bool)
  /// The digits, with a sign: the number may be larger than any integer here.
  case integer(String)
  case real(Double)
  case tuple([PythonLiteral])
  case list([PythonLiteral])
  case dictionary([(key: PythonLiteral, value: PythonLiteral)])
  /// None: read so as to be named, never used.
  case other

  /// The entries of a dictionary whose keys are all text; nil for anything else.
  package var fields: [String: PythonLiteral]? {
    guard case .dictionary(let entries) = self else { return nil }
    var result: [String: PythonLiteral] = [:]
    for entry in entries {
      guard case .text(let key) = entry.key else { return nil }
      result[key] = entry.value
    }
    return result
  }

  /// The whole number; nil for anything else, and for one that is too large.
  package var wholeNumber: Int? {
    if case .integer(let digits) = self { return Int(digits) }
    return nil
  }

  /// The number; nil for anything else.
  package var number: Double? {
    switch self {
    case .integer(let digits): Double(digits)
    case .real(let value): value
    default: nil
    }
  }

  /// What a list or tuple holds; nil for anything else.
  package var elements: [PythonLiteral]? {
    switch self {
    case .list(let values), .tuple(let values): values
    default: nil
    }
  }

  /// The literal that a line of a Python text assigns to a name; nil where none does, or something that is no literal.
  package static func assigned(to name: String, in text: [UInt8]) -> PythonLiteral? {
    for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true)
    where line.starts(with: name.utf8) {
      var parser = Parser(rest: text[(line.startIndex + name.utf8.count)...])
      guard parser.take("="), parser.rest.first != UInt8(ascii: "=") else { continue }
      let literal = parser.literal(depth: 0)
      // What goes on behind the literal is an expression.
      let next = parser.rest.first { $0 != 0x20 && $0 != 0x09 }
      return next.map { [0x0a, 0x0d, UInt8(ascii: "#"), UInt8(ascii: ";")].contains($0) } ?? true
        ? literal : nil
    }
    return nil
  }

  /// Reads a text that is one literal and white space around it; nil for any other.
  static func parse(_ text: ArraySlice<UInt8>) -> PythonLiteral? {
    var parser = Parser(rest: text)
    guard let literal = parser.literal(depth: 0) else { return nil }
    parser.skipSpace()
    return parser.rest.isEmpty ? literal : nil
  }

  private struct Parser {
    var rest: ArraySlice<UInt8>
    /// How many more numbers ranges may stand for; no probe has so many channels.
    private var numbersLeft = 1 << 18
    /// No header nests deeper; a deeper one is an attack on the stack.
    private static let deepest = 16

    init(rest: ArraySlice<UInt8>) { self.rest = rest }

    /// Skips white space and comments.
    mutating func skipSpace() {
      rest = rest.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
      while rest.first == UInt8(ascii: "#") {
        rest = rest.drop { $0 != 0x0a }.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
      }
    }

    /// Takes the character if it comes next after white space.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
      skipSpace()
      guard rest.first == UInt8(ascii: character) else { return false }
      rest.removeFirst()
      return true
    }

    mutating func literal(depth: Int) -> PythonLiteral? {
      guard depth < Self.deepest else { return nil }
      skipSpace()
      switch rest.first.map({ Unicode.Scalar($0) }) {
      case "{": return dictionary(depth: depth)
      case "(": return tuple(depth: depth)
      case "[":
        rest.removeFirst()
        return elements(until: "]", depth: depth).map { .list($0.values) }
      case "'", "\"": return quoted()
      default: return word(depth: depth)
      }
    }

    private mutating func dictionary(depth: Int) -> PythonLiteral? {
      rest.removeFirst()
      var entries: [(key: PythonLiteral, value: PythonLiteral)] = []
      while !take("}") {
        guard let key = literal(depth: depth + 1), take(":"), let value = literal(depth: depth + 1) else {
          return nil
        }
        entries.append((key, value))
        if !take(",") {
          guard take("}") else { return nil }
          break
        }
      }
      return .dictionary(entries)
    }

    /// A tuple; one value in brackets without a comma is that value.
    private mutating func tuple(depth: Int) -> PythonLiteral? {
      rest.removeFirst()
      guard let (values, endsWithComma) = elements(until: ")", depth: depth) else { return nil }
      return values.count == 1 && !endsWithComma ? values[0] : .tuple(values)
    }

    private mutating func elements(
      until end: Unicode.Scalar, depth: Int
    ) -> (values: [PythonLiteral], endsWithComma: Bool)? {
      var values: [PythonLiteral] = []
      while !take(end) {
        guard let value = literal(depth: depth + 1) else { return nil }
        values.append(value)
        if !take(",") { return take(end) ? (values, false) : nil }
      }
      return (values, !values.isEmpty)
    }

    private mutating func quoted() -> PythonLiteral? {
      let quote = rest.removeFirst()
      guard let end = rest.firstIndex(where: { $0 == quote || $0 == UInt8(ascii: "\\") }),
        rest[end] == quote
      else { return nil }
      let text = String(decoding: rest[..<end], as: UTF8.self)
      rest = rest[(end + 1)...]
      return .text(text)
    }

    /// A number, a name, or a call that stands for a literal; whole numbers may end in the L of Python 2.
    private mutating func word(depth: Int) -> PythonLiteral? {
      let isPart: (UInt8) -> Bool = { byte in
        let character = Unicode.Scalar(byte)
        return character.properties.isAlphabetic || "0123456789.+-_".unicodeScalars.contains(character)
      }
      let characters = rest.prefix(while: isPart)
      guard !characters.isEmpty else { return nil }
      rest = rest.dropFirst(characters.count)
      var word = String(decoding: characters, as: UTF8.self)
      switch word {
      case "True": return .bool(true)
      case "False": return .bool(false)
      case "None": return .other
      default: break
      }
      if rest.first == UInt8(ascii: "(") {
        rest.removeFirst()
        return elements(until: ")", depth: depth).flatMap { called(word, $0.values) }
      }
      if word.hasSuffix("L") { word.removeLast() }
      let digits = word.utf8.first == UInt8(ascii: "-") ? word.utf8.dropFirst() : word.utf8[...]
      if !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) { return .integer(word) }
      return Double(word).map { .real($0) }
    }

    /// What `range(…)`, `list(…)` or a number of NumPy's stands for; nil for any other call.
    private mutating func called(_ name: String, _ arguments: [PythonLiteral]) -> PythonLiteral? {
      switch name {
      case "range":
        let numbers = arguments.compactMap(\.wholeNumber)
        guard numbers.count == arguments.count, (1...2).contains(numbers.count) else { return nil }
        let (start, end) = numbers.count == 1 ? (0, numbers[0]) : (numbers[0], numbers[1])
        guard start >= 0, end <= numbersLeft else { return nil }
        numbersLeft -= max(0, end - start)
        return .list(start < end ? (start..<end).map { .integer(String($0)) } : [])
      case "list", "tuple": return arguments.count == 1 ? arguments[0].elements.map { .list($0) } : nil
      case let number where number.hasPrefix("np.") || number.hasPrefix("numpy."):
        return arguments.count == 1 && arguments[0].number != nil ? arguments[0] : nil
      default: return nil
      }
    }
  }
}
