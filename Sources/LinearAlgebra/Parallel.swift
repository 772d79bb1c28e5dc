internal import Dispatch
public import Foundation
internal import Synchronization

/// Work spread over threads in numbered pieces.
///
/// The pieces are the caller's, fixed by the problem and never by the number of threads, and results come
/// back in the order of the pieces; so a result is the same bits for any number of threads.
public enum Parallel {
  /// The number of threads used when none is asked for: the processors at hand.
  public static var defaultThreads: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// Calls `body` once for every index below `count`, on up to `threads` threads at once.
  ///
  /// An error stops the handing out of further pieces; of several errors the one of the lowest index is thrown.
  /// - Throws: what `body` throws.
  public static func forEach(
    count: Int, threads: Int = defaultThreads, _ body: @Sendable (Int) throws -> Void
  ) throws {
    _ = try map(count: count, threads: threads) { try body($0) }
  }

  /// Calls `body` once for every index below `count`, on up to `threads` threads at once.
  public static func forEach(
    count: Int, threads: Int = defaultThreads, _ body: @Sendable (Int) -> Void
  ) {
    guard count > 0 else { return }
    let workers = max(1, min(threads, count))
    guard workers > 1 else {
      for i in 0..<count { body(i) }
      return
    }
    let next = Atomic(0)
    DispatchQueue.concurrentPerform(iterations: workers) { _ in
      while true {
        let i = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard i < count else { return }
        body(i)
      }
    }
  }

  /// The results of `body` for every index below `count`, in order, computed on up to `threads` threads.
  ///
  /// An error stops the handing out of further pieces; of several errors the one of the lowest index is thrown.
  /// - Throws: what `body` throws.
  public static func map<Result: Sendable>(
    count: Int, threads: Int = defaultThreads, _ body: @Sendable (Int) throws -> Result
  ) throws -> [Result] {
    let outcomes = Mutex([Swift.Result<Result, any Error>?](repeating: nil, count: count))
    let failed = Atomic(false)
    forEach(count: count, threads: threads) { (i: Int) -> Void in
      guard !failed.load(ordering: .relaxed) else { return }
      let outcome = Swift.Result { try body(i) }
      if case .failure = outcome { failed.store(true, ordering: .relaxed) }
      outcomes.withLock { $0[i] = outcome }
    }
    let finished = outcomes.withLock { $0 }
    for case .failure(let error)? in finished { throw error }
    return try finished.compactMap { try $0?.get() }
  }

  /// The results of `body` for every index below `count`, in order, computed on up to `threads` threads.
  public static func map<Result: Sendable>(
    count: Int, threads: Int = defaultThreads, _ body: @Sendable (Int) -> Result
  ) -> [Result] {
    let results = Mutex([Result?](repeating: nil, count: count))
    forEach(count: count, threads: threads) { (i: Int) -> Void in
      let result = body(i)
      results.withLock { $0[i] = result }
    }
    return results.withLock { $0.compactMap { $0 } }
  }
}

/// A pointer that several threads may hold.
///
/// Sendable is asserted by hand: whoever makes one promises that no two threads touch the same element
/// while one of them writes, as when every piece of a `Parallel` loop owns its own range.
package struct SharedPointer<Element>: @unchecked Sendable {
  package let pointer: UnsafeMutablePointer<Element>

  package init(_ pointer: UnsafeMutablePointer<Element>) { self.pointer = pointer }

  @inlinable package subscript(i: Int) -> Element {
    get { pointer[i] }
    nonmutating set { pointer[i] = newValue }
  }
}
