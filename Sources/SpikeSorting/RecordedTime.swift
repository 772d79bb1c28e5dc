public import Recordings
public import SpikeTrains

extension FrameGaps {
  /// What a recording's clock says is missing between its frames. Of a gap of unknown length, or where the clock was set
  /// back, a second is taken: longer than anything that is counted between two spikes.
  public init(_ clock: RecordingClock) {
    let gaps = zip(clock.stretches.dropFirst(), clock.stretches).filter { $0.0.followsGap }
    self.init(
      gaps.map { next, before in
        let seconds = next.seconds - before.seconds(ofFrame: next.frame)
        return (next.frame, Int(min(max(seconds * next.samplingRate, 0), 1e15).rounded()))
      },
      unknown: Int(min(clock.stretches[0].samplingRate, 1e9)))
  }
}

extension Sorting.Source {
  /// What the recording's clock says at a frame, as spike times count them; nil where no times are known.
  public func seconds(ofFrame frame: Int) -> Double? { time?.seconds(ofFrame: frame) }

  /// What the recording's clock says at some frames; none where no times are known.
  public func seconds(ofFrames frames: [Int]) -> [Double] {
    guard let time else { return [] }
    return frames.map(time.seconds(ofFrame:))
  }

  /// The recording's clock, or an even one from 0 on; nil where no times are known.
  public var time: RecordingClock? {
    clock ?? samplingRate.flatMap { $0 > 0 ? RecordingClock(samplingRate: $0) : nil }
  }

  /// What the recording's clock says where the part sorted starts and ends; nil where no times are known.
  public var clockSpan: (start: Double, end: Double)? {
    time.map { time in
      let frames = startFrame..<startFrame + max(frameCount, 0)
      return (time.seconds(ofFrame: frames.lowerBound), time.seconds(atEndOf: frames))
    }
  }

  /// What was not recorded between frames, as spike times count them.
  public var gaps: FrameGaps { clock.map { FrameGaps($0) } ?? .none }
}

extension SpikeTrain {
  /// A train over what is left of a recording: frames that are left out take no time in rates and bins, and the time they
  /// took between two spikes is that of a gap.
  ///
  /// - Parameter frames: the length of the recording with them.
  package init(
    times: [Int], frames: Int, samplingRate: Double, gaps: FrameGaps, without excluded: FrameSet
  ) {
    self.init(
      times: excluded.isEmpty ? times : times.map { excluded.framesLeft(before: $0) },
      frames: max(excluded.framesLeft(before: frames), 1), samplingRate: samplingRate,
      gaps: gaps.cuttingOut(excluded.stretches))
  }
}

/// The frames in which another program looked for its spikes: the whole session where its files say how long it is, else
/// from the first spike to the last. Clocks that began long before would make rates of nothing.
///
/// - Parameters:
///   - frames: of all spikes, ascending.
///   - sessionFrames: the length of the session from frame 0 on; nil where not known.
func observedFrames(of frames: [Int], sessionFrames: Int? = nil) -> Range<Int> {
  let end = (frames.last ?? -1) + 1
  if let sessionFrames { return 0..<max(sessionFrames, end, 0) }
  return min(frames.first ?? 0, end)..<end
}
