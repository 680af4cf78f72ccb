import Events
import SeededNumbers
import Testing

@testable import Conversation

/// The board against a second telling of its rules, which remembers every value of every second.
private struct Witness {
    let rules: [CueRule]
    let gap: Int
    /// By rule and place (speaker 0…, the session last): the value of each second; nil where nobody looked.
    var values: [[[Double?]]]
    /// The second after which a run may begin anew, the end of the cool-down, and what is raised since when.
    var broken: [[Int]], coolsUntil: [[Int]]
    var raised: [[(id: Int, at: Int)?]]
    var lastRaise: Int?

    init(rules: [CueRule], gap: Int, places: Int) {
        self.rules = rules
        self.gap = gap
        values = Array(repeating: Array(repeating: [], count: places), count: rules.count)
        broken = Array(repeating: Array(repeating: -1, count: places), count: rules.count)
        coolsUntil = Array(repeating: Array(repeating: 0, count: places), count: rules.count)
        raised = Array(repeating: Array(repeating: nil, count: places), count: rules.count)
    }

    /// Whether every value of the last `seconds` and of this second satisfies a condition.
    func held(_ rule: Int, _ place: Int, seconds: Double, since least: Int, _ condition: (Double) -> Bool) -> Bool {
        let own = values[rule][place]
        let first = own.count - 1 - Int(seconds)
        guard first > least else { return false }
        return own[first...].allSatisfy { $0.map(condition) ?? false }
    }

    func isReady(_ rule: Int, _ place: Int) -> Bool {
        let second = values[rule][place].count - 1
        return raised[rule][place] == nil && second >= coolsUntil[rule][place]
            && held(rule, place, seconds: rules[rule].dwellSeconds, since: broken[rule][place]) {
                rules[rule].isRaised(by: $0)
            }
    }
}

@Suite struct CueBoardTests {
    private static func rule(_ index: Int, _ random: inout SeededRandom) -> CueRule {
        var rule = CueRule(id: "r\(index)", metric: .talkRatio)
        let isAbove = Bool.random(using: &random)
        let limit = Double.random(in: 0.3...0.7, using: &random)
        rule.above = isAbove ? limit : nil
        rule.below = isAbove ? nil : limit
        if Bool.random(using: &random) { rule.clear = isAbove ? limit - 0.1 : limit + 0.1 }
        rule.dwellSeconds = Double([0, 0, 3, 10].randomElement(using: &random) ?? 0)
        rule.clearForSeconds = Double([0, 0, 4].randomElement(using: &random) ?? 0)
        rule.cooldownSeconds = Double([0, 5, 20].randomElement(using: &random) ?? 0)
        rule.priority = [10, 50, 50, 90].randomElement(using: &random) ?? 50
        return rule
    }

    /// Over courses drawn at random: never two within the gap, none without its dwell or within its cool-down, none
    /// while one of higher priority may be raised, none held back without cause, each cleared once, and only once its
    /// value was back for long enough.
    @Test(arguments: 0..<60) func randomCoursesKeepTheRules(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let rules = (0..<Int.random(in: 1...6, using: &random)).map { Self.rule($0, &random) }
        let gap = [0, 7, 30].randomElement(using: &random) ?? 0
        let places = Int.random(in: 1...4, using: &random)
        var board = CueBoard(rules: rules, gapSeconds: Double(gap))
        var witness = Witness(rules: rules, gap: gap, places: places)
        var walks = rules.map { _ in (0..<places).map { _ in Double.random(in: 0...1, using: &random) } }
        var open: Set<Int> = []
        var cleared: Set<Int> = []
        var raises = 0

        func over(_ body: EventBody, _ place: Int, _ second: Int) throws {
            guard case .cueCleared(let cue) = body else { return }
            let rule = try #require(rules.firstIndex { $0.id == cue.cue })
            #expect(open.remove(cue.id) != nil && cleared.insert(cue.id).inserted, "raised, and cleared once")
            let was = try #require(witness.raised[rule][place])
            #expect(was.id == cue.id)
            if cue.reason == .backToNormal {
                #expect(
                    witness.held(rule, place, seconds: rules[rule].clearForSeconds, since: was.at) {
                        rules[rule].isCleared(by: $0)
                    })
            }
            witness.raised[rule][place] = nil
            witness.broken[rule][place] = second
            witness.coolsUntil[rule][place] = second + Int(rules[rule].cooldownSeconds)
        }

