import Testing
@testable import SpikeDetection
