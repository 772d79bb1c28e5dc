/// A value as Python writes it, of the kinds that stand in headers.
indirect enum PythonLiteral {
  case text(String)
  case bool(Bool)
  /// The digits, with a sign: the number may be larger than any integer here.
  case integer(String)
  case tuple([PythonLiteral])
  case dictionary([(key: PythonLiteral, value: PythonLiteral)])
  /// Lists, floats, None: read so as to be named, never used.
  case other

  /// The entries of a dictionary whose keys are all text; nil for anything else.
  var fields: [String: PythonLiteral]? {
    guard case .dictionary(let entries) = self else { return nil }
    var result: [String: PythonLiteral] = [:]
    for entry in entries {
      guard case .text(let key) = entry.key else { return nil }
      result[key] = entry.value
    }
    return result
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
    /// No header nests deeper; a deeper one is an attack on the stack.
    private static let deepest = 16

    init(rest: ArraySlice<UInt8>) { self.rest = rest }

    mutating func skipSpace() {
      rest = rest.drop { $0 == 0x20 || (0x09...0x0d).contains($0) }
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
        return elements(until: "]", depth: depth) == nil ? nil : .other
      case "'", "\"": return quoted()
      default: return word()
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

    /// A number or a name; whole numbers may end in the L of Python 2.
    private mutating func word() -> PythonLiteral? {
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
      if word.hasSuffix("L") { word.removeLast() }
      let digits = word.utf8.first == UInt8(ascii: "-") ? word.utf8.dropFirst() : word.utf8[...]
      if !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) { return .integer(word) }
      return Double(word) == nil ? nil : .other
    }
  }
}
