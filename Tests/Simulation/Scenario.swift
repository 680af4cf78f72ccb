import Conversation
import Events
import Logging
import SeededNumbers
import Timing

/// A session drawn from a seed: who sends, how, over which network; who comes, goes, gives consent and takes it back.
public enum Scenario {
    /// What is wrong with a run; nothing where all invariants held.
    public struct Result: Sendable {
        /// The seed that gives the same run again.
        public var seed: UInt64
        /// In plain words, at most some 20.
        public var violations: [String]
        /// Events that the session told.
        public var events: Int
        /// Tells whether two runs told the same events, byte for byte; 0 where it is not made.
        public var digest: UInt64 = 0
    }

    private struct Action {
        enum Kind {
            case delivery(Delivery)
            case consent(Int, ConsentState)
            case attach(Int), detach(Int)
            /// What its sender says of it: `hold`, `mute`, `pause` or `active`.
            case state(Int, String)
            case standStill(Double)
        }
        var time: Double
        var kind: Kind
    }

    private enum Member {
        case sender(SimulatedSender, anybody: Bool)
        case feed(SimulatedFeed, start: Double)
    }

    /// Runs the session of a seed, and once more with its honest senders alone, who must not notice the difference.
    public static func run(seed: UInt64) -> Result {
        var violations: [String] = []
        let all = play(seed: seed, onlyHonest: false)
        violations += all.violations
        let alone = play(seed: seed, onlyHonest: true)
        violations += alone.violations.map { "honest alone: " + $0 }
        for name in alone.honest {
            guard let here = all.totals?.speakers.first(where: { $0.name == name }),
                let there = alone.totals?.speakers.first(where: { $0.name == name })
            else {
                violations.append("\(name) has no totals")
                continue
            }
            let lost = here.audio?.lossPercent ?? 100
            // What was on its way when a hold began, or ended, is lost with it.
            let (gaps, held) = (all.gaps[name] ?? 0, all.heldSeconds[name] ?? 0)
            if held == 0 ? lost > 0.1 : abs(gaps - held) > 0.2 {
                violations.append("\(name), who is honest, lost \(lost) %, \(gaps) s, on hold for \(held) s")
            }
            let (speech, own) = (here.metrics?.speechSeconds ?? -1, there.metrics?.speechSeconds ?? -2)
            if abs(speech - own) > 0.011 { violations.append("\(name) talked \(speech) s, and alone \(own) s") }
        }
        return Result(seed: seed, violations: violations, events: all.events, digest: all.digest)
    }

    private struct Run {
        var totals: SessionTotals?
        var honest: [String] = []
        /// For how long the senders of these said that media does not come.
        var heldSeconds: [String: Double] = [:]
        /// Seconds in gaps.
        var gaps: [String: Double] = [:]
        var violations: [String] = []
        var events = 0
        var digest: UInt64 = 0
    }

