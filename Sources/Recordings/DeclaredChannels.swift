/// Whether a flat file's samples repeat by another number of channels than was said.
///
/// In a file of N interleaved channels the step from a sample to the next depends on where in the frame they stand: it
/// leads from one channel to another, and some are more alike than others. So a wrong number shows threefold: places
/// counted by it look all alike, places counted by the right one do not, and a sample is more like that one right number
/// of samples on, its own channel's next. A number is doubted only where all three hold.
struct DeclaredChannels {
  /// Stretches that are looked at, spread over the file, and the samples of each.
  private static let stretches = 64
  private static let samplesPerStretch = 8192
  /// How many times larger than chance differences between places must be, on average over places, as squares.
  private static let clear = 15.0

  /// For every stretch the samples, and their place in the file.
  private let parts: [(start: Int, values: [Double])]
  private let mean: Double
  private let variance: Double

  /// Reads what is needed of a file opened as if of one channel.
  init(_ samples: RawRecording) throws {
    let length = min(Self.samplesPerStretch, samples.frameCount / Self.stretches)
    var parts: [(start: Int, values: [Double])] = []
    for i in 0..<Self.stretches where length > 0 {
      let start = (samples.frameCount - length) * i / (Self.stretches - 1)
      parts.append((start, try samples.read(frames: start..<start + length).map(Double.init)))
    }
    self.parts = parts
    let count = Double(max(1, parts.count * length))
    let mean = parts.reduce(0) { $0 + $1.values.reduce(0, +) } / count
    self.mean = mean
    variance = parts.reduce(0) { $0 + $1.values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } } / count
  }

  /// The number of channels by which the samples repeat, where that is clearly not the one said.
  func other(than said: Int) -> Int? {
    let most = max(20, min(2 * said, 128))
    // So small a difference is that of chance or of a filter.
    let margin = 0.03
    guard variance > 0, variance.isFinite, let length = parts.first?.values.count, length >= 32 * most else {
      return nil
    }
    let own = likeness(said)
    let candidates = (2...most) + [32, 64, 128].filter { $0 > most && length >= 32 * $0 }
    // A tone of a few frames, locked to the clock, repeats by a multiple that no one takes for the number of channels.
    let better = candidates.filter { $0 % said != 0 || [2, 4, 8].contains($0 / said) }.map {
      ($0, likeness($0))
    }
    .filter { $0.1 > own + margin }.sorted { ($1.1, $0.0) < ($0.1, $1.0) }
    return better.prefix(4).first { candidate, _ in
      if isFarCloser(candidate, than: own) { return true }
      let common = greatestCommonDivisor(candidate, said)
      let evidence = differences(period: candidate, beyond: common == candidate ? 1 : common)
      // What the said number explains by itself speaks for it.
      let against = said > common ? differences(period: said, beyond: common) : 0
      return evidence > Self.clear && against < evidence / 4
    }?.0
  }

  /// Whether samples so many apart are so much more alike than those the said number apart, and than those one more or
  /// less apart, that no test is needed: a slow signal, under which the steps between channels drown.
  private func isFarCloser(_ lag: Int, than own: Double) -> Bool {
    func rest(_ lag: Int) -> Double { 1 - likeness(lag) }
    guard rest(lag) < (1 - own) / 4 else { return false }
    return rest(lag) < min(rest(lag - 1), rest(lag + 1)) / 2
      && rest(2 * lag) < min(rest(2 * lag - 1), rest(2 * lag + 1))
  }

  /// The correlation of samples so many apart.
  private func likeness(_ lag: Int) -> Double {
    var sum = 0.0
    var count = 0
    for part in parts {
      let values = part.values
      guard values.count > lag else { continue }
      for i in lag..<values.count { sum += (values[i] - mean) * (values[i - lag] - mean) }
      count += values.count - lag
    }
    return count > 0 ? sum / Double(count) / variance : 0
  }

  /// How much larger than chance the differences are between places of a period, beyond what a shorter period that
  /// divides it explains: the mean square of the mean step in units of its error.
  private func differences(period: Int, beyond shorter: Int) -> Double {
    let profiles = parts.map { profile(of: $0, period: period, beyond: shorter) }
    var total = 0.0
    for place in 0..<period {
      let values = profiles.map { $0[place] }
      let center = values.reduce(0, +) / Double(values.count)
      let spread = values.reduce(0) { $0 + ($1 - center) * ($1 - center) }
      let error = spread / Double(values.count * (values.count - 1))
      total += error > 0 ? min(1e6, center * center / error) : 0
    }
    return total / Double(period - shorter)
  }

  /// The mean step to the next sample at every place of a period in one stretch, less that of the places a shorter
  /// period tells apart.
  private func profile(
    of part: (start: Int, values: [Double]), period: Int, beyond shorter: Int
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: period)
    var counts = sums
    for i in 0..<part.values.count - 1 {
      let place = (part.start + i) % period
      sums[place] += abs(part.values[i] - part.values[i + 1])
      counts[place] += 1
    }
    let means = zip(sums, counts).map { $0 / max($1, 1) }
    return (0..<period).map { place in
      let alike = stride(from: place % shorter, to: period, by: shorter)
      let common = alike.reduce(0) { $0 + means[$1] } / Double(period / shorter)
      return means[place] - common
    }
  }
}

private func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : greatestCommonDivisor(b, a % b) }
