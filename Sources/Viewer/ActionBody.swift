internal import Curation
internal import Foundation
internal import SpikeTrains

/// The body of `POST api/actions`.
struct ActionBody {
  let revision: Int
  let request: CurationRequest

  private struct Body: Decodable {
    struct Action: Decodable {
      var `do`: String
      var units: [Int]?
      var spikes: [Int32]?
      var components: Int?
      var label: UnitLabel?
      var note: String?
    }

    var revision: Int
    var action: Action
  }

  /// Reads a body.
  ///
  /// - Throws: `Refusal` with 400.
  init(_ data: Data) throws(Refusal) {
    let body: Body
    do {
      body = try JSONDecoder().decode(Body.self, from: data)
    } catch DecodingError.keyNotFound(let key, _) {
      throw .malformed("\(key.stringValue) is missing")
    } catch DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context) {
      throw .malformed("\(Self.name(context)) has another type than it should")
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      throw .malformed("\(Self.name(context)) cannot be that")
    } catch {
      throw .malformed("the body is no JSON")
    }
    revision = body.revision
    request = try Self.request(body.action)
  }

  private static func name(_ context: DecodingError.Context) -> String {
    context.codingPath.map(\.stringValue).joined(separator: ".")
  }

  private static func request(_ action: Body.Action) throws(Refusal) -> CurationRequest {
    func need<Value>(_ value: Value?, _ name: String) throws(Refusal) -> Value {
      guard let value else { throw .malformed("\(action.do) needs \(name)") }
      return value
    }
    func pair() throws(Refusal) -> (Int, Int) {
      let units = try need(action.units, "units")
      guard units.count == 2 else { throw .malformed("\(action.do) needs two units") }
      return (units[0], units[1])
    }
    switch action.do {
    case "merge": return .merge(units: try need(action.units, "units"), accepted: false)
    case "accept":
      let (first, second) = try pair()
      return .merge(units: [first, second], accepted: true)
    case "reject":
      let (first, second) = try pair()
      return .reject(first, second)
    case "split":
      return .split(units: try need(action.units, "units"), spikes: try need(action.spikes, "spikes"))
    case "splitMixture":
      return .splitMixture(
        units: try need(action.units, "units"), components: try need(action.components, "components"))
    case "label": return .label(units: try need(action.units, "units"), label: action.label)
    case "note":
      return .note(units: try need(action.units, "units"), text: try need(action.note, "note"))
    case "importPhy": return .importPhy
    case "undo": return .undo
    case "redo": return .redo
    default: throw .malformed("there is no action of that name")
    }
  }
}
