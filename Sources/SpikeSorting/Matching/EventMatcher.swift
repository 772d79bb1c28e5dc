import LinearAlgebra

/// A spike found by its unit's template.
struct MatchedSpike: Sendable {
  /// The place of its trough among the lags tried.
  var lag: Int
  /// The unit whose template it is.
  var unit: Int
  /// The place between frames among `UnitTemplates.shifts`.
  var shift = 0
  /// The log-likelihood the spike adds, in nats.
  var gain: Float
  /// What its variation from the template costs, in nats.
  var variationCost: Float = 0
  /// The whitened snippet without the other spikes found.
  var cleaned: [Float]
}

/// Explains a short stretch of whitened trace as a sum of unit waveforms, the most likely spike first.
///
/// A spike of unit k at lag j adds, over the noise's variance v, (T·r − ½|T|²)/v for the residual trace r and the
/// template T; for every direction b in which the unit's spikes vary by λ beyond the noise (b·(r − T))²·λ/(2v(λ + v)) −
/// ½·log(1 + λ/v); and the log of the unit's rate. While the best spike adds anything it is subtracted and the lags
/// around it are looked at again.
struct EventMatcher {
  let bank: TemplateBank
  /// What the spikes found last leave of the trace.
  private(set) var residual: [Float] = []
  private var windows: [Float] = []
  private var correlations: [Float] = []
  private var scores: [Float] = []
  /// Units that explain nothing more of the event.
  private var isSpent: [Bool] = []

  /// Spikes one event can hold beside one for every 8 lags; no event ends for want of them.
  private static let mostSpikes = 16
  /// Rounds in which the spikes of an event are placed and sized again, each given the others.
  private static let sweeps = 2

  /// So many units' best spikes are tried as the first of an explanation.
  private static let firstsTried = 6
  /// A detected spike lies within so many frames of where its template is laid.
  private static let jitter = 3

  /// A subtracted spike leaves up to this share of its energy (spikes of 50 to 75 noise deviations scatter by 1 to 2 %
  /// of theirs); so near to it, in frames, what explains no more is no spike.
  private static let leftoverShare: Float = 0.02
  private static let leftoverReach = 16

  init(_ bank: TemplateBank) { self.bank = bank }

  /// The spikes in a stretch of trace.
  ///
  /// - Parameters:
  ///   - trace: (lags + frames of a waveform − 1) × channels samples; a waveform at lag j starts at frame j.
  ///   - lags: the number of places tried.
  ///   - limit: the most spikes looked for.
  /// - Returns: the spikes in the order they were found.
  mutating func resolve(
    _ trace: UnsafeBufferPointer<Float>, lags: Int, atMost limit: Int = .max
  ) -> [MatchedSpike] {
    begin(trace, lags: lags)
    var found: [MatchedSpike] = []
    add(to: &found, open: 0..<lags, lags: lags, atMost: limit)
    settle(&found, lags: lags)
    let (channels, size) = (bank.channels, bank.size)
    let leftovers = leftovers(among: found)
    for i in found.indices {
      let start = found[i].lag * channels
      for s in 0..<size { found[i].cleaned[s] += residual[start + s] }
    }
    return found.indices.filter { !leftovers[$0] }.map { found[$0] }
  }

  private mutating func begin(_ trace: UnsafeBufferPointer<Float>, lags: Int) {
    residual.removeAll(keepingCapacity: true)
    residual.append(contentsOf: trace)
    scores = [Float](repeating: -.infinity, count: lags * bank.unitCount)
    isSpent = [Bool](repeating: false, count: bank.unitCount)
  }

  /// Adds the likeliest spike while it adds anything, after the scores of some lags are made anew.
  ///
  /// - Parameter isRefractory: whether a unit has one spike at most.
  private mutating func add(
    to found: inout [MatchedSpike], open first: Range<Int>, lags: Int, atMost limit: Int = .max,
    isRefractory: Bool = false
  ) {
    var open = first
    while found.count < min(limit, Self.mostSpikes + lags / 8) {
      correlate(open)
      score(open)
      guard var best = likeliest(), best.gain > 0 else { break }
      refine(&best, lags: lags)
      subtract(&best)
      found.append(best)
      if isRefractory { spend(best.unit, lags: lags) }
      open = around(best.lag, lags: lags)
    }
  }

  private mutating func spend(_ unit: Int, lags: Int) {
    isSpent[unit] = true
    for lag in 0..<lags { scores[lag * bank.unitCount + unit] = -.infinity }
  }

  private func around(_ lag: Int, lags: Int) -> Range<Int> {
    max(0, lag - bank.frames)..<min(lags, lag + bank.frames + 1)
  }

