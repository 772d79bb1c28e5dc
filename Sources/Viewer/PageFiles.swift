internal import Figures
internal import Foundation
internal import ViewerPage

/// The files of the page, which are part of the program.
enum PageFiles {
  /// The module that holds the colours of units: those of the report's figures.
  static let palette = "palette.js"

  /// Every file by its name.
  static let all: [String: Data] = {
    var files: [String: Data] = [:]
    let colours = Palette.colours.map { "\"\($0)\"" }.joined(separator: ", ")
    files[palette] = Data(
      "// The report's colours of units, in order.\nexport const palette = [\(colours)];\n".utf8)
    var place = 0
    while let file = sp_page_file(place)?.pointee {
      files[String(cString: file.name)] = Data(bytes: file.bytes, count: file.size)
      place += 1
    }
    return files
  }()

  /// The answer for a name; nil where there is no such file.
  static func answer(for name: String) -> ViewerAnswer? {
    guard let body = all[name] else { return nil }
    return ViewerAnswer(status: 200, contentType: contentType(of: name), body: body)
  }

  private static func contentType(of name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "svg": "image/svg+xml"
    default: "application/octet-stream"
    }
  }
}
