internal import Foundation
internal import SortingFormats

/// One line of the journal: an action with its number, its time and a checksum.
public struct JournalEntry: Sendable, Equatable {
  /// The number of the action, from 1; 0 for the journal's beginning.
  public let revision: Int
  /// When it was done (ISO 8601, UTC).
  public let time: String
  /// What was done.
  public let action: CurationAction

  /// The version of lines written here.
  static let version = 1

  /// What keeps a line from being read.
  enum Fault: Error, Equatable {
    /// It was written by a program that knows more.
    case newer(version: Int)
    /// It is cut or changed.
    case damaged(String)
  }

  private struct Content: Codable {
    var version: Int
    var revision: Int
    var time: String
    var action: CurationAction
  }

  private struct Version: Decodable { var version: Int }

  private static let seal = Array(#","checksum":""#.utf8)
  /// `,"checksum":"` with 16 digits, `"}`.
  private static let sealedTail = seal.count + 16 + 2

  /// Whether bytes hold the end of a line and more behind it: lines that were run together, not one that was cut.
  static func holdsSeveral(_ bytes: some Collection<UInt8>) -> Bool {
    // Within a JSON string quotes are escaped, so this is found at the ends of lines only.
    guard let seal = Data(bytes).range(of: Data(Self.seal)) else { return false }
    return bytes.count - seal.lowerBound > sealedTail + 1
  }

  /// The line's bytes, without its newline.
  ///
  /// - Throws: what the encoder throws.
  func encoded() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let content = Content(version: Self.version, revision: revision, time: time, action: action)
    let body = [UInt8](try encoder.encode(content).dropLast())
    return body + Self.seal + [UInt8](contentChecksum(body).utf8) + [UInt8](#""}"#.utf8)
  }

  init(revision: Int, time: String, action: CurationAction) {
    self.revision = revision
    self.time = time
    self.action = action
  }

  /// Reads a line without its newline.
  init(line: ArraySlice<UInt8>) throws(Fault) {
    // What a newer version writes need not look like this one's lines: it is asked for its version first.
    if line.first == UInt8(ascii: "{"),
      let version = (try? JSONDecoder().decode(Version.self, from: Data(line)))?.version,
      version > Self.version
    {
      throw .newer(version: version)
    }
    let body = line.dropLast(Self.sealedTail)
    let tail = Array(line.suffix(Self.sealedTail))
    guard !body.isEmpty, tail.starts(with: Self.seal), tail.suffix(2).elementsEqual(#""}"#.utf8) else {
      throw .damaged("it does not end with a checksum")
    }
    guard tail.dropFirst(Self.seal.count).prefix(16).elementsEqual(contentChecksum(body).utf8) else {
      throw .damaged("its checksum does not fit")
    }
    do {
      let content = try JSONDecoder().decode(Content.self, from: Data(body + [UInt8(ascii: "}")]))
      revision = content.revision
      time = content.time
      action = content.action
    } catch DecodingError.dataCorrupted(let context) {
      throw .damaged("it holds \(context.debugDescription)")
    } catch {
      throw .damaged("it lacks what a line holds")
    }
  }
}

/// What was done and undone, in order.
public struct CurationHistory: Sendable, Equatable {
  /// All actions, that of revision 1 first, undo and redo among them.
  public private(set) var entries: [JournalEntry] = []
  /// The places in `entries` of the actions in force, in order.
  public private(set) var applied: [Int] = []
  /// The places of the actions that can be redone, the next one last.
  public private(set) var undone: [Int] = []
  /// The identifier above all that any action used, also one undone since.
  private(set) var nextID = 0

  /// The number of the last action.
  public var revision: Int { entries.count }
  /// The actions in force, in order.
  public var actions: [CurationAction] { applied.map { entries[$0].action } }
  /// What undo would take back; nil where there is nothing.
  public var undoSummary: String? { applied.last.map { entries[$0].action.summary } }
  /// What redo would bring back; nil where there is nothing.
  public var redoSummary: String? { undone.last.map { entries[$0].action.summary } }

  /// A history of nothing.
  public init() {}

  /// Adds an action, which becomes the next revision.
  ///
  /// - Throws: `CurationError.impossible` where there is nothing to undo or redo, or a new unit has no number of units;
  ///   nothing is added then.
  mutating func append(_ entry: JournalEntry) throws(CurationError) {
    let made = entry.action.newUnits
    guard made.allSatisfy({ (0..<CurationState.idLimit).contains($0) }) else {
      throw .impossible("units are numbered from 0 to \(CurationState.idLimit - 1)")
    }
    switch entry.action {
    case .undo:
      guard let last = applied.popLast() else { throw .impossible("there is nothing to undo") }
      undone.append(last)
    case .redo:
      guard let last = undone.popLast() else { throw .impossible("there is nothing to redo") }
      applied.append(last)
    default:
      applied.append(entries.count)
      undone = []
    }
    entries.append(entry)
    nextID = max(nextID, (made.max() ?? -1) + 1)
  }
}
