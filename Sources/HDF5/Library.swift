#if NWB
  internal import CHDF5
  internal import CSystemCalls
  internal import Foundation

  /// HDF5 is not safe for threads, so one lock stands around the whole library: every call into `CHDF5` is made
  /// inside `withLibrary`. It is recursive as releasing a handle, which can happen anywhere, takes it too.
  private let libraryLock = NSRecursiveLock()

  /// Makes the library forget how links to other files are followed: a file names what its reader did not, as
  /// `/etc/passwd`, or a pipe that is waited for.
  private let forgetsOtherFiles: Void = { _ = H5Lunregister(H5L_TYPE_EXTERNAL) }()

  /// Calls `body` while nobody else is in the library.
  func withLibrary<Value, Failure>(_ body: () throws(Failure) -> Value) throws(Failure) -> Value {
    libraryLock.lock()
    // It trusts files more than it should.
    sp_damage_enter()
    defer {
      sp_damage_leave()
      libraryLock.unlock()
    }
    // Failures are told by return values; the library would print them, for each thread anew.
    chdf5_be_quiet()
    _ = forgetsOtherFiles
    return try body()
  }

  /// An identifier of the library's, released when nobody holds it any more.
  ///
  /// Sendable as it holds one constant number, and the library is entered under its lock alone.
  final class Handle: Sendable {
    let id: hid_t

    /// Takes an identifier over; nil for one that says that a call failed.
    init?(_ id: hid_t) {
      guard id >= 0 else { return nil }
      self.id = id
    }

    deinit {
      let id = id
      withLibrary { _ = H5Idec_ref(id) }
    }
  }
#endif
