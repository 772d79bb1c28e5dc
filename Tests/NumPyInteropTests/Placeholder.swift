import Testing
@testable import NumPyInterop