  /// Places and sizes the spikes again, each given the others: the first was with the others in its way.
  private mutating func settle(_ found: inout [MatchedSpike], lags: Int) {
    for _ in 0..<(found.count > 1 ? Self.sweeps : 0) {
      for i in found.indices {
        let start = found[i].lag * bank.channels
        for s in 0..<bank.size { residual[start + s] += found[i].cleaned[s] }
        found[i].gain = -.infinity
        refine(&found[i], lags: lags)
        subtract(&found[i])
      }
    }
  }

  /// The log-likelihood that the best explanation of a stretch adds to silence, in nats.
  ///
  /// Greedily, the best single spike would hide a pair that explains more: so each of some units' best spikes is tried as the
  /// first, and the others are found and all placed again given it. A unit has one spike in the stretch: a small one's, laid over each
  /// other, would make any.
  /// - Parameters:
  ///   - unit: the one unit the first spike is of, near the middle of the lags; nil for any.
  mutating func nats(
    explaining trace: UnsafeBufferPointer<Float>, lags: Int, first unit: Int?
  ) -> Float {
    begin(trace, lags: lags)
    correlate(0..<lags)
    score(0..<lags)
    let firsts = firsts(unit, lags: lags)
    let (whole, silence) = (residualEnergy, scores)
    var best: Float = 0
    for var first in firsts {
      residual.withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: trace) }
      scores = silence
      refine(&first, lags: lags)
      subtract(&first)
      var found = [first]
      isSpent = [Bool](repeating: false, count: bank.unitCount)
      spend(first.unit, lags: lags)
      add(to: &found, open: around(first.lag, lags: lags), lags: lags, isRefractory: true)
      settle(&found, lags: lags)
      let explained = (whole - residualEnergy) / (2 * bank.noise)
      best = max(best, found.reduce(explained) { $0 + bank.biases[$1.unit] - $1.variationCost })
    }
    return best
  }

  /// The likeliest spike of each unit, the likeliest first; of one unit, the one in the middle of the lags.
  private func firsts(_ unit: Int?, lags: Int) -> [MatchedSpike] {
    let places =
      unit == nil ? 0..<lags : max(0, lags / 2 - Self.jitter)..<min(lags, lags / 2 + Self.jitter + 1)
    let units = unit.map { [$0] } ?? Array(0..<bank.unitCount)
    let spikes = units.compactMap { k -> MatchedSpike? in
      guard bank.biases[k] > -.infinity else { return nil }
      let lag = places.reduce(places.lowerBound) {
        scores[$1 * bank.unitCount + k] > scores[$0 * bank.unitCount + k] ? $1 : $0
      }
      return MatchedSpike(lag: lag, unit: k, gain: -.infinity, cleaned: [])
    }
    func score(_ spike: MatchedSpike) -> Float { scores[spike.lag * bank.unitCount + spike.unit] }
    return Array(spikes.sorted { (-score($0), $0.unit) < (-score($1), $1.unit) }.prefix(Self.firstsTried))
  }

  /// Which spikes are but what the subtraction of a far larger one left.
  private func leftovers(among found: [MatchedSpike]) -> [Bool] {
    guard found.count > 1 else { return [false] }
    let energies = found.map { $0.cleaned.reduce(0) { $0 + $1 * $1 } }
    return found.indices.map { i in
      found.indices.contains { j in
        abs(found[i].lag - found[j].lag) <= Self.leftoverReach
          && 2 * bank.noise * found[i].gain < Self.leftoverShare * energies[j]
      }
    }
  }

  /// The energy of what the spikes found last leave of the trace.
  var residualEnergy: Float { residual.reduce(0) { $0 + $1 * $1 } }

  /// Every template and direction along the residual at some lags: lags × rows.
  private mutating func correlate(_ open: Range<Int>) {
    let (size, channels) = (bank.size, bank.channels)
    let rowCount = bank.unitCount * (1 + bank.directionCount)
    if windows.count < open.count * size {
      windows = [Float](repeating: 0, count: open.count * size)
      correlations = [Float](repeating: 0, count: open.count * rowCount)
    }
    residual.withUnsafeBufferPointer { residual in
      windows.withUnsafeMutableBufferPointer { windows in
        correlations.withUnsafeMutableBufferPointer { correlations in
          bank.rows.withUnsafeBufferPointer { rows in
            guard let r = residual.baseAddress, let w = windows.baseAddress, let c = correlations.baseAddress,
              let b = rows.baseAddress
            else { return }
            for (i, j) in open.enumerated() {
              (w + i * size).update(from: r + j * channels, count: size)
            }
            gemm(
              m: open.count, n: rowCount, k: size, a: w, lda: size, transposeA: false, b: b, ldb: size,
              transposeB: true, beta: 0, c: c, ldc: rowCount)
          }
        }
      }
    }
  }

  private mutating func score(_ open: Range<Int>) {
    let (units, directions) = (bank.unitCount, bank.directionCount)
    let rowCount = units * (1 + directions)
    let stride = TemplateBank.shiftCount
    for (i, j) in open.enumerated() {
      for k in 0..<units where !isSpent[k] {
        let along = correlations[i * rowCount + k]
        let half = bank.halfEnergies[k * stride]
        var gain = (along - half) / bank.noise + bank.biases[k]
        // Far from the template its variations say nothing.
        if along > 0.3 * half {
          for p in 0..<directions {
            let distance =
              correlations[i * rowCount + units + k * directions + p]
              - bank.alongDirections[k * stride * directions + p]
            gain += distance * distance * bank.directionGains[k * directions + p]
          }
        }
        scores[j * units + k] = gain
      }
    }
  }

  private func likeliest() -> MatchedSpike? {
    var best = -1
    var gain = -Float.infinity
    for i in scores.indices where scores[i] > gain { (best, gain) = (i, scores[i]) }
    guard best >= 0 else { return nil }
    return MatchedSpike(lag: best / bank.unitCount, unit: best % bank.unitCount, gain: gain, cleaned: [])
  }

  /// Looks between the frames around the best place.
  private func refine(_ best: inout MatchedSpike, lags: Int) {
    let k = best.unit
    let centre = best.lag
    for lag in max(0, centre - 1)...min(lags - 1, centre + 1) {
      for s in 0..<TemplateBank.shiftCount {
        let row = k * TemplateBank.shiftCount + s
        var gain =
          (dot(bank.shifted, row * bank.size, lag) - bank.halfEnergies[row]) / bank.noise + bank.biases[k]
        for p in 0..<bank.directionCount {
          let distance = distance(unit: k, shift: s, direction: p, lag: lag)
          gain += distance * distance * bank.directionGains[k * bank.directionCount + p]
        }
        if gain > best.gain {
          best.gain = gain
          best.lag = lag
          best.shift = s
        }
      }
    }
  }

  /// How far the residual lies from a template along one of its directions.
  private func distance(unit k: Int, shift s: Int, direction p: Int, lag: Int) -> Float {
    let row = bank.unitCount + k * bank.directionCount + p
    let own = bank.alongDirections[(k * TemplateBank.shiftCount + s) * bank.directionCount + p]
    return dot(bank.rows, row * bank.size, lag) - own
  }

  /// Takes the spike's waveform from the residual and keeps it as the spike's own.
  private mutating func subtract(_ spike: inout MatchedSpike) {
    let shift = spike.shift
    let size = bank.size
    let row = spike.unit * TemplateBank.shiftCount + shift
    var own = Array(bank.shifted[row * size..<(row + 1) * size])
    spike.variationCost = 0
    for p in 0..<bank.directionCount {
      let index = spike.unit * bank.directionCount + p
      let amount =
        distance(unit: spike.unit, shift: shift, direction: p, lag: spike.lag) * bank.ownShares[index]
      let start = (bank.unitCount + index) * size
      for i in 0..<size { own[i] += amount * bank.rows[start + i] }
      if amount != 0 { spike.variationCost += amount * amount / (2 * bank.variances[index]) }
    }
    let start = spike.lag * bank.channels
    for i in 0..<size { residual[start + i] -= own[i] }
    spike.cleaned = own
  }

  /// The product of a waveform in a table and the residual at a lag.
  private func dot(_ table: [Float], _ start: Int, _ lag: Int) -> Float {
    let size = bank.size
    return table.withUnsafeBufferPointer { table in
      residual.withUnsafeBufferPointer { residual in
        guard let a = table.baseAddress, let b = residual.baseAddress else { return 0 }
        return innerProduct(a + start, b + lag * bank.channels, count: size)
      }
    }
  }
}

/// The inner product of two vectors, in eight running sums.
private func innerProduct(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, count: Int) -> Float {
  var sums = SIMD8<Float>.zero
  var i = 0
  while i &+ 8 <= count {
    let x = UnsafeRawPointer(a + i).loadUnaligned(as: SIMD8<Float>.self)
    let y = UnsafeRawPointer(b + i).loadUnaligned(as: SIMD8<Float>.self)
    sums += x * y
    i &+= 8
  }
  var sum = sums.sum()
  while i < count {
    sum += a[i] * b[i]
    i &+= 1
  }
  return sum
}
