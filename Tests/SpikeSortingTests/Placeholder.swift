import Testing
@testable import SpikeSorting
