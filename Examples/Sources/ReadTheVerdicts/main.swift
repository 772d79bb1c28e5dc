import Foundation
import Spikesort

let sorting = try Sorting(contentsOf: URL(fileURLWithPath: "session"))
let neurons = sorting.units.filter { $0.verdict == .single }
for neuron in neurons {
  let foreign = neuron.contamination.map { "\($0.low) to \($0.high ?? 1) foreign" } ?? "not known"
  print(neuron.id, neuron.spikeCount, foreign)
}
for pair in sorting.pairs where pair.verdict == .split {
  print("\(pair.first) and \(pair.second) may be one neuron:", pair.reasons.joined(separator: "; "))
}
