/// A rectangle in pixels; y grows downwards.
struct Box: Sendable, Equatable {
  var x: Double
  var y: Double
  var width: Double
  var height: Double

  var maxX: Double { x + width }
  var maxY: Double { y + height }
  var midX: Double { x + width / 2 }
  var midY: Double { y + height / 2 }
}

/// The width a text is likely to take, for layout without font files: the mean width of Arial's glyphs.
func estimatedWidth(_ text: String, size: Double = 12) -> Double {
  Double(text.count) * size * 0.54
}

/// The page a figure is drawn on: elements are appended in painting order.
struct Canvas: Sendable {
  /// Finished markup, or the name of an id that gets its prefix when the figure is written.
  enum Part: Sendable, Equatable {
    case markup(Markup)
    case identifier(String)
  }

  private var closed: [Part] = []
  private var open: Markup = ""
  private var clipCount = 0

  /// The width the header needs, with its margins.
  fileprivate(set) var headerWidth = 0.0

  var parts: [Part] { open.isEmpty ? closed : closed + [.markup(open)] }

  /// An element with attributes; the values are escaped here.
  mutating func add(
    _ element: String, _ attributes: KeyValuePairs<String, String>, tooltip: String? = nil
  ) {
    open += startTag(element, attributes)
    if let tooltip {
      open += "><title>\(tooltip)</title></\(element)>"
    } else {
      open += "/>"
    }
  }

  /// A `<g>` around what the closure draws.
  mutating func group(_ attributes: KeyValuePairs<String, String>, _ draw: (inout Canvas) -> Void) {
    open += startTag("g", attributes) + ">"
    draw(&self)
    open += "</g>"
  }

  /// Draws, showing only what falls into a box.
  mutating func clipped(to box: Box, _ draw: (inout Canvas) -> Void) {
    let name = "clip\(clipCount)"
    clipCount += 1
    open += "<clipPath id=\""
    appendIdentifier(name)
    open += "\"><rect x=\"\(pixels(box.x))\" y=\"\(pixels(box.y))\""
    open += " width=\"\(pixels(box.width))\" height=\"\(pixels(box.height))\"/></clipPath>"
    open += "<g clip-path=\"url(#"
    appendIdentifier(name)
    open += ")\">"
    draw(&self)
    open += "</g>"
  }

  private mutating func appendIdentifier(_ name: String) {
    closed.append(.markup(open))
    closed.append(.identifier(name))
    open = ""
  }

  private func startTag(_ element: String, _ attributes: KeyValuePairs<String, String>) -> Markup {
    var tag: Markup = "<\(element)"
    for (name, value) in attributes { tag += " \(name)=\"\(value)\"" }
    return tag
  }
}

extension Canvas {
  /// Where a text's position lies in it.
  enum Anchor: String { case start, middle, end }

  /// A piece of a text line: on the line, or lowered as an index.
  enum TextPiece {
    case plain(String)
    case lowered(String)
  }

  /// A line of text at its baseline; `style` names classes of the theme.
  mutating func text(
    _ string: String, x: Double, y: Double, _ style: String = "text", anchor: Anchor = .start,
    colour: String? = nil, turned: Bool = false
  ) {
    text([.plain(string)], x: x, y: y, style, anchor: anchor, colour: colour, turned: turned)
  }

  /// A line of text with lowered indices.
  mutating func text(
    _ pieces: [TextPiece], x: Double, y: Double, _ style: String = "text", anchor: Anchor = .start,
    colour: String? = nil, turned: Bool = false
  ) {
    open += "<text x=\"\(pixels(x))\" y=\"\(pixels(y))\" class=\"\(style)\""
    if anchor != .start { open += " text-anchor=\"\(anchor.rawValue)\"" }
    if turned { open += " transform=\"rotate(-90 \(pixels(x)) \(pixels(y)))\"" }
    if let colour { open += " style=\"fill:\(colour)\"" }
    open += ">"
    for piece in pieces {
      switch piece {
      case .plain(let string): open += "\(string)"
      case .lowered(let string):
        open += "<tspan dy=\"3\" font-size=\"9\">\(string)</tspan><tspan dy=\"-3\">&#8203;</tspan>"
      }
    }
    open += "</text>"
  }

