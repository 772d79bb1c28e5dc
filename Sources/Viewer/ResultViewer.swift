internal import Foundation
public import SortingFormats

/// Answers what a browser asks about one result, or about every group of one, without a socket: whoever the gate lets in
/// gets the routes of docs/viewer-api.md.
public struct ResultViewer: Sendable {
  /// The token every path begins with.
  public let token: String
  /// What the user should know of the journal.
  public let notices: [String]
  private let gate: Gate
  private let shown: Shown

  private enum Shown: Sendable {
    case one(ResultRoutes)
    case groups(GroupRoutes)
  }

  /// Opens a result; of several groups the first, and the others when they are asked for.
  ///
  /// - Throws: `ResultError`, `CurationError.badJournal`.
  public init(_ folder: ResultFolder, readOnly: Bool) throws {
    let first: ResultRoutes
    if let result = try GroupedResult(at: folder.url) {
      let groups = try GroupRoutes(result, in: folder, readOnly: readOnly)
      (shown, first) = (.groups(groups), groups.first)
    } else {
      first = try ResultRoutes(folder, readOnly: readOnly)
      shown = .one(first)
    }
    notices = first.notices
    token = Gate.randomToken()
    gate = Gate(token: token)
  }

  /// Whether a request would be let in, by its head alone.
  ///
  /// - Throws: `Refusal` with 403.
  func admit(_ head: ViewerRequest) throws(Refusal) { _ = try gate.admit(head) }

  /// The answer to a request; never an error.
  public func answer(_ request: ViewerRequest) async -> ViewerAnswer {
    do {
      let path = try gate.admit(request)
      switch shown {
      case .one(let routes): return try await routes.answer(path, request)
      case .groups(let groups): return try await groups.answer(path, request)
      }
    } catch {
      return Refusal(error).answer
    }
  }
}

/// The groups of a result, each below its place: `0/`, `1/`, …; opened when they are first asked for.
private actor GroupRoutes {
  /// The group that was opened first.
  nonisolated let first: ResultRoutes
  private nonisolated let firstPlace: Int
  private let folder: ResultFolder
  private let result: GroupedResult
  private let readOnly: Bool
  private var opened: [Int: ResultRoutes]

  init(_ result: GroupedResult, in folder: ResultFolder, readOnly: Bool) throws {
    guard let place = result.groups.firstIndex(where: { $0.failure == nil }) else {
      throw ResultError.missingFile(path: folder.url.path, expected: "a group that could be sorted")
    }
    first = try Self.open(place, of: result, in: folder, readOnly: readOnly)
    firstPlace = place
    opened = [place: first]
    (self.folder, self.result, self.readOnly) = (folder, result, readOnly)
  }

  private static func open(
    _ place: Int, of result: GroupedResult, in folder: ResultFolder, readOnly: Bool
  ) throws -> ResultRoutes {
    let all = result.groups.map { SessionAnswer.Groups.Group(name: $0.name, failure: $0.failure) }
    return try ResultRoutes(
      ResultFolder(folder.inside(result.groups[place].folder)), readOnly: readOnly,
      groups: .init(folder: folder.url.standardizedFileURL.lastPathComponent, shown: place, all: all))
  }

  private func routes(_ place: Int) throws -> ResultRoutes {
    if let routes = opened[place] { return routes }
    let routes = try Self.open(place, of: result, in: folder, readOnly: readOnly)
    opened[place] = routes
    return routes
  }

  nonisolated func answer(_ path: String, _ request: ViewerRequest) async throws -> ViewerAnswer {
    if path.isEmpty {
      return ViewerAnswer(status: 302, contentType: "text/plain", body: Data(), location: "\(firstPlace)/")
    }
    let parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, let place = Int(parts[0]), result.groups.indices.contains(place),
      result.groups[place].failure == nil
    else { throw Refusal.unknown }
    return try await routes(place).answer(String(parts[1]), request)
  }
}
