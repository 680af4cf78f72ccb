import Dispatch
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

    /// Nothing that is measured of somebody who does not consent gets out, in whatever form they come.
    @Test(arguments: 1...24) func nobodyIsToldOfWithoutConsent(seed: Int) async {
        let result = await consent(seed: seed)
        #expect(result.violations == [], "seed \(seed)")
    }

    /// Seeds that found something once.
    @Test(arguments: [42, 262, 323, 380, 404, 418, 531]) func whatWasFoundIsMended(seed: Int) async {
        #expect(await consent(seed: seed).violations == [], "seed \(seed)")
    }

    /// The look finds something: people who consent are told of.
    @Test func whoConsentsIsFound() async {
        let result = await consent(seed: 1)
        #expect(result.events > 0)
    }

    private func consent(seed: Int) async -> Scenario.Result {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(returning: ConsentScenario.run(seed: UInt64(seed)))
            }
        }
    }
}