  /// A straight line in a theme's stroke.
  mutating func line(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String, dashes: String? = nil
  ) {
    let path = "M\(pixels(x1)) \(pixels(y1))L\(pixels(x2)) \(pixels(y2))"
    if let dashes {
      add("path", ["d": path, "class": style, "stroke-dasharray": dashes])
    } else {
      add("path", ["d": path, "class": style])
    }
  }

  /// A filled box of the theme.
  mutating func rectangle(_ box: Box, _ style: String) {
    add(
      "rect",
      [
        "x": pixels(box.x), "y": pixels(box.y), "width": pixels(max(box.width, 0)),
        "height": pixels(max(box.height, 0)), "class": style,
      ])
  }

  /// A box filled with a colour.
  mutating func rectangle(_ box: Box, colour: String, opacity: Double = 1, tooltip: String? = nil) {
    add(
      "rect",
      [
        "x": pixels(box.x), "y": pixels(box.y), "width": pixels(max(box.width, 0)),
        "height": pixels(max(box.height, 0)), "fill": colour, "fill-opacity": pixels(opacity),
      ], tooltip: tooltip)
  }

  /// A line through points in a colour.
  mutating func stroke(_ path: String, colour: String, width: Double, opacity: Double = 1) {
    guard !path.isEmpty else { return }
    add(
      "path",
      [
        "d": path, "fill": "none", "stroke": colour, "stroke-width": pixels(width),
        "stroke-opacity": pixels(opacity), "stroke-linejoin": "round",
      ])
  }

  /// An area in a colour.
  mutating func fill(_ path: String, colour: String, opacity: Double = 1) {
    guard !path.isEmpty else { return }
    add("path", ["d": path, "fill": colour, "fill-opacity": pixels(opacity)])
  }

  /// A filled circle.
  mutating func dot(
    x: Double, y: Double, radius: Double, colour: String, opacity: Double = 1, tooltip: String? = nil
  ) {
    add(
      "circle",
      [
        "cx": pixels(x), "cy": pixels(y), "r": pixels(radius), "fill": colour,
        "fill-opacity": pixels(opacity),
      ], tooltip: tooltip)
  }

  /// The cross that marks a mean: dark with a light rim, so that it stands out on any cloud.
  mutating func cross(x: Double, y: Double, radius r: Double = 4.5) {
    let path =
      "M\(pixels(x - r)) \(pixels(y - r))l\(pixels(2 * r)) \(pixels(2 * r))"
      + "m\(pixels(-2 * r)) 0l\(pixels(2 * r)) \(pixels(-2 * r))"
    add("path", ["d": path, "class": "halo", "stroke-width": "5", "stroke-linecap": "round"])
    add("path", ["d": path, "class": "ink", "stroke-width": "2.2", "stroke-linecap": "round"])
  }

  /// The name of a unit beside a patch of its colour: the name itself stays readable in any colour.
  mutating func unitName(_ name: String, index: Int, x: Double, y: Double) {
    rectangle(Box(x: x, y: y - 10, width: 4, height: 12), colour: Palette.colour(index))
    text(name, x: x + 9, y: y, "text heading")
  }

  /// The figure's title, top left, and a line of explanation below it.
  mutating func header(_ title: String, note: String = "") {
    headerWidth = 24 + max(estimatedWidth(title, size: 15), estimatedWidth(note, size: 10))
    text(title, x: 12, y: 22, "text title")
    if !note.isEmpty { text(note, x: 12, y: 39, "soft tick") }
  }

  /// Says in the middle of a box why it is empty.
  mutating func notice(_ message: String, in box: Box) {
    text(message, x: box.midX, y: box.midY + 4, "soft", anchor: .middle)
  }
}
