import Testing
@testable import SortingFormats
