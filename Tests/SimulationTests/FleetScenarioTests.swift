import Simulation
import Testing

@Suite struct FleetScenarioTests {
    /// A fleet of twenty nodes for twenty minutes: `make simulate-fleet` runs a hundred for an hour.
    @Test(arguments: 1...4)
    func noCallIsOnTwoNodesInOneTermAndNoneMovesWithoutNeed(seed: Int) {
        let result = FleetScenario.run(
            seed: UInt64(seed), FleetScenario.Size(nodes: 20, calls: 2_000, seconds: 1_200))
        #expect(result.violations == [])
        #expect(result.deaths + result.cuts > 0 && result.calls > 3_000)
    }

    @Test func oneSeedGivesOneRun() {
        let size = FleetScenario.Size(nodes: 10, calls: 300, seconds: 900)
        let (one, two) = (FleetScenario.run(seed: 9, size), FleetScenario.run(seed: 9, size))
        #expect((one.calls, one.moves, one.forced, one.imbalance) == (two.calls, two.moves, two.forced, two.imbalance))
    }
}
