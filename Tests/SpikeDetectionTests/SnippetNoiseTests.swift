import Recordings
import SpikeDetection
import TestSupport
import Testing

struct SnippetNoiseTests {
  /// Snippets of two neurons, 1.5 to 1 in size, in white noise.
  private func snippets(
    count: Int, frames: Int = 32, channels: Int = 4, deviation: Double, seed: UInt64
  ) -> Snippets {
    var generator = SeededGenerator(seed: seed)
    let shape = [0.1, 0.3, 0.6, 1, 0.7, 0.3, 0, -0.2, -0.3, -0.25, -0.2, -0.1]
    let samples = (0..<count).flatMap { n in
      let size = -120 * (1 + 0.5 * Double(n % 2)) * (1 + 0.1 * generator.normal())
      return (0..<frames).flatMap { f in
        (0..<channels).map { c in
          let place = f - 6
          let spike =
            shape.indices.contains(place) ? size * shape[place] / Double(1 + (c + n % 2) % channels) : 0
          return Float(spike + deviation * generator.normal())
        }
      }
    }
    return Snippets(frames: frames, channels: channels, samples: samples)
  }

  /// The robust deviation of n values scatters by 1.17 / √n of itself, the fifth lowest of 32 lies one of these below
  /// the true one, and a mean of 25 takes 2 %; twice that scatter around it.
  @Test(arguments: [(300, 3.0), (1000, 8.0), (4000, 20.0)]) func whiteNoise(_ count: Int, _ deviation: Double)
  {
    let found = SnippetNoise(snippets(count: count, deviation: deviation, seed: 4)).deviations
    for own in found {
      let scatter = 1.17 / Double(count).squareRoot()
      #expect(
        own / deviation - 1 > -3 * scatter - 0.02 && own / deviation - 1 < scatter, "\(own) of \(deviation)")
    }
  }

  @Test func nextToNothing() {
    #expect(SnippetNoise(Snippets(frames: 30, channels: 4)).deviations == [0, 0, 0, 0])
    #expect(SnippetNoise(Snippets(frames: 0, channels: 0)).deviations.isEmpty)
    let constant = Snippets(frames: 30, channels: 4, samples: [Float](repeating: 3, count: 240))
    #expect(SnippetNoise(constant).deviations == [0, 0, 0, 0])
    for count in [1, 2, 10, 24, 25, 26] {
      let some = SnippetNoise(snippets(count: count, deviation: 5, seed: 1)).deviations
      #expect(some.allSatisfy { $0.isFinite && $0 >= 0 })
    }
  }
}
