import Kit
import Synchronization
import Testing

@Suite struct RefusalTests {
    @Test func whateverTheRateTheLogGrowsByALineASecond() {
        let now = Mutex<Int64>(0)
        let lines = Mutex<[String]>([])
        let refusals = Refusals(clock: HostClock { now.withLock { $0 } }) { line in lines.withLock { $0.append(line) } }
        for _ in 1...3_000 {
            refusals.note(.silent)
            now.withLock { $0 += 1_000_000 }
        }
        refusals.note(.tooMany, detail: "why")
        #expect(lines.withLock { $0.count } == 4)
        #expect(refusals.counts.first { $0.reason == .silent }?.count == 3_000)
        #expect(refusals.counts.map(\.reason) == RefusalReason.allCases)
        now.withLock { $0 += 1_000_000_000 }
        refusals.tell()
        #expect(lines.withLock { $0.count } <= 5)
    }
}
