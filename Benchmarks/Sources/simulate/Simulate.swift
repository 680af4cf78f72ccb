import Dispatch
import Foundation
import Simulation
import Synchronization

/// Runs sessions drawn from seeds, on all cores, and says which of them broke an invariant.
@main enum Simulate {
    static func main() {
        if CommandLine.arguments.count == 3, CommandLine.arguments[1] == "fleet",
            let seed = UInt64(CommandLine.arguments[2])
        {
            simulateFleet(seed)
        }
        let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        guard numbers.count == 2, numbers[1] > 0 else {
            print("usage: simulate FIRST_SEED SEEDS, or simulate fleet SEED")
            exit(64)
        }
        let (first, count) = (numbers[0], numbers[1])
        let broken = Mutex(0)
        let events = Mutex(0)
        DispatchQueue.concurrentPerform(iterations: Int(clamping: count)) { index in
            let seed = first &+ UInt64(index)
            for (what, result) in [("session", Scenario.run(seed: seed)), ("consent", ConsentScenario.run(seed: seed))]
            {
                events.withLock { $0 += result.events }
                guard !result.violations.isEmpty else { continue }
                broken.withLock { broken in
                    broken += 1
                    print("seed \(result.seed), \(what):")
                    for violation in result.violations { print("  \(violation)") }
                }
            }
        }
        let failed = broken.withLock { $0 }
        print("\(count) seeds from \(first): \(events.withLock { $0 }) events, \(failed) broke an invariant")
        exit(failed == 0 ? 0 : 1)
    }

    /// Runs an hour of a fleet of a hundred nodes with 20,000 calls.
    private static func simulateFleet(_ seed: UInt64) -> Never {
        let result = FleetScenario.run(seed: seed)
        print(
            """
            seed \(seed): \(result.calls) calls, at most 20,000 at once; \(result.deaths) nodes died, \
            \(result.cuts) were \
            cut off, \(result.drains) drained
            moves: \(result.moves), forced by failures: \(result.forced); a death was known after \
            \(result.slowestNotice) s at most
            farthest from the mean load: \((result.imbalance * 1_000).rounded() / 10) points
            """)
        for violation in result.violations { print("  \(violation)") }
        exit(result.violations.isEmpty ? 0 : 1)
    }
}
