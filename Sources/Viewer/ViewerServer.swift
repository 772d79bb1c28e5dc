/// What keeps the viewer from being reached.
public enum ViewerError: Error, Equatable, CustomStringConvertible {
  /// The port cannot be listened to.
  case unavailable(port: UInt16, reason: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .unavailable(let port, let reason):
      "port \(port) of 127.0.0.1 cannot be had (\(reason)); without --port a free one is taken"
    }
  }
}

#if Viewer
  internal import FlyingFox
  internal import FlyingSocks
  internal import Foundation

  /// A web server for one result, reached from this machine only.
  public struct ViewerServer: Sendable {
    private let server: HTTPServer
    private let viewer: ResultViewer
    private let port: UInt16

    /// Makes ready to serve on a port of 127.0.0.1; 0 takes a free one.
    ///
    /// - Throws: where the address cannot be made.
    public init(_ viewer: ResultViewer, port: UInt16) throws {
      self.viewer = viewer
      self.port = port
      let address = try sockaddr_in.inet(ip4: "127.0.0.1", port: port)
      let configuration = HTTPServer.Configuration(
        address: address, timeout: 60, pool: PromptPool(base: HTTPServer.defaultPool()), logger: .disabled)
      server = HTTPServer(config: configuration, handler: Handler(viewer: viewer))
    }

    /// Serves until it is stopped; `ready` is told the address of the page once it can be opened.
    ///
    /// - Throws: where the port cannot be had.
    public func run(ready: @escaping @Sendable (String) -> Void) async throws {
      let listening = Task {
        try await server.waitUntilListening(timeout: 30)
        if case .ip4(_, let port) = await server.listeningAddress {
          ready("http://127.0.0.1:\(port)/\(viewer.token)/")
        }
      }
      defer { listening.cancel() }
      do {
        try await server.run()
      } catch {
        // Stopping closes the socket under the server.
        if await isStopped.value { return }
        guard case SocketError.failed(_, _, let reason) = error else { throw error }
        throw ViewerError.unavailable(port: port, reason: reason)
      }
    }

    private let isStopped = Flag()

    /// Stops serving; answers under way may end within a second.
    public func stop() async {
      await isStopped.set()
      await server.stop(timeout: 1)
    }
  }

  /// A pool of sockets that send at once: head and body of an answer are written one after the other, and the second
  /// would wait some 40 ms for the receipt of the first (Nagle's algorithm against delayed acknowledgement).
  private struct PromptPool: AsyncSocketPool {
    let base: any AsyncSocketPool

    func prepare() async throws { try await base.prepare() }
    func run() async throws { try await base.run() }

    func suspendSocket(_ socket: Socket, untilReadyFor events: Socket.Events) async throws {
      // The listening socket comes here first, and connections inherit from it.
      var yes: Int32 = 1
      setsockopt(
        socket.file.rawValue, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
      try await base.suspendSocket(socket, untilReadyFor: events)
    }
  }

  private actor Flag {
    private(set) var value = false
    func set() { value = true }
  }

  /// Hands requests over, their bodies read up to a limit.
  private struct Handler: HTTPHandler {
    let viewer: ResultViewer

    func handleRequest(_ request: HTTPRequest) async throws -> HTTPResponse {
      var headers: [String: String] = [:]
      for (name, value) in request.headers { headers[name.rawValue.lowercased()] = value }
      let body = try await Self.body(of: request)
      let answer = await viewer.answer(
        ViewerRequest(
          method: request.method.rawValue, path: request.target.path(), query: request.target.query(),
          headers: headers, body: body))
      var sent: [HTTPHeader: String] = [.contentType: answer.contentType]
      for (name, value) in ViewerAnswer.headers { sent[HTTPHeader(name)] = value }
      if let location = answer.location { sent[.location] = location }
      return HTTPResponse(
        statusCode: HTTPStatusCode(answer.status, phrase: Self.phrase(answer.status)),
        headers: HTTPHeaders(sent), body: HTTPBodySequence(data: answer.body, suggestedBufferSize: 1 << 18))
    }

    /// nil where it is longer than allowed; what is too long is read and thrown away up to eight times the limit.
    private static func body(of request: HTTPRequest) async throws -> Data? {
      var data = Data()
      var length = 0
      for try await piece in request.bodySequence {
        length += piece.count
        guard length <= 8 * ViewerAnswer.largestBody else { return nil }
        if length <= ViewerAnswer.largestBody { data.append(piece) }
      }
      return length <= ViewerAnswer.largestBody ? data : nil
    }

    private static func phrase(_ status: Int) -> String {
      [
        200: "OK", 302: "Found", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed",
        409: "Conflict", 413: "Content Too Large", 415: "Unsupported Media Type",
        422: "Unprocessable Content", 500: "Internal Server Error", 507: "Insufficient Storage",
      ][status] ?? "Status"
    }
  }
#endif
