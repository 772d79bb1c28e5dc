/// HTML or SVG: what is written as a literal stands as it is, text put into it is escaped.
///
/// A `String` has no other way in, so nothing that a file says can become an element or an attribute:
/// `"<p>\(name)</p>" as Markup` shows `name` as it is spelled.
public struct Markup: Sendable, Equatable, ExpressibleByStringInterpolation {
  /// The markup's characters.
  public private(set) var text: String

  /// Markup that the program wrote.
  public init(stringLiteral value: String) { text = value }

  /// Markup with texts put in.
  public init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  /// Pieces one after the other.
  public init(_ pieces: some Sequence<Markup>, separator: Markup = "") {
    text = pieces.map(\.text).joined(separator: separator.text)
  }

  /// Adds markup at the end.
  public static func += (whole: inout Markup, piece: Markup) { whole.text += piece.text }

  /// Joins markup.
  public static func + (first: Markup, second: Markup) -> Markup { "\(first)\(second)" }

  /// Whether there is none.
  public var isEmpty: Bool { text.isEmpty }

  /// What is put between the pieces of a literal.
  public struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    /// Makes room for a literal.
    public init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity * 2) }

    /// Adds a piece of the program's own.
    public mutating func appendLiteral(_ literal: String) { text += literal }

    /// Adds text, escaped.
    public mutating func appendInterpolation(_ value: String) { text += escaped(value) }

    /// Adds a number.
    public mutating func appendInterpolation(_ value: Int) { text += String(value) }

    /// Adds markup as it is.
    public mutating func appendInterpolation(_ value: Markup) { text += value.text }
  }
}

/// Text made safe for HTML and XML: the five special characters as entities, forbidden control characters left out.
func escaped(_ text: String) -> String {
  var result = ""
  result.reserveCapacity(text.utf8.count)
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    case "\t", "\n", "\r": result += " "
    case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}": break
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result
}
