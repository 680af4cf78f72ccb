import Dispatch
import Foundation
import Simulation
import Synchronization

/// Runs sessions drawn from seeds, on all cores, and says which of them broke an invariant.
@main enum Simulate {
    static func main() {
        let numbers = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        guard numbers.count == 2, numbers[1] > 0 else {
            print("usage: simulate FIRST_SEED SEEDS")
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
}
