import Events
import SeededNumbers

/// People on one port, drawn from a seed, who come, go and come back in every form, and say yes and no. Whoever does not
/// consent is looked for in all that gets out: by name, and by a pitch that nobody else has.
public enum ConsentScenario {
    /// Runs what a seed draws; blocks its thread, which must not be one of Swift's pool, while the store writes.
    public static func run(seed: UInt64) -> Scenario.Result {
        var random = SeededRandom(seed: seed)
        do {
            let run = try ConsentRun(&random)
            try run.play(&random)
            return Scenario.Result(seed: seed, violations: run.violations, events: run.measured)
        } catch {
            return Scenario.Result(seed: seed, violations: ["\(error)"], events: 0)
        }
    }
}
