public import Foundation

/// What a server answered.
public struct HTTPReply: Sendable {
  /// The status; 0 where the server closed the connection without an answer.
  public var status: Int
  /// The headers, names in lower case.
  public var headers: [String: String]
  /// The body.
  public var body: Data

  /// The body as a JSON object; empty where it is none.
  public var json: [String: Any] { (try? JSONSerialization.jsonObject(with: body) as? [String: Any]) ?? [:] }
}

/// Sends bytes to a port of 127.0.0.1 and reads the answer until the server closes.
///
/// - Parameter closingFirst: whether nothing more is said after the bytes, so that no server waits for more.
/// - Throws: `POSIXError` where nobody listens.
public func converse(port: UInt16, _ bytes: Data, closingFirst: Bool = false) throws -> HTTPReply {
  let descriptor = try connection(port: port, saying: bytes)
  defer { close(descriptor) }
  if closingFirst { shutdown(descriptor, Int32(SHUT_WR)) }
  var received = Data()
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 {
    received.append(contentsOf: buffer[..<count])
  }
  return HTTPReply(received)
}

/// Connects to a port of 127.0.0.1, says some bytes and leaves the connection open: its descriptor, to be closed.
///
/// - Throws: `POSIXError` where nobody listens.
public func connection(port: UInt16, saying bytes: Data = Data()) throws -> Int32 {
  #if canImport(Darwin)
    let descriptor = socket(AF_INET, SOCK_STREAM, 0)
  #else
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  #endif
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  let connected = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
  guard connected == 0 else {
    close(descriptor)
    throw POSIXError(.ECONNREFUSED)
  }
  var sent = 0
  while sent < bytes.count {
    #if canImport(Darwin)
      let flags: Int32 = 0
    #else
      let flags = Int32(MSG_NOSIGNAL)
    #endif
    let count = bytes.withUnsafeBytes { raw in
      raw.baseAddress.map { send(descriptor, $0 + sent, raw.count - sent, flags) } ?? -1
    }
    if count <= 0 { break }
    sent += count
  }
  return descriptor
}

extension HTTPReply {
  fileprivate init(_ bytes: Data) {
    guard let end = bytes.range(of: Data("\r\n\r\n".utf8)) else {
      self.init(status: 0, headers: [:], body: bytes)
      return
    }
    let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces) }
    }
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    self.init(status: status ?? 0, headers: headers, body: Data(bytes[end.upperBound...]))
  }
}
