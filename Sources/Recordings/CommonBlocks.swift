/// The blocks that every channel has, where each channel's file holds blocks with their times.
///
/// - Parameters:
///   - times: the times of every channel's blocks, in the order of the file.
///   - tolerance: times no further apart than this are one.
/// - Returns: for every channel the places of those blocks, as many for each.
func commonBlocks(_ times: [[Double]], tolerance: Double) -> [[Int]] {
  var places = [[Int]](repeating: [], count: times.count)
  var next = [Int](repeating: 0, count: times.count)
  while times.indices.allSatisfy({ next[$0] < times[$0].count }) {
    let latest = times.indices.map { times[$0][next[$0]] }.max() ?? 0
    let isShared = times.indices.allSatisfy { latest - times[$0][next[$0]] <= tolerance }
    for channel in times.indices where isShared || latest - times[channel][next[channel]] > tolerance {
      if isShared { places[channel].append(next[channel]) }
      next[channel] += 1
    }
  }
  return places
}

/// What is said of the blocks that not every channel has; nothing where all have all.
///
/// - Parameters:
///   - files: the file of every channel.
///   - counts: the blocks each of them holds.
///   - kept: the blocks that all have.
/// - Throws: `RecordingError` where less than half of a channel's blocks are kept: they were not recorded together.
func leftOut(
  _ files: [String], counts: [Int], kept: Int
) throws(RecordingError) -> [String] {
  let most = counts.max() ?? 0
  if 2 * kept < most, let long = counts.firstIndex(of: most) {
    let other = counts.indices.min { counts[$0] < counts[$1] } ?? 0
    throw .malformed(
      file: files[other == long ? files.count - 1 : other],
      found: "\(kept) records at times that the others have too",
      expected: "those of \(files[long]), which has \(most)")
  }
  return briefly(
    zip(files, counts).filter { $0.1 > kept }.map { file, count in
      "\(file): \(count - kept) of \(count) records left out, which other channels lack"
    })
}
