import TestSupport
import Testing

@testable import Curation

struct SpikeListTests {
  @Test func everyListReadsBack() throws {
    var generator = SeededGenerator(seed: 1)
    for size in [0, 1, 2, 100, 5000] {
      for limit in [size + 1, 10 * size + 10, Int(Int32.max)] {
        var spikes: Set<Int32> = []
        while spikes.count < size { spikes.insert(Int32.random(in: 0..<Int32(limit), using: &generator)) }
        let list = spikes.sorted()
        #expect(SpikeList.decode(SpikeList.encode(list)) == list)
      }
    }
    #expect(SpikeList.decode(SpikeList.encode([0, 1, Int32.max])) == [0, 1, Int32.max])
  }

  @Test func textThatIsNoListIsNone() {
    // Not base64; a number that never ends; one beyond 32 bits; the last index twice.
    for text in ["%%%", "gA==", "//////////8B", "/////wc=AA", "/////weAgICAEA=="] {
      #expect(SpikeList.decode(text) == nil, "\(text)")
    }
    var generator = SeededGenerator(seed: 2)
    for _ in 0..<2000 {
      let letters = (0..<4 * Int.random(in: 0..<8, using: &generator)).map { _ in
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".randomElement(using: &generator)
          ?? "A"
      }
      // Whatever stands there: none or an ascending list.
      if let list = SpikeList.decode(String(letters)) { #expect(zip(list, list.dropFirst()).allSatisfy(<)) }
    }
  }

  @Test func unionAndDifference() {
    #expect(merged([1, 4, 9], [2, 4]) == [1, 2, 4, 4, 9])
    #expect(without([1, 4, 9], [0, 4, 10]) == [1, 9])
    #expect(without([], [1]) == [] && merged([], []) == [])
  }
}
