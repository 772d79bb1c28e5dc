import ArgumentParser
import Dispatch
import Foundation
import SortingFormats
import Viewer

/// `spikesort view`
struct View: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Look at a result and curate it in the browser.",
    discussion: """
      Prints one address and opens it. Only this machine can reach it, and only with the token it holds. Every decision \
      is a line of DIR/curation.jsonl, on disk before the page shows it; the sorter's files stay as they are. Of several \
      tetrodes sorted into one folder the page shows one, and offers the others. Ctrl-C ends it.
      """)

  @Argument(help: ArgumentHelp("The result folder.", valueName: "dir"))
  var folder: String

  @Option(help: "The port on 127.0.0.1; 0 takes a free one.")
  var port: UInt16 = 0

  @Flag(help: "Do not open a browser.")
  var noOpen = false

  @Flag(help: "Look only: nothing can be decided.")
  var readOnly = false

  #if Viewer
    func run() throws {
      let viewer = try ResultViewer(ResultFolder(URL(fileURLWithPath: folder)), readOnly: readOnly)
      let server = ViewerServer(viewer, port: port)
      // A full disk and a closed connection are answered, they are no reasons to die.
      signal(SIGXFSZ, SIG_IGN)
      signal(SIGPIPE, SIG_IGN)
      let sources = stopping(server)
      let opens = !noOpen
      Task {
        do {
          for notice in viewer.notices { Console.note("spikesort: \(notice)") }
          try await server.run { address in
            try? Console.print(address)
            if opens { Self.open(address) }
          }
          Foundation.exit(0)
        } catch {
          Console.exit(with: error)
        }
      }
      withExtendedLifetime(sources) { dispatchMain() }
    }

    /// Ctrl-C and the system's wish to end stop the server.
    private func stopping(_ server: ViewerServer) -> [any DispatchSourceSignal] {
      [SIGINT, SIGTERM].map { number in
        signal(number, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler { server.stop() }
        source.resume()
        return source
      }
    }

    /// Opens the user's browser where there is a screen; the address is printed in any case.
    private static func open(_ address: String) {
      #if canImport(Darwin)
        let opener = "/usr/bin/open"
      #else
        let opener = "/usr/bin/xdg-open"
        let environment = ProcessInfo.processInfo.environment
        guard environment["DISPLAY"] != nil || environment["WAYLAND_DISPLAY"] != nil else { return }
      #endif
      guard FileManager.default.isExecutableFile(atPath: opener) else { return }
      let process = Process()
      process.executableURL = URL(fileURLWithPath: opener)
      process.arguments = [address]
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try? process.run()
    }
  #else
    func run() throws {
      throw ValidationError("This spikesort was built without its viewer (the package trait Viewer).")
    }
  #endif
}
