internal import Figures

/// A self-contained HTML page put together from parts. No scripts, no network.
struct Page {
  private var body: Markup = ""

  mutating func heading(_ text: String, id: String) {
    body += "<h2 id=\"\(id)\">\(text)</h2>\n"
  }

  /// The page's own heading.
  mutating func title(_ text: String) { body += "<h1>\(text)</h1>\n" }

  mutating func paragraph(_ text: String, class name: String? = nil) {
    let attribute: Markup = name.map { " class=\"\($0)\"" } ?? ""
    body += "<p\(attribute)>\(text)</p>\n"
  }

  mutating func list(_ items: [String], class name: String) {
    guard !items.isEmpty else { return }
    body += "<ul class=\"\(name)\">\(Markup(items.map { "<li>\($0)</li>" }))</ul>\n"
  }

  /// Folds up what is added inside.
  mutating func folded(_ summary: String, _ add: (inout Page) -> Void) {
    body += "<details><summary>\(summary)</summary>\n"
    add(&self)
    body += "</details>\n"
  }

  mutating func figure(_ drawing: Markup, caption: String) {
    body += "<figure>\(drawing)<figcaption>\(caption)</figcaption></figure>\n"
  }

  mutating func table(head: [String], rows: [[Markup]], class name: String) {
    body += "<div class=\"scroll\"><table class=\"\(name)\"><thead><tr>"
    body += Markup(head.map { "<th>\($0)</th>" }) + "</tr></thead><tbody>\n"
    for row in rows { body += "<tr>\(Markup(row.map { "<td>\($0)</td>" }))</tr>\n" }
    body += "</tbody></table></div>\n"
  }

  /// A cell of a number.
  static func number(_ text: String) -> Markup { "<div class=\"number\">\(text)</div>" }

  /// A cell of a verdict: its code gives the colour, the words are shown.
  static func verdict(_ words: String, code: String? = nil) -> Markup {
    "<span class=\"verdict\(code.map { " \($0)" } ?? "")\">\(words)</span>"
  }

  /// The whole page.
  func html(title: String) -> String {
    let page: Markup = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <title>\(title)</title>
      <style>
      \(Self.style)
      </style>
      </head>
      <body>
      <main>
      \(body)</main>
      </body>
      </html>

      """
    return page.text
  }

  private static let style: Markup = """
    :root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --paper: #fff; --shade: #f6f8fa;
      --good: #1a7f37; --warn: #9a6700; --bad: #b42318; }
    @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --paper: #0d1117;
      --shade: #151b23; --good: #3fb950; --warn: #d29922; --bad: #f85149; } }
    body { margin: 0; background: var(--paper); color: var(--ink);
      font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
    main { max-width: 1180px; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
    h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .5rem; }
    h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
    p { margin: .5rem 0; max-width: 78ch; }
    .soft, figcaption { color: var(--soft); font-size: .9rem; }
    figure { margin: 1rem 0; } figure svg { max-width: 100%; height: auto; display: block; }
    figcaption { max-width: 85ch; margin-top: .35rem; }
    .scroll { overflow-x: auto; }
    table { border-collapse: collapse; font-size: .9rem; width: 100%; font-variant-numeric: tabular-nums; }
    th { text-align: left; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--line); vertical-align: bottom; }
    th, td { padding: .4rem .75rem .4rem 0; vertical-align: top; }
    td { border-bottom: 1px solid var(--line); }
    .facts { color: var(--soft); font-size: .85em; margin-top: .15rem; } td:last-child { min-width: 20rem; } td:last-child, th:last-child { padding-right: 0; }
    .groups { width: auto; } .groups td:last-child { min-width: 0; }
    .number { text-align: right; white-space: nowrap; }
    .swatch { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .45em; vertical-align: -.05em; }
    .verdict { font-weight: 600; display: inline-block; max-width: 8rem; }
    .single, .split { color: var(--good); } .multi, .unclear { color: var(--warn); } .noise { color: var(--bad); }
    .tooFew, .different { color: var(--soft); }
    .warnings { background: var(--shade); border-left: 4px solid var(--warn); padding: .6rem 1rem .6rem 2rem; margin: 1rem 0; }
    details { margin: 1rem 0; } summary { cursor: pointer; font-weight: 600; }
    @media print { main { max-width: none; } }
    """
}
