#if Viewer
  internal import Foundation
  internal import Synchronization

  /// All open connections of a server, served in turns by one thread.
  struct Connections {
    private let viewer: ResultViewer
    private let listener: ListeningSocket
    private let most: Int
    private var open: [Int32: Connection] = [:]
    private var nextNumber = 0
    private let answers = Answers()
    /// Until when nobody new is let in, as there are no descriptors left.
    private var pausedUntil: ContinuousClock.Instant?

    /// The most connections at once, where the system allows as many files.
    static let most = 128
    /// How many are let in a turn, so that those that are in are served between.
    private static let mostNew = 16

    init(_ viewer: ResultViewer, _ listener: ListeningSocket) {
      self.viewer = viewer
      self.listener = listener
      // A flood of connections leaves descriptors for the result's files.
      most = max(4, min(Self.most, Self.descriptorLimit() / 2 - 16))
    }

    private static func descriptorLimit() -> Int {
      var limit = rlimit()
      #if canImport(Darwin)
        let result = getrlimit(RLIMIT_NOFILE, &limit)
      #else
        let result = getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      #endif
      return result == 0 ? Int(clamping: limit.rlim_cur) : 256
    }

    /// Waits until something can be done, at most a fifth of a second, and does it.
    mutating func turn() {
      let now = ContinuousClock.now
      if let until = pausedUntil, until <= now { pausedUntil = nil }
      var waiting = [
        pollfd(fd: answers.reading, events: Int16(POLLIN), revents: 0),
        pollfd(fd: pausedUntil == nil ? listener.descriptor : -1, events: Int16(POLLIN), revents: 0),
      ]
      for (descriptor, connection) in open {
        guard let events = connection.awaits else { continue }
        waiting.append(pollfd(fd: descriptor, events: events, revents: 0))
      }
      _ = poll(&waiting, nfds_t(waiting.count), 200)
      takeAnswers()
      for found in waiting.dropFirst(2) where found.revents != 0 { serve(found.fd) }
      closeLate()
      if waiting[1].revents != 0 { accept() }
    }

    /// Lets answers under way end for a second, then closes everything.
    mutating func end() {
      close(listener.descriptor)
      let end = ContinuousClock.now + .seconds(1)
      while ContinuousClock.now < end, open.values.contains(where: \.isAnswering) {
        var waiting = open.filter { $0.value.isAnswering }.compactMap { descriptor, connection in
          connection.awaits.map { pollfd(fd: descriptor, events: $0, revents: 0) }
        }
        waiting.append(pollfd(fd: answers.reading, events: Int16(POLLIN), revents: 0))
        _ = poll(&waiting, nfds_t(waiting.count), 50)
        takeAnswers()
        for found in waiting where found.revents != 0 && found.fd != answers.reading { serve(found.fd) }
      }
      for descriptor in open.keys { close(descriptor) }
      open = [:]
    }

    // MARK: Coming and going

    private mutating func accept() {
      for _ in 0..<Self.mostNew {
        let descriptor = Foundation.accept(listener.descriptor, nil, nil)
        guard descriptor >= 0 else {
          // Out of descriptors or memory: the next one waits a moment in the system's queue.
          if [EMFILE, ENFILE, ENOBUFS, ENOMEM].contains(errno) {
            makeWay()
            pausedUntil = .now + .milliseconds(50)
          }
          return
        }
        if open.count >= most, !makeWay() {
          close(descriptor)
          continue
        }
        makePrompt(descriptor)
        nextNumber += 1
        open[descriptor] = Connection(descriptor, number: nextNumber)
      }
    }

    /// Closes the connection that matters least; false where all are answered just now.
    @discardableResult
    private mutating func makeWay() -> Bool {
      // Strangers before those who showed the token, the longest idle first.
      let candidates = open.values.filter(\.mayGo)
      guard
        let least = candidates.min(by: { a, b in
          a.isAdmitted != b.isAdmitted ? !a.isAdmitted : (a.deadline, a.number) < (b.deadline, b.number)
        })
      else { return false }
      drop(least.descriptor)
      return true
    }

    private mutating func drop(_ descriptor: Int32) {
      guard open.removeValue(forKey: descriptor) != nil else { return }
      close(descriptor)
    }

    private mutating func closeLate() {
      let now = ContinuousClock.now
      for connection in open.values where connection.isLate(now) { drop(connection.descriptor) }
    }

    // MARK: Requests and answers

    private mutating func serve(_ descriptor: Int32) {
      guard var connection = open[descriptor] else { return }
      // Taken out meanwhile, so that its bytes are changed in place.
      open[descriptor] = nil
      let stays = connection.proceed()
      let request = stays ? connection.takeRequest(viewer) : nil
      open[descriptor] = connection
      guard stays else { return drop(descriptor) }
      guard let request else { return }
      Task { [viewer, answers, number = connection.number] in
        answers.add(await viewer.answer(request), for: descriptor, number: number)
      }
    }

    private mutating func takeAnswers() {
      for (descriptor, number, answer) in answers.take() {
        // The descriptor may be another connection's by now.
        guard open[descriptor]?.number == number else { continue }
        open[descriptor]?.send(answer)
        serve(descriptor)
      }
    }
  }

  /// Answers that are ready, and a pipe that wakes the thread which sends them.
  private final class Answers: Sendable {
    private typealias Ready = (descriptor: Int32, number: Int, answer: ViewerAnswer)
    private let ready = Mutex<[Ready]>([])
    /// Readable where an answer is ready; −1 where there is no pipe, so that answers wait for the next turn.
    let reading: Int32
    private let writing: Int32

    init() {
      var ends: [Int32] = [-1, -1]
      if pipe(&ends) == 0 {
        for end in ends {
          _ = fcntl(end, F_SETFL, O_NONBLOCK)
          _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
      }
      (reading, writing) = (ends[0], ends[1])
    }

    deinit {
      close(reading)
      close(writing)
    }

    func add(_ answer: ViewerAnswer, for descriptor: Int32, number: Int) {
      ready.withLock { $0.append((descriptor, number, answer)) }
      var byte: UInt8 = 0
      _ = write(writing, &byte, 1)
    }

    func take() -> [(descriptor: Int32, number: Int, answer: ViewerAnswer)] {
      var bytes = [UInt8](repeating: 0, count: 64)
      while read(reading, &bytes, bytes.count) > 0 {}
      return ready.withLock { ready in
        defer { ready = [] }
        return ready
      }
    }
  }
#endif
