import Foundation

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// What a parser finds in a drawing: well-formedness, elements and ids.
final class Markup: NSObject, XMLParserDelegate {
  private(set) var isWellFormed = false
  private(set) var elements: [(name: String, attributes: [String: String])] = []
  private(set) var texts: [String] = []

  init(_ text: String) {
    super.init()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = self
    isWellFormed = parser.parse()
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
    attributes: [String: String] = [:]
  ) {
    elements.append((name, attributes))
    texts.append("")
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    if !texts.isEmpty { texts[texts.count - 1] += string }
  }

  /// The elements of a name.
  func all(_ name: String) -> [[String: String]] {
    elements.filter { $0.name == name }.map(\.attributes)
  }

  /// The text that follows the start of each element of a name, up to the next start.
  func texts(of name: String) -> [String] {
    zip(elements, texts).filter { $0.0.name == name }.map(\.1)
  }

  var ids: [String] { elements.compactMap { $0.attributes["id"] } }
}
