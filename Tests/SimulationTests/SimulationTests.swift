import Foundation
import Simulation
import Testing

/// Sessions drawn from seeds. `make simulate SEEDS=1000` runs many of them; a fault is replayed by its seed.
@Suite struct SimulationTests {
    @Test(arguments: 1...12) func everyInvariantHolds(seed: Int) {
        let result = Scenario.run(seed: UInt64(seed))
        #expect(result.violations == [], "seed \(seed)")
        #expect(result.events > 0)
    }

    @Test func aSeedGivesTheSameRunAgain() {
        #expect(Scenario.run(seed: 4).events == Scenario.run(seed: 4).events)
    }
}
