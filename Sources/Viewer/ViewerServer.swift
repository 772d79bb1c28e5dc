/// What keeps the viewer from being reached.
public enum ViewerError: Error, Equatable, CustomStringConvertible {
  /// The port cannot be listened to.
  case unavailable(port: UInt16, reason: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .unavailable(let port, let reason):
      "port \(port) of 127.0.0.1 cannot be had (\(reason)); where no port is named a free one is taken"
    }
  }
}

#if Viewer
  internal import Foundation
  internal import Synchronization

  /// A web server for one result, reached from this machine only.
  ///
  /// One thread waits for all connections at once; whoever does not know the token gets nothing but a bounded head read,
  /// in bounded time, and makes way first where there are too many.
  public final class ViewerServer: Sendable {
    private let viewer: ResultViewer
    private let port: UInt16
    private let isStopped = Mutex(false)

    /// Makes ready to serve on a port of 127.0.0.1; 0 takes a free one.
    public init(_ viewer: ResultViewer, port: UInt16) {
      self.viewer = viewer
      self.port = port
    }

    /// Serves until it is stopped; `ready` is told the address of the page once it can be opened.
    ///
    /// - Throws: `ViewerError.unavailable` where the port cannot be had.
    public func run(ready: @escaping @Sendable (String) -> Void) async throws {
      let listener = try ListeningSocket(port: port)
      ready("http://127.0.0.1:\(listener.port)/\(viewer.token)/")
      await withCheckedContinuation { (ended: CheckedContinuation<Void, Never>) in
        Thread.detachNewThread { [viewer] in
          var connections = Connections(viewer, listener)
          while !self.isStopped.withLock({ $0 }) { connections.turn() }
          connections.end()
          ended.resume()
        }
      }
    }

    /// Stops serving; answers under way may end within a second.
    public func stop() { isStopped.withLock { $0 = true } }
  }

  /// A socket that waits for connections from this machine.
  struct ListeningSocket {
    let descriptor: Int32
    let port: UInt16

    /// - Throws: `ViewerError.unavailable`.
    init(port: UInt16) throws(ViewerError) {
      #if canImport(Darwin)
        descriptor = socket(AF_INET, SOCK_STREAM, 0)
      #else
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      #endif
      guard descriptor >= 0 else { throw Self.failure(port) }
      var yes: Int32 = 1
      setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
      makePrompt(descriptor)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = inet_addr("127.0.0.1")
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let own = descriptor
      let isBound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(own, $0, length) == 0 && listen(own, 128) == 0 && getsockname(own, $0, &length) == 0
        }
      }
      guard isBound else {
        let failure = Self.failure(port)
        close(descriptor)
        throw failure
      }
      self.port = UInt16(bigEndian: address.sin_port)
    }

    private static func failure(_ port: UInt16) -> ViewerError {
      .unavailable(port: port, reason: String(cString: strerror(errno)))
    }
  }

  /// A socket that never waits, is closed in programs started from here, and sends at once instead of waiting for the
  /// receipt of what it sent before.
  func makePrompt(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    var yes: Int32 = 1
    setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &yes, socklen_t(MemoryLayout<Int32>.size))
    #if canImport(Darwin)
      setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &yes, socklen_t(MemoryLayout<Int32>.size))
    #endif
  }
#endif
