import Foundation
import TestSupport

/// A `spikesort view` that has been started.
struct RunningViewer {
  let command: RunningCommand
  /// The port and the token of the address it printed.
  let port: UInt16
  let token: String

  /// Starts the viewer on a result and waits for its address.
  ///
  /// - Parameters:
  ///   - limitKiB: the longest file it may write.
  ///   - openFiles: how many files and connections it may have open at once.
  init(_ folder: URL, _ options: [String] = [], limitKiB: Int? = nil, openFiles: Int? = nil) throws {
    let arguments = ["view", folder.path, "--no-open"] + options
    let limits = [limitKiB.map { "ulimit -f \($0);" }, openFiles.map { "ulimit -n \($0);" }].compactMap(
      \.self)
    if !limits.isEmpty {
      command = try RunningCommand(
        URL(fileURLWithPath: "/bin/bash"),
        ["-c", "\(limits.joined(separator: " ")) exec \"$0\" \"$@\"", spikesortExecutable.path] + arguments)
    } else {
      command = try RunningCommand(arguments)
    }
    var address = ""
    while !address.hasSuffix("/\n") {
      guard command.isRunning else {
        throw Failure(description: "view ended: \(try command.wait().errors)")
      }
      usleep(2000)
      address = command.outputSoFar
    }
    guard let url = URL(string: address.trimmingCharacters(in: .newlines)), let port = url.port,
      url.host == "127.0.0.1"
    else { throw Failure(description: "view printed \(address)") }
    self.port = UInt16(port)
    token = url.lastPathComponent
  }

  /// Asks for an address below the token's.
  func get(_ path: String) throws -> HTTPReply {
    try send("GET /\(token)/\(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n")
  }

  /// Sends a request as it stands.
  func send(_ request: String, _ body: Data = Data()) throws -> HTTPReply {
    try converse(port: port, Data(request.utf8) + body)
  }

  /// Asks for an action.
  func act(_ action: String, at revision: Int) throws -> HTTPReply {
    let body = Data(#"{"revision":\#(revision),"action":\#(action)}"#.utf8)
    return try send(
      "POST /\(token)/api/actions HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\n"
        + "Content-Length: \(body.count)\r\nConnection: close\r\n\r\n", body)
  }
}
