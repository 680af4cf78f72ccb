import Events

@testable import Fleet

let noon = "2026-03-02T12:00:00.000Z"

/// A tick of session "s", with as much in it as a real one has.
func tick(_ sequence: Int, _ speaker: String, session: String = "s", seconds: Double = 1) -> [UInt8] {
    let measured = """
        "engagement":{"score":null,"abstained":"not_enough_speech"},"sentiment":{"score":null,"abstained":\
        "not_enough_speech"},"windows":{},"voice":{"speaking":false,"level_db":null,\
        "relative_level_db":null,"f0_hz":null},\
        "baseline":{"speech_s":2.1,"turns":1,"ready":false,"level_db":null,"f0_hz":null,"articulation_rate_per_s":null,\
        "response_lag_ms":null},"audio":{"snr_db":null,"loss_pct":0,"clipping_pct":0,"bandwidth_hz":null}
        """
    return Array(
        """
        {"v":1,"type":"tick","seq":\(sequence),"session":"\(session)","speaker":"\(speaker)","t":\(seconds),\
        "at":"\(noon)",\(measured)}
        """.utf8)
}

func batch(_ epoch: String, _ lines: [UInt8]...) -> TickBatch {
    var batch = TickBatch(node: "n1", epoch: epoch)
    for line in lines.compactMap(TickBatch.Tick.init) { batch.add(line) }
    return batch
}

/// What one node tells of one session.
struct Teller {
    var node = "n1", epoch = "e1", term = 1, session = "s"
    var sequence = 0
    var chain = FactChain()

    /// A fact; other events of the node lie before it.
    mutating func fact(_ body: EventBody, _ speaker: String? = nil, others: Int = 0) -> Fact {
        sequence += 1 + others
        return again(body, speaker, sequence: sequence, after: chain.tell(sequence, of: session))
    }

    func again(_ body: EventBody, _ speaker: String? = nil, sequence: Int, after: Int) -> Fact {
        let event = Event(body, session: session, speaker: speaker, timeSeconds: Double(sequence))
        guard
            let fact = Fact(
                node: node, epoch: epoch, term: term, after: after, line: event.line(sequence: sequence, at: noon))
        else { fatalError("no fact") }
        return fact
    }

    /// A session with two people who consented.
    mutating func opening() -> [Fact] {
        [
            fact(.sessionStarted(SessionStarted(noticeID: "n", policy: "standard"))),
            fact(.sourceConnected(SourceState(source: "s1", url: "rtp://x", state: .live))),
            fact(.speakerJoined(SpeakerJoined(role: "rep", consent: .granted)), "ana"),
            fact(.speakerJoined(SpeakerJoined(role: "customer", consent: .granted)), "ben"),
        ]
    }

    mutating func turn(_ speaker: String = "ana", after previous: String? = nil) -> Fact {
        fact(
            .turn(
                Turn(startSeconds: 1, endSeconds: 2, ftoMilliseconds: 340, previousSpeaker: previous)), speaker)
    }
}

/// What one client is told.
struct Reader {
    var position: RingPosition
    var filter = RingFilter()
    var lines: [RingLine] = []

    init(after resume: (String, Int)? = nil) { position = RingPosition(after: resume) }

    /// - Returns: what is new, as `type seq`, with what is missing behind a `lagged`.
    @discardableResult
    mutating func read(_ board: inout GatewayBoard, session: String = "s") -> [String] {
        var news: [RingLine] = []
        while board.hasNews(session, for: position) {
            let more = board.lines(session, for: &position, filter, daemon: "0", at: noon)
            news += more
            if more.isEmpty { break }
        }
        lines += news
        return news.map { line in
            let event = EventLine(line.json)
            var text = "\(event.type ?? "?") \(event.sequence ?? -1)"
            if case .lagged(let lagged) = event.event?.body { text += " \(lagged.from)-\(lagged.to) \(lagged.count)" }
            return text
        }
    }

    var lastID: (String, Int)? {
        guard let id = lines.last(where: { $0.id != nil })?.id, let colon = id.lastIndex(of: ":"),
            let sequence = Int(id[id.index(after: colon)...])
        else { return nil }
        return (String(id[..<colon]), sequence)
    }

    /// Whether anything that it was told after `index` lines is measured of somebody.
    func hears(of speaker: String, after index: Int) -> Bool {
        lines[index...].contains { line in
            guard let event = EventLine(line.json).event else { return true }
            return event.body.kind.traits.contains(.measurement)
                && (event.speaker == speaker || event.body.alsoMeasured.contains(speaker))
        }
    }
}

extension GatewayBoard {
    init() { self.init(ringMilliseconds: 60_000) }

    mutating func take(_ facts: [Fact], now: Int64 = 0) {
        for fact in facts { _ = take(fact, nowMilliseconds: now, at: noon) }
    }
}
