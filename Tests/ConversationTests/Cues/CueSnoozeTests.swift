import Events
import SeededNumbers
import Testing

@testable import Conversation

/// What people make of cues.
@Suite struct CueSnoozeTests {
    private static func rule(_ id: String, limit: Double = 0.5, cooldown: Double = 0) -> CueRule {
        var rule = CueRule(id: id, metric: .talkRatio)
        rule.above = limit
        rule.cooldownSeconds = cooldown
        return rule
    }

    /// A board that is looked at once a second; what it tells, with the second.
    private struct Replay {
        var board: CueBoard
        var second = 0
        var told: [String] = []

        init(_ rules: [CueRule], gap: Double = 0) { board = CueBoard(rules: rules, gapSeconds: gap) }

        var hop: Int64 { Int64(second * 100) }

        mutating func run(to end: Int, _ value: Double, speaker: Int? = 0) {
            while second < end {
                var bodies = board.look(
                    at: speaker, hop: hop, values: Array(repeating: value, count: board.rules.count))
                bodies += board.raise(at: hop).map(\.body)
                for body in bodies { note(body) }
                second += 1
            }
        }

        mutating func note(_ body: EventBody?) {
            switch body {
            case .cueRaised(let cue): told.append("\(second) raised \(cue.id)")
            case .cueCleared(let cue): told.append("\(second) cleared \(cue.id)")
            case .cueChanged(let cue):
                told.append("\(second) \(cue.state.rawValue) \(cue.id.map(String.init) ?? cue.cue)")
            default: break
            }
        }
    }

    @Test func whatIsAcknowledgedIsToldOnceAndClearsAsEver() {
        var replay = Replay([Self.rule("a")])
        replay.run(to: 5, 1)
        for _ in 0..<2 { replay.note(replay.board.set(1, to: .acknowledged, seconds: 0, hop: replay.hop)?.body) }
        replay.run(to: 50, 1)
        replay.run(to: 51, 0)
        #expect(replay.told == ["0 raised 1", "5 acknowledged 1", "50 cleared 1"])
        #expect(replay.board.set(1, to: .acknowledged, seconds: 0, hop: replay.hop) == nil, "it is over")
        #expect(replay.board.set(7, to: .snoozed, seconds: 1, hop: replay.hop) == nil, "there never was one")
    }

    @Test func whatIsPutOffIsToldAgainIfItIsStillTrue() {
        var replay = Replay([Self.rule("a")])
        replay.run(to: 5, 1)
        replay.note(replay.board.set(1, to: .snoozed, seconds: 20, hop: replay.hop)?.body)
        replay.run(to: 40, 1)
        #expect(replay.told == ["0 raised 1", "5 snoozed 1", "25 raised 1"])
        replay.note(replay.board.set(1, to: .snoozed, seconds: 30, hop: replay.hop)?.body)
        // Back to normal and beyond again within that time: it waits for its end.
        replay.run(to: 50, 0)
        replay.run(to: 80, 1)
        #expect(replay.told.suffix(3) == ["40 snoozed 1", "40 cleared 1", "70 raised 2"])
    }

    @Test func aRuleIsPutOffForEverybodyAndCalledBack() {
        var replay = Replay([Self.rule("a"), Self.rule("b")], gap: 5)
        replay.run(to: 1, 1)
        replay.note(replay.board.snooze(rule: "a", seconds: 60, hop: replay.hop))
        replay.run(to: 30, 1)
        #expect(replay.told == ["0 raised 1", "1 snoozed a", "5 raised 2"])
        replay.note(replay.board.snooze(rule: "a", seconds: nil, hop: replay.hop))
        replay.run(to: 40, 1)
        #expect(replay.told.suffix(2) == ["30 raised a", "30 raised 1"])
        #expect(replay.board.snooze(rule: "c", seconds: 1, hop: replay.hop) == nil, "there is no such rule")
    }

    /// Whatever people do at whatever time: nothing is told within the gap, nothing that was put off before its time,
    /// and each cue that was raised is cleared once.
    @Test(arguments: 0..<40) func randomHandsBreakNothing(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let rules = (0..<4).map {
            Self.rule("r\($0)", limit: 0.4, cooldown: [0, 10].randomElement(using: &random) ?? 0)
        }
        let gap = [5, 20].randomElement(using: &random) ?? 5
        var board = CueBoard(rules: rules, gapSeconds: Double(gap))
        var last: Int?
        var open: [Int: String] = [:]
        var cleared: Set<Int> = []
        var ids = 0
        var cueUntil: [Int: Int] = [:]
        var ruleUntil: [String: Int] = [:]
        var walks = rules.map { _ in Double.random(in: 0...1, using: &random) }

        func over(_ body: EventBody) {
            guard case .cueCleared(let cue) = body else { return }
            #expect(open.removeValue(forKey: cue.id) != nil && cleared.insert(cue.id).inserted)
        }

        for second in 0..<900 {
            let hop = Int64(second * 100)
            for index in walks.indices {
                walks[index] = min(1, max(0, walks[index] + Double.random(in: -0.2...0.2, using: &random)))
            }
            for body in board.look(at: 0, hop: hop, values: walks) { over(body) }
            for (_, body) in board.raise(at: hop) {
                if let last { #expect(second - last >= gap) }
                last = second
                switch body {
                case .cueRaised(let cue):
                    #expect(second >= ruleUntil[cue.cue] ?? 0)
                    ids += 1
                    #expect(cue.id == ids && open.updateValue(cue.cue, forKey: cue.id) == nil)
                case .cueChanged(let change):
                    let id = try #require(change.id)
                    #expect(change.state == .raised && open[id] == change.cue)
                    #expect(second >= max(cueUntil[id] ?? 0, ruleUntil[change.cue] ?? 0))
                default: Issue.record("\(body)")
                }
            }
            guard Int.random(in: 0..<6, using: &random) == 0 else { continue }
            let seconds = Double(Int.random(in: 1...60, using: &random))
            let state = CueChange.State.allCases.randomElement(using: &random) ?? .raised
            if Bool.random(using: &random), let rule = rules.randomElement(using: &random)?.id {
                let isPutOff = state == .snoozed
                #expect(board.snooze(rule: rule, seconds: isPutOff ? seconds : nil, hop: hop) != nil)
                ruleUntil[rule] = isPutOff ? second + Int(seconds) : 0
            } else {
                let id = Int.random(in: 1...max(1, ids), using: &random)
                #expect((board.set(id, to: state, seconds: seconds, hop: hop) != nil) == (open[id] != nil))
                if open[id] != nil { cueUntil[id] = state == .snoozed ? second + Int(seconds) : 0 }
            }
        }
        for (_, body) in board.withdraw(speaker: nil, hop: 90_000, reason: .sessionEnded) { over(body) }
        #expect(open.isEmpty && cleared.count == ids)
    }
}
