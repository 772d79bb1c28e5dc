import Foundation
import Spikesort

/// A made-up format: little-endian 16-bit samples, two channels, 20,000 frames a second, nothing else.
struct TwoWires: Recording {
  let file: URL
  let samples: Data

  init(_ file: URL) throws {
    self.file = file
    samples = try Data(contentsOf: file, options: .alwaysMapped)
  }

  var channelCount: Int { 2 }
  var frameCount: Int { samples.count / 4 }
  var samplingRate: Double { 20_000 }
  var gain: Gain? { Gain(microvoltsPerUnit: 0.195) }
  var probe: Probe { .standard(channelCount: 2) }
  var files: [URL] { [file] }
  var format: String { "two wires" }

  func read(frames: Range<Int>, into buffer: UnsafeMutableBufferPointer<Float>) throws {
    for (place, sample) in (frames.lowerBound * 2..<frames.upperBound * 2).enumerated() {
      let low = UInt16(samples[2 * sample])
      let high = UInt16(samples[2 * sample + 1])
      buffer[place] = Float(Int16(bitPattern: low | high << 8)) * 0.195
    }
  }
}

let recording = try TwoWires(URL(fileURLWithPath: "wires.dat"))
let sorting = try Sorter().sort(recording).sorting
print(sorting.units.count, "units")
