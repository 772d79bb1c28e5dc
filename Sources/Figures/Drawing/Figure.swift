/// A finished drawing: vector graphics with a size, a title and a summary for those who cannot see it.
///
/// The static functions of this type draw the figures of a sorting from plain numbers. All of them accept
/// empty, single and non-finite data: what cannot be drawn is left out, and an empty figure says so.
/// The same numbers give the same bytes.
public struct Figure: Sendable, Equatable {
  /// What the figure shows, in a few words.
  public let title: String
  /// What can be read from the figure, in a sentence or two.
  public let summary: String
  /// Intrinsic width in CSS pixels.
  public let width: Double
  /// Intrinsic height in CSS pixels.
  public let height: Double

  let parts: [Canvas.Part]

  init(title: String, summary: String, width: Double, height: Double, canvas: Canvas) {
    self.title = title
    self.summary = summary
    self.width = max(width, canvas.headerWidth).rounded(.up)
    self.height = height.rounded(.up)
    self.parts = canvas.parts
  }

  /// The drawing as one `<svg>` element: a file of its own or a part of an HTML page.
  ///
  /// Colours follow the reader's light or dark preference; a page overrides it with `data-theme="light"` or
  /// `data-theme="dark"` on an element around the figure. The root has the class `spikefig`.
  /// - Parameter idPrefix: begins every id inside, so that figures on one page stay apart; letters, digits
  ///   and hyphens.
  public func svg(idPrefix: String = "figure") -> String { markup(idPrefix: idPrefix).text }

  /// The same as a part of other markup.
  public func markup(idPrefix: String) -> Markup {
    let size: Markup = "width=\"\(pixels(width))\" height=\"\(pixels(height))\""
    let box: Markup = "viewBox=\"0 0 \(pixels(width)) \(pixels(height))\""
    var markup: Markup =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"spikefig\" role=\"img\" \(size) \(box)>"
    markup += "<title>\(title)</title><desc>\(summary)</desc>"
    markup += "<style>\(Theme.styleSheet)</style>"
    markup += "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>"
    for part in parts {
      switch part {
      case .markup(let text): markup += text
      case .identifier(let name): markup += "\(idPrefix)-\(name)"
      }
    }
    return markup + "</svg>\n"
  }
}
