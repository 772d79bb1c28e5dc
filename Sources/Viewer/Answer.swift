internal import Curation
public import Foundation

/// What a browser asks, as far as it matters here.
public struct ViewerRequest: Sendable {
  /// GET, POST, …
  public var method: String
  /// The path as it was sent, still percent-encoded.
  public var path: String
  /// What follows the question mark, still percent-encoded.
  public var query: String
  /// The headers by their names in lower case.
  public var headers: [String: String]
  /// The body; nil where it is larger than `ViewerAnswer.largestBody`.
  public var body: Data?

  /// Makes a request.
  public init(
    method: String, path: String, query: String = "", headers: [String: String], body: Data? = Data()
  ) {
    self.method = method
    self.path = path
    self.query = query
    self.headers = headers
    self.body = body
  }
}

/// What a browser is told.
public struct ViewerAnswer: Sendable {
  /// The HTTP status.
  public var status: Int
  /// The type of the body.
  public var contentType: String
  /// The body.
  public var body: Data
  /// Where to look instead (`Location`), with the status 302.
  public var location: String?

  /// The largest body of a request, in bytes.
  public static let largestBody = 16 << 20

  /// What every answer carries: nothing may run, load or embed but what comes from here.
  public static let headers = [
    "Content-Security-Policy":
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
      + "worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
  ]

  static func json(_ value: some Encodable, status: Int = 200) throws -> ViewerAnswer {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return ViewerAnswer(
      status: status, contentType: "application/json; charset=utf-8", body: try encoder.encode(value))
  }

  static func bundle(_ bundle: ArrayBundle) -> ViewerAnswer {
    ViewerAnswer(status: 200, contentType: "application/octet-stream", body: bundle.data)
  }
}

/// An answer that is none: a status, a word for programs and a sentence for people.
struct Refusal: Error, Encodable {
  var status: Int
  var error: String
  var message: String
  var revision: Int?

  enum CodingKeys: CodingKey { case error, message, revision }

  init(_ status: Int, _ error: String, _ message: String, revision: Int? = nil) {
    self.status = status
    self.error = error
    self.message = message
    self.revision = revision
  }

  static let unknown = Refusal(404, "unknownRoute", "there is nothing here")

  static func malformed(_ message: String) -> Refusal { Refusal(400, "malformed", message) }

  /// What an error means to the page.
  init(_ error: any Error) {
    switch error {
    case let refusal as Refusal: self = refusal
    case let error as CurationError:
      let message = "\(error)"
      switch error {
      case .impossible: self.init(422, "impossible", message)
      case .stale(let revision): self.init(409, "revision", message, revision: revision)
      case .readOnly: self.init(403, "readOnly", message)
      case .notWritten: self.init(507, "notWritten", message)
      case .badJournal: self.init(500, "badJournal", message)
      }
    default: self.init(500, "failed", "\(error)")
    }
  }

  var answer: ViewerAnswer {
    (try? .json(self, status: status))
      ?? ViewerAnswer(status: status, contentType: "text/plain", body: Data(message.utf8))
  }
}
