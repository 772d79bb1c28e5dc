internal import Foundation
internal import LinearAlgebra

extension WindowConsensus {
  /// A fit with those components that it lacks where no window was.
  ///
  /// - Returns: nil where none is born.
  func bearing(into start: MixtureFit) throws -> (fit: MixtureFit, jumps: [ElectrodeJump])? {
    let lives = LifeSearch(data: data, options: options, threads: threads)
    var current = start
    var born: (fit: MixtureFit, jumps: [ElectrodeJump])?
    var failed: Set<Int> = []
    for _ in 0..<Self.mostTrials {
      guard let (stretch, birth) = try surestBirth(in: current.mixture, without: failed) else { break }
      let share = Double(data.restricted(toFrames: stretches[stretch]).count) / Double(data.count)
      var newborn = Mixture(
        weights: [birth.weight * share], means: Matrix(rows: [birth.location]),
        scales: [typicalScale(of: current.mixture)], degreesOfFreedom: current.mixture.degreesOfFreedom)
      newborn = newborn.held(overFrames: data.frameCount)
      if let better = try trial(newborn, 0, in: current) {
        let relived = try lives.run(better)
        (current, born) = (relived.fit, relived)
      } else {
        failed.insert(stretch)
      }
    }
    return born
  }

  /// The stretch in which one component more would gain most over its price, and that component; nil where none would.
  private func surestBirth(
    in mixture: Mixture, without failed: Set<Int>
  ) throws -> (stretch: Int, birth: Birth)? {
    let scale = typicalScale(of: mixture)
    let stretches = self.stretches
    let births = try Parallel.map(count: stretches.count, threads: threads) { (i: Int) throws -> Birth? in
      let part = data.restricted(toFrames: stretches[i])
      guard !failed.contains(i), part.count > 0 else { return nil }
      let during = mixture.during(stretches[i])
      let posterior = try during.posterior(part, distances: .toOwn, threads: 1)
      let search = BirthSearch(
        data.points.selecting(rows: part.indices.sorted()), logDensities: posterior.logDensities,
        scale: scale,
        degreesOfFreedom: mixture.degreesOfFreedom)
      guard var birth = search?.best() else { return nil }
      birth.gain -= price(points: part.totalWeight)
      return birth.gain > 0 ? birth : nil
    }
    var best: (stretch: Int, birth: Birth)?
    for (i, birth) in births.enumerated() {
      if let birth, birth.gain > best?.birth.gain ?? 0 { best = (i, birth) }
    }
    return best
  }

  /// The scale of the component in the middle by volume.
  private func typicalScale(of mixture: Mixture) -> Matrix {
    let volumes = mixture.scales.map { scale in
      (try? scale.choleskyFactor()).map { Matrix.logDeterminant(choleskyFactor: $0) } ?? .infinity
    }
    let order = volumes.indices.sorted { (volumes[$0], $0) < (volumes[$1], $1) }
    return mixture.scales[order[order.count / 2]]
  }
}
