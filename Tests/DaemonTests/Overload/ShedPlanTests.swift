import Testing

@testable import Daemon

@Suite struct ShedPlanTests {
    private func candidate(
        _ priority: SessionPriority, session: Int, place: Int = 0, isGivenUp: Bool = false
    ) -> ShedPlan.Candidate {
        ShedPlan.Candidate(priority: priority, session: session, place: place, isGivenUp: isGivenUp)
    }

    @Test func lowPriorityFirstThenTheNewestSession() {
        let all = [
            candidate(.high, session: 9), candidate(.normal, session: 1), candidate(.normal, session: 2, place: 0),
            candidate(.normal, session: 2, place: 1), candidate(.low, session: 0), candidate(.low, session: 3),
        ]
        let order = (1...all.count).map { count in
            ShedPlan.chosen(count, of: all).subtracting(ShedPlan.chosen(count - 1, of: all)).first
        }
        #expect(order == [5, 4, 3, 2, 1, 0])
        #expect(ShedPlan.chosen(0, of: all).isEmpty)
        #expect(ShedPlan.chosen(99, of: all).count == all.count)
    }

    /// A session that comes while others are given up does not change who is.
    @Test func whoIsGivenUpStaysSo() {
        let all = [
            candidate(.normal, session: 1), candidate(.normal, session: 2, isGivenUp: true),
            candidate(.normal, session: 3),
        ]
        #expect(ShedPlan.chosen(1, of: all) == [1])
        // But one of low priority takes its place.
        #expect(ShedPlan.chosen(1, of: all + [candidate(.low, session: 0)]) == [3])
    }

    @Test func theRhythmOfTicks() {
        let levels = 0...3
        #expect(levels.map { SessionPriority.low.tickEvery(level: $0) } == [1, 2, 4, 4])
        #expect(levels.map { SessionPriority.normal.tickEvery(level: $0) } == [1, 1, 2, 4])
        #expect(levels.map { SessionPriority.high.tickEvery(level: $0) } == [1, 1, 1, 1])
    }
}