    private static func play(seed: UInt64, onlyHonest: Bool) -> Run {
        var random = SeededRandom(seed: seed)
        let seconds = Double.random(in: 15...40, using: &random)
        let honest = Int.random(in: 1...2, using: &random)
        var members: [Member] = []
        var actions: [Action] = []
        for source in 0..<honest + Int.random(in: 1...3, using: &random) {
            let start = source < honest ? 0.5 : Double.random(in: 0.5...seconds / 2, using: &random)
            let end = source < honest ? seconds : Double.random(in: start...seconds, using: &random)
            let own = random.next()
            let kind = source < honest ? 0 : Int.random(in: 1...6, using: &random)
            switch kind {
            case 5, 6:
                let feed = SimulatedFeed(pace: kind == 5 ? .live : .reader, start: start, seconds: seconds, seed: own)
                members.append(.feed(feed, start: start))
            default:
                let conduct = [Conduct.honest, .clumsy, .clumsy, .hostile, .flood][kind]
                var sender = SimulatedSender(conduct, source: source, span: start...max(start, end), seed: own)
                if !onlyHonest || source < honest {
                    actions += sender.send().map { Action(time: $0.time, kind: .delivery($0)) }
                }
                members.append(.sender(sender, anybody: conduct == .flood))
            }
            actions.append(Action(time: source < honest ? 0 : start - 0.3, kind: .attach(source)))
            guard source >= honest else { continue }
            if chance(0.5, &random) {
                actions.append(Action(time: Double.random(in: start...seconds, using: &random), kind: .detach(source)))
            }
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let state: ConsentState = chance(0.5, &random) ? .granted : .withheld
                actions.append(
                    Action(
                        time: Double.random(in: start...seconds, using: &random), kind: .consent(source, state)))
            }
        }
        // Drawn by themselves, so that what a seed gives else stays as it was.
        var words = SeededRandom(seed: seed &* 0x9E37_79B9_7F4A_7C15)
        if chance(0.3, &words) {
            let begin = Double.random(in: 3...seconds / 2, using: &words)
            let end = Double.random(in: begin + 0.5...seconds - 2, using: &words)
            actions.append(Action(time: begin, kind: .state(0, chance(0.5, &words) ? "hold" : "mute")))
            actions.append(Action(time: end, kind: .state(0, "active")))
        }
        for source in honest..<members.count where chance(0.5, &words) {
            for _ in 0..<Int.random(in: 1...4, using: &words) {
                let state = ["hold", "mute", "pause", "active"][Int.random(in: 0..<4, using: &words)]
                let time = Double.random(in: 0.5...seconds, using: &words)
                actions.append(Action(time: time, kind: .state(source, state)))
            }
        }
        // Hours in which the machine slept; there is nobody then whose media would be missing.
        if chance(0.1, &random) {
            let pause = Double.random(in: 10...30_000, using: &random)
            actions.append(Action(time: seconds - 0.5, kind: .standStill(pause)))
        }
        // What a network still holds when everybody has gone comes too late for anybody.
        actions.removeAll { $0.time > seconds }
        actions.sort { $0.time < $1.time }
        return play(actions, members, honest: honest, onlyHonest: onlyHonest, seconds: seconds, seed: ~seed)
    }

    private static func play(
        _ actions: [Action], _ members: [Member], honest: Int, onlyHonest: Bool, seconds: Double, seed: UInt64
    ) -> Run {
        let session = SimulatedSession(seed: seed)
        var run = Run()
        var slept = 0.0
        for action in actions {
            session.advance(toSeconds: action.time + slept)
            switch action.kind {
            case .delivery(let delivery): session.receive(delivery)
            case .attach(let source) where source < honest || !onlyHonest:
                switch members[source] {
                case .sender(_, let anybody):
                    do { try session.attach(source: source, consent: .granted, anybody: anybody) } catch {
                        run.violations.append("\(error)")
                    }
                    if source < honest { run.honest.append("p\(source)") }
                case .feed(let feed, _): session.attach(feed: feed, source: source)
                }
            case .detach(let source) where !onlyHonest: session.detach(source: source)
            case .consent(let source, let state) where !onlyHonest: session.setConsent(source, to: state)
            case .state(let source, let state) where source < honest || !onlyHonest:
                if source < honest {
                    run.heldSeconds["p\(source)", default: 0] += action.time * (state == "active" ? 1 : -1)
                }
                do { try session.setState(source: source, to: state, isHonest: source < honest) } catch {
                    run.violations.append("\(error)")
                }
            case .standStill(let pause):
                // Who was to the end is not missed afterwards.
                for source in 0..<honest { session.detach(source: source) }
                session.look()
                session.standStill(seconds: pause)
                slept += pause
            default: break
            }
            session.look()
        }
        session.advance(toSeconds: seconds + slept)
        run.totals = session.end()
        run.gaps = session.gaps
        run.violations += session.log.violations
        run.events = session.eventCount
        run.digest = session.digest
        return run
    }

    private static func chance(_ share: Double, _ random: inout SeededRandom) -> Bool {
        Double.random(in: 0..<1, using: &random) < share
    }
}

/// A log that says nothing.
struct SilentLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.critical
    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    func log(event: LogEvent) {}
}
