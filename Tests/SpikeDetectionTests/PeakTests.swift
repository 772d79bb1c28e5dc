import Foundation
import Testing

@testable import SpikeDetection

private struct PeakCase: Decodable {
  let kwargs: Arguments
  let indices: [Int]
  let note: String?

  struct Arguments: Decodable {
    let height: Double?
    let distance: Double?
    let others: Int

    enum CodingKeys: String, CodingKey, CaseIterable {
      case height, distance, prominence, width
      case plateau = "plateau_size"

    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      height = try? values.decode(Double.self, forKey: .height)
      distance = try values.decodeIfPresent(Double.self, forKey: .distance)
      let known = (height == nil ? 0 : 1) + (distance == nil ? 0 : 1)
      others = CodingKeys.allCases.count { values.contains($0) } - known
    }
  }

  enum CodingKeys: String, CodingKey {
    case kwargs, indices
    case note = "_note"
  }
}

@Suite struct PeakTests {
  @Test func peaksAreThoseOfSciPy() throws {
    let data = try Data(contentsOf: Fixture.url("find_peaks.json"))
    let all = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let filtered = try Fixture.array("bp3_300_6000_30k.sosfiltfilt.npy")
    let raw = try Fixture.array("trace_i16.npy")
    let traces = [
      "float": stride(from: 0, to: filtered.count, by: 4).map { -filtered[$0] },
      "int": stride(from: 3, to: raw.count, by: 4).map { (-raw[$0] / 8).rounded(.down) },
      "int_unique": try Fixture.array("find_peaks_int_unique.npy"),
    ]
    var compared = 0
    for (name, trace) in traces.sorted(by: { $0.key < $1.key }) {
      let list = try JSONSerialization.data(withJSONObject: try #require(all[name]))
      for example in try JSONDecoder().decode([PeakCase].self, from: list) where example.kwargs.others == 0 {
        let peaks = findPeaks(
          trace, minimumHeight: example.kwargs.height, minimumDistance: example.kwargs.distance)
        #expect((example.note == nil ? peaks : Array(peaks.prefix(200))) == example.indices, "\(name)")
        compared += 1
      }
    }
    #expect(compared >= 10)
  }

  @Test func plateausAndEdges() {
    #expect(findPeaks([]) == [])
    #expect(findPeaks([1, 0, 1]) == [])
    #expect(findPeaks([0, 1, 1, 1, 0]) == [2])
    #expect(findPeaks([0, 1, 1, 0]) == [1])
    #expect(findPeaks([0, 1, 1, 2, 0, 3]) == [3])
    #expect(findPeaks([0, 1, 1]) == [])
    #expect(findPeaks([0, 1, 0, 1, 0, 1, 0], minimumDistance: 3) == [1, 5])
  }
}
