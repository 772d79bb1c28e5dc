import Testing
@testable import SpikeTrains
