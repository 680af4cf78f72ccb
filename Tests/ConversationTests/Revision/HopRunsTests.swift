import MediaTypes
import SeededNumbers
import Testing

/// Runs of hops are sets of hops, written shorter.
@Suite struct HopRunsTests {
    private static func set(_ runs: HopRuns) -> Set<Int64> { Set(runs.runs.flatMap(Array.init)) }

    private static func random(_ random: inout SeededRandom) -> HopRuns {
        var runs = HopRuns()
        var hop: Int64 = 0
        while hop < 60 {
            let start = hop + .random(in: 0...9, using: &random)
            hop = start + .random(in: 0...9, using: &random)
            runs.append(start..<hop)
        }
        return runs
    }

    @Test func theyAreSetsOfHops() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<500 {
            let one = Self.random(&random), other = Self.random(&random)
            let (own, others) = (Self.set(one), Self.set(other))
            #expect(Self.set(one.combined(with: other) { $0 || $1 }) == own.union(others))
            #expect(Self.set(one.combined(with: other) { $0 && !$1 }) == own.subtracting(others))
            #expect(Self.set(one.combined(with: other) { $0 != $1 }) == own.symmetricDifference(others))
            let start = Int64.random(in: 0..<60, using: &random)
            let range = start..<Int64.random(in: start...70, using: &random)
            #expect(Self.set(one.clamped(to: range)) == own.filter(range.contains))
            var replaced = one
            replaced.replace(in: range, with: other)
            #expect(Self.set(replaced) == own.subtracting(range).union(others.filter(range.contains)))
            var dropped = one
            dropped.drop(before: start)
            #expect(Self.set(dropped) == own.filter { $0 >= start })
            for runs in [replaced, dropped, one] {
                #expect(zip(runs.runs, runs.runs.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
                #expect(runs.bounds?.lowerBound == Self.set(runs).min())
            }
            #expect((Int64(0)..<70).allSatisfy { one.contains($0) == own.contains($0) })
        }
    }
}
