import CProgramStart
import LinearAlgebra

/// What a command asks of the machine before it begins.
enum Machine {
  /// Threads that Dispatch needs beside those that work: its manager and one that hears interrupts. Without them it waits
  /// for ever.
  private static let systemThreads = 2

  /// Takes what working on so many threads needs.
  ///
  /// - Throws: `MachineError` where the system has not so much, in which the libraries below would wait for ever.
  static func prepare(threads: Int) throws {
    // No more are used at once than there are processors.
    let threads = max(1, min(threads, Parallel.defaultThreads))
    let found = Int(sp_threads_to_be_had(Int32(clamping: threads - 1 + systemThreads)))
    guard found >= threads - 1 + systemThreads else {
      throw MachineError.threads(found: found + 1, expected: threads + systemThreads)
    }
    guard sp_reserve_blas(Int32(clamping: threads)) != 0 else { throw MachineError.memory(threads: threads) }
  }
}

/// What the machine does not have.
enum MachineError: Error, CustomStringConvertible {
  /// The system gives the program fewer threads than it was to use.
  case threads(found: Int, expected: Int)
  /// The system gives the program less memory than working on so many threads needs.
  case memory(threads: Int)

  var description: String {
    switch self {
    case .threads(let found, let expected):
      "the system lets the program have \(found) of \(expected) threads: expected a higher limit of processes (ulimit -u) "
        + "or of memory (ulimit -v)" + (expected > 3 && found >= 3 ? ", or --threads \(found - 2)" : "")
    case .memory(let threads):
      "there is not enough memory: working on \(threads) threads takes \(128 * (threads + 1)) MB at once; expected a higher "
        + "limit of memory (ulimit -v)" + (threads > 1 ? " or --threads 1" : "")
    }
  }
}

/// A command that is told how many threads to use.
protocol RunsOnThreads {
  var running: RunOptions { get }
}

extension Sort: RunsOnThreads {}
extension Cluster: RunsOnThreads {}
extension Toy: RunsOnThreads {}
