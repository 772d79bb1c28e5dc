import Foundation
import Spikesort

let file = URL(fileURLWithPath: "session.dat")
let said = RecordingDescription(samplingRate: 30_000, channelCount: 4, microvoltsPerUnit: 0.195)
let recording = try Recordings.open(file, as: said)

let sorting = try Sorter().sort(recording).sorting
for unit in sorting.units {
  print(unit.id, unit.verdict.words, unit.reasons.first ?? "")
}
try sorting.write(to: URL(fileURLWithPath: "session"))
