#if Viewer
  internal import Foundation

  /// One connection: bytes received, the answer being sent, and until when it may go on.
  struct Connection {
    let descriptor: Int32
    /// A number of its own; descriptors are used again.
    let number: Int
    /// Whether it has shown the token.
    private(set) var isAdmitted = false
    /// When it is closed unless something has happened.
    private(set) var deadline: ContinuousClock.Instant

    private enum Phase {
      /// Waiting for a request's head and body.
      case reading
      /// Waiting for the viewer.
      case answering
      case writing
      /// The last answer is sent; what still comes is thrown away, as closing at once would take the answer back.
      case draining
    }

    private var phase = Phase.reading
    private var input: [UInt8] = []
    private var searched = 0
    private var head: RequestHead?
    private var headLength = 0
    private var output = Data()
    private var sent = 0
    private var drained = 0
    private var keepsAlive = false
    private var omitsBody = false

    /// How long a head may take, a body, an idle connection of the page, a pause in the taking of an answer, and the
    /// draining after the last one.
    private static let (headTime, bodyTime, idleTime, pauseTime, drainTime):
      (Duration, Duration, Duration, Duration, Duration) =
        (.seconds(10), .seconds(60), .seconds(120), .seconds(30), .seconds(5))
    private static let mostDrained = 8 * ViewerAnswer.largestBody

    init(_ descriptor: Int32, number: Int) {
      self.descriptor = descriptor
      self.number = number
      deadline = .now + Self.headTime
    }

    /// What to poll for; nil where nothing of the socket matters.
    var awaits: Int16? {
      switch phase {
      case .reading, .draining: Int16(POLLIN)
      case .answering: nil
      case .writing: Int16(POLLOUT)
      }
    }

    /// Whether an answer is being made or sent.
    var isAnswering: Bool { phase == .answering || phase == .writing }

    /// Whether it may be closed to make way for others.
    var mayGo: Bool { !isAdmitted || (phase == .reading && head == nil) || phase == .draining }

    /// Whether its time is over.
    func isLate(_ now: ContinuousClock.Instant) -> Bool { phase != .answering && now > deadline }

    // MARK: Bytes

    /// Reads or writes what can be; false where the connection is at its end.
    mutating func proceed() -> Bool {
      switch phase {
      case .reading: receive()
      case .answering: true
      case .writing: write()
      case .draining: drain()
      }
    }

    private static let pieceLength = 1 << 16

    private mutating func receive() -> Bool {
      guard let bytes = Self.receive(descriptor) else { return true }
      guard !bytes.isEmpty else { return false }
      // The first bytes of a further request: from here on it must not dawdle.
      if input.isEmpty { deadline = min(deadline, .now + Self.headTime) }
      input += bytes
      return true
    }

    private mutating func drain() -> Bool {
      guard let bytes = Self.receive(descriptor) else { return true }
      drained += bytes.count
      return !bytes.isEmpty && drained < Self.mostDrained
    }

    /// What has come; empty at the end, nil where there is nothing yet.
    private static func receive(_ descriptor: Int32) -> [UInt8]? {
      var isEarly = false
      let bytes = [UInt8](unsafeUninitializedCapacity: pieceLength) { buffer, count in
        let got = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        isEarly = got < 0 && (errno == EAGAIN || errno == EINTR)
        count = max(0, got)
      }
      return isEarly ? nil : bytes
    }

    private mutating func write() -> Bool {
      while sent < output.count {
        #if canImport(Darwin)
          let flags: Int32 = 0
        #else
          let flags = Int32(MSG_NOSIGNAL)
        #endif
        let count = output.withUnsafeBytes { bytes in
          bytes.baseAddress.map { Foundation.send(descriptor, $0 + sent, bytes.count - sent, flags) } ?? -1
        }
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN { return true }
        guard count > 0 else { return false }
        sent += count
        deadline = .now + Self.pauseTime
      }
      (output, sent) = (Data(), 0)
      if keepsAlive {
        phase = .reading
        deadline = .now + Self.idleTime
      } else {
        phase = .draining
        deadline = .now + Self.drainTime
        shutdown(descriptor, Int32(SHUT_WR))
      }
      return true
    }

    // MARK: Requests

    /// The next request once it is whole; what can be refused before that is.
    mutating func takeRequest(_ viewer: ResultViewer) -> ViewerRequest? {
      guard phase == .reading, !input.isEmpty else { return nil }
      do {
        guard let head = try readHead(viewer) else { return nil }
        let isTooLong = head.bodyLength > ViewerAnswer.largestBody
        guard isTooLong || input.count - headLength >= head.bodyLength else { return nil }
        let end = isTooLong ? headLength : headLength + head.bodyLength
        let body = isTooLong ? nil : Data(input[headLength..<end])
        input.removeFirst(end)
        (self.head, searched) = (nil, 0)
        keepsAlive = head.keepsAlive && !isTooLong
        omitsBody = head.method == "HEAD"
        phase = .answering
        return ViewerRequest(
          method: head.method, path: head.path, query: head.query, headers: head.headers, body: body)
      } catch {
        keepsAlive = false
        send(error.answer)
        return nil
      }
    }

    /// The head once it is whole and let in.
    private mutating func readHead(_ viewer: ResultViewer) throws(Refusal) -> RequestHead? {
      if let head { return head }
      guard let end = try RequestHead.end(in: input, searched: searched) else {
        searched = input.count
        return nil
      }
      let read = try RequestHead(input[..<end])
      try viewer.admit(
        ViewerRequest(method: read.method, path: read.path, query: read.query, headers: read.headers))
      isAdmitted = true
      (head, headLength) = (read, end)
      deadline = .now + Self.bodyTime
      return read
    }

    /// Makes ready to send an answer.
    mutating func send(_ answer: ViewerAnswer) {
      var lines = [
        "HTTP/1.1 \(answer.status) \(Self.phrase(answer.status))", "Content-Type: \(answer.contentType)",
      ]
      lines += ViewerAnswer.headers.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
      if let location = answer.location { lines.append("Location: \(location)") }
      lines += ["Content-Length: \(answer.body.count)", "Connection: \(keepsAlive ? "keep-alive" : "close")"]
      output = Data((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
      if !omitsBody { output.append(answer.body) }
      sent = 0
      phase = .writing
      deadline = .now + Self.pauseTime
    }

    private static func phrase(_ status: Int) -> String {
      [
        200: "OK", 302: "Found", 400: "Bad Request", 403: "Forbidden", 404: "Not Found",
        405: "Method Not Allowed", 409: "Conflict", 411: "Length Required", 413: "Content Too Large",
        414: "URI Too Long", 415: "Unsupported Media Type", 422: "Unprocessable Content",
        431: "Request Header Fields Too Large", 500: "Internal Server Error",
        505: "HTTP Version Not Supported",
        507: "Insufficient Storage",
      ][status] ?? "Status"
    }
  }
#endif
