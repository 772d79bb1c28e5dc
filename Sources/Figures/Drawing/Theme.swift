/// The colours and fonts every figure shares, in a light and a dark version.
enum Theme {
  /// Class, property, colour on white, colour on black.
  private static let roles: [(name: String, property: String, light: String, dark: String)] = [
    ("paper", "fill", "#ffffff", "#15181c"),
    ("text", "fill", "#1f2328", "#e3e6ea"),
    ("soft", "fill", "#5f6871", "#9ba5af"),
    ("inkfill", "fill", "#1f2328", "#e3e6ea"),
    ("bars", "fill", "#7a8590", "#56616c"),
    ("shade", "fill", "#eef1f4", "#22272e"),
    ("window", "fill", "#fbdcc8", "#55301a"),
    ("ink", "stroke", "#1f2328", "#e3e6ea"),
    ("axis", "stroke", "#8b949e", "#6e7781"),
    ("grid", "stroke", "#e6e9ec", "#2a3037"),
    ("trace", "stroke", "#7a8590", "#8d98a3"),
    ("halo", "stroke", "#ffffff", "#15181c"),
  ]

  private static let fontFamily: Markup = "'Helvetica Neue',Arial,'Liberation Sans',system-ui,sans-serif"

  /// The style element of every figure; the same text in all, so that several on one page agree.
  static let styleSheet: Markup = {
    var sheet: Markup =
      ".spikefig text{font:12px \(fontFamily)}.spikefig .title{font-size:14px;font-weight:600}"
    sheet += ".spikefig .heading{font-weight:600}.spikefig .tick{font-size:11px}"
    sheet += ".spikefig .tiny{font-size:9.5px}"
    sheet += ".spikefig .tag{font-weight:600;font-size:10.5px;paint-order:stroke;stroke-width:3px}"
    sheet += ".spikefig .ink,.spikefig .axis,.spikefig .grid,.spikefig .trace{fill:none}"
    sheet += ".spikefig .ink,.spikefig .trace,.spikefig .halo{stroke-linejoin:round}"
    sheet += rules(under: ".spikefig", \.light)
    let dark = rules(under: ".spikefig:not([data-theme=light] *)", \.dark)
    sheet += "@media screen and (prefers-color-scheme:dark){\(dark)}"
    return sheet + rules(under: "[data-theme=dark] .spikefig", \.dark)
  }()

  private static func rules(
    under root: Markup, _ colour: (((name: String, property: String, light: String, dark: String)) -> String)
  ) -> Markup {
    Markup(roles.map { "\(root) .\($0.name){\($0.property):\(colour($0))}" })
  }
}

/// The colours of units and components.
///
/// The first six are Okabe and Ito's (their yellow and black are unreadable on white or on black and left out).
/// The other ten were chosen one after the other as the colour farthest from all before it, in CIELAB, under
/// normal, deuteranopic and protanopic vision at once (Machado et al. 2009), between L* 43 and 79.
public enum Palette {
  /// The colours in order, as `#rrggbb`.
  public static let colours = [
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#693CFF", "#D2C378",
    "#8778FF", "#D2003C", "#F0B4B4", "#875A78", "#D2874B", "#4BD2E1", "#C300A5", "#FF6987",
  ]

  /// The colour of something that belongs to no unit.
  public static let unassigned = "#8B949E"

  /// The colour of the unit at an index; the palette starts over after sixteen, a negative index is unassigned.
  public static func colour(_ index: Int) -> String {
    index < 0 ? unassigned : colours[index % colours.count]
  }
}
