import Foundation
import Synchronization

/// Progress on stderr: a bar that redraws itself on a terminal, a plain line now and then elsewhere.
final class ProgressLine: Sendable {
  private struct State {
    var stage = ""
    var shown = ContinuousClock.now - .seconds(10)
    var drawn = false
  }

  private let isQuiet: Bool
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let started = ContinuousClock.now
  private let state = Mutex(State())

  init(quiet: Bool) { isQuiet = quiet }

  /// Shows that `stage` is done to `fraction` (0…1).
  func show(_ stage: String, _ fraction: Double) {
    guard !isQuiet else { return }
    state.withLock { state in
      let now = ContinuousClock.now
      let isNew = stage != state.stage
      guard isNew || fraction >= 1 || now - state.shown > (isTerminal ? .milliseconds(80) : .seconds(10))
      else { return }
      // Nothing under a second is worth a line where lines stay.
      if !isTerminal, now - started < .seconds(1) { return }
      state.shown = now
      state.stage = stage
      let percent = Int(min(max(fraction, 0), 1) * 100)
      if isTerminal {
        let filled = percent * 30 / 100
        let bar = String(repeating: "━", count: filled) + String(repeating: "┄", count: 30 - filled)
        let name = stage.padding(toLength: 26, withPad: " ", startingAt: 0)
        try? FileHandle.standardError.write(contentsOf: Data("\r\(name) \(bar) \(percent) % ".utf8))
        state.drawn = true
      } else if isNew || fraction < 1 {
        try? FileHandle.standardError.write(contentsOf: Data("\(stage): \(percent) %\n".utf8))
      }
    }
  }

  /// Clears the bar.
  func finish() {
    state.withLock { state in
      guard isTerminal, state.drawn else { return }
      try? FileHandle.standardError.write(contentsOf: Data("\r\u{1b}[K".utf8))
      state.drawn = false
    }
  }
}
