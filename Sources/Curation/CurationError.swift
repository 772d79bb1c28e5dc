/// What curation refuses; each prints one sentence.
public enum CurationError: Error, Equatable, CustomStringConvertible {
  /// An action that cannot be: the sentence says why.
  case impossible(String)
  /// Somebody else acted since the revision the action was meant for.
  case stale(revision: Int)
  /// The folder is only looked at.
  case readOnly
  /// The journal cannot be used: damaged, of a newer version, or of another sorting.
  case badJournal(path: String, reason: String)
  /// The journal could not be written, so nothing was done.
  case notWritten(path: String, reason: String)

  /// One sentence for people.
  public var description: String {
    switch self {
    case .impossible(let reason): reason
    case .stale(let revision):
      "something else was decided meanwhile (revision \(revision)); look again before deciding"
    case .readOnly: "the result is open for reading only"
    case .badJournal(let path, let reason): "\(path) \(reason)"
    case .notWritten(let path, let reason):
      "\(path) could not be written (\(reason)), so nothing was done"
    }
  }
}