        for second in 0..<600 {
            let hop = Int64(second * 100)
            for place in 0..<places {
                let speaker = place == places - 1 ? nil : place
                // Now and then nobody looks: the speaker is away.
                let isAway = Int.random(in: 0..<40, using: &random) == 0
                let values = rules.indices.map { rule -> Double? in
                    walks[rule][place] += Double.random(in: -0.12...0.12, using: &random)
                    walks[rule][place] = min(1, max(0, walks[rule][place]))
                    return isAway || Int.random(in: 0..<60, using: &random) == 0 ? nil : walks[rule][place]
                }
                for rule in rules.indices { witness.values[rule][place].append(values[rule]) }
                if isAway { continue }
                for body in board.look(at: speaker, hop: hop, values: values) { try over(body, place, second) }
            }
            let ready = rules.indices.flatMap { rule in
                (0..<places).filter { witness.isReady(rule, $0) }.map { (rule, $0) }
            }
            let told = board.raise(at: hop)
            let isOpen = witness.lastRaise.map { second - $0 >= gap } ?? true
            #expect(told.count == (isOpen ? (gap == 0 ? ready.count : min(1, ready.count)) : 0), "at \(second)")
            for (speaker, body) in told {
                guard case .cueRaised(let cue) = body else { continue }
                let rule = try #require(rules.firstIndex { $0.id == cue.cue })
                let place = speaker ?? places - 1
                #expect(ready.contains { $0 == (rule, place) }, "without dwell, or within its cool-down")
                if gap > 0 { #expect(rules[rule].priority == ready.map { rules[$0.0].priority }.max()) }
                #expect(open.insert(cue.id).inserted && !cleared.contains(cue.id))
                witness.raised[rule][place] = (cue.id, second)
                witness.lastRaise = second
                raises += 1
            }
            if Int.random(in: 0..<80, using: &random) == 0 {
                let speaker = Int.random(in: 0..<places, using: &random)
                guard speaker < places - 1 else { continue }
                let reason: CueCleared.Reason = Bool.random(using: &random) ? .speakerLeft : .consentChanged
                for (_, body) in board.withdraw(speaker: speaker, hop: hop, reason: reason) {
                    try over(body, speaker, second)
                }
                for rule in rules.indices where reason == .consentChanged {
                    witness.broken[rule][speaker] = second
                    witness.coolsUntil[rule][speaker] = 0
                }
            }
        }
        for (speaker, body) in board.withdraw(speaker: nil, hop: 60_000, reason: .sessionEnded) {
            try over(body, speaker ?? places - 1, 600)
        }
        #expect(open.isEmpty && cleared.count == raises)
    }

    /// Raises of a board whose rules see one value each, by rule.
    private func raises(_ rules: [CueRule], gap: Double, seconds: Int, _ value: (Int, Int) -> Double?) -> [(
        String, Int
    )] {
        var board = CueBoard(rules: rules, gapSeconds: gap)
        var told: [(String, Int)] = []
        for second in 0..<seconds {
            _ = board.look(at: 0, hop: Int64(second * 100), values: rules.indices.map { value($0, second) })
            for (_, body) in board.raise(at: Int64(second * 100)) {
                if case .cueRaised(let cue) = body { told.append((cue.cue, second)) }
            }
        }
        return told
    }

    private func above(_ id: String, priority: Int = 50, dwell: Double = 0) -> CueRule {
        var rule = CueRule(id: id, metric: .talkRatio)
        rule.above = 0.5
        rule.priority = priority
        rule.dwellSeconds = dwell
        return rule
    }

    @Test func whatWaitsIsRaisedByPriorityAndOnlyIfStillTrue() {
        let rules = [above("low", priority: 10), above("gone", priority: 60), above("high", priority: 90)]
        let told = raises(rules, gap: 20, seconds: 100) { rule, second in
            switch rule {
            case 0: second < 50 ? 1 : 0
            // True only while it waits.
            case 1: (2...15).contains(second) ? 1 : 0
            default: second >= 5 ? 1 : 0
            }
        }
        #expect(told.map(\.0) == ["low", "high"])
        #expect(told.map(\.1) == [0, 20])
    }

    @Test func amongEqualsWhoWaitsLongestComesFirst() {
        let rules = [above("a"), above("b"), above("c")]
        let told = raises(rules, gap: 10, seconds: 40) { rule, second in second >= [0, 7, 3][rule] ? 1 : 0 }
        #expect(told.map(\.0) == ["a", "c", "b"])
        #expect(told.map(\.1) == [0, 10, 20])
    }

    @Test func aSecondWithoutAValueBeginsTheDwellAnew() {
        let told = raises([above("a", dwell: 10)], gap: 0, seconds: 60) { _, second in second == 8 ? nil : 1 }
        #expect(told.map(\.1) == [19])
        #expect(raises([above("a", dwell: 10)], gap: 0, seconds: 60) { _, second in second % 10 == 9 ? 0 : 1 }.isEmpty)
        #expect(raises([above("a")], gap: 0, seconds: 9) { _, _ in .nan }.isEmpty)
    }

    @Test func aClearBeyondTheLimitCountsAsTheLimit() {
        var rule = above("a")
        rule.clear = 0.9
        rule.cooldownSeconds = 0
        #expect(raises([rule], gap: 0, seconds: 20) { _, _ in 0.7 }.map(\.1) == [0], "it does not flap")
    }
}
