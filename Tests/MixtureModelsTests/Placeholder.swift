import Testing
@testable import MixtureModels
