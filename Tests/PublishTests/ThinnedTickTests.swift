import Events
import Foundation
import Logging
import NIOCore
import NIOEmbedded
import SeededNumbers
import Testing

@testable import Publish

/// Clients of a ring that keeps no ticks from far back: they notice nothing, and lose nothing uncounted.
@Suite struct ThinnedTickTests {
    private static let queueBytes = 1 << 16

    private func core() -> PublisherCore {
        var configuration = PublisherConfiguration(
            socketPath: "-", daemonVersion: "0", policy: "standard", epoch: "e")
        configuration.clientQueueBytes = Self.queueBytes
        return PublisherCore(
            configuration: configuration, clock: ManualClock().clock,
            logger: Logger(label: "test") { _ in LogMemory() })
    }

    /// A client that comes back after `sequence`.
    private func client(
        of core: PublisherCore, after sequence: Int, tickIntervalSeconds: Double? = nil
    ) throws -> ClientPosition {
        var position = ClientPosition(
            try #require(core.admit(loop: nil)), core,
            subscription: Subscription(tickIntervalSeconds: tickIntervalSeconds))
        try position.resume(epoch: "e", after: sequence)
        #expect(try line(position.next())?.type == "hello")
        return position
    }

    private func line(_ buffer: ByteBuffer?) throws -> Line? {
        try buffer.map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.readableBytesView))
            return Line(bytes: line.readableBytes, fields: try #require(object as? [String: Any]))
        }
    }

    private func rest(_ position: inout ClientPosition) throws -> [Line] {
        var lines: [Line] = []
        while let line = try line(position.next()) { lines.append(line) }
        return lines
    }

    // MARK: Without an interval

    /// A client as docs/events.md describes it, of a ring that keeps everything.
    private struct Reference {
        struct Entry {
            var sequence: Int, bytes: Int, speaker: String
            var isTick: Bool, isMeasurement: Bool, isWithdrawn = false
        }

        var cursor: Int
        private(set) var coalesced = 0, lost = 0
        private var entries: ArraySlice<(entry: Entry, isSuperseded: Bool)> = []
        private var missing: Lagged?

        init(after cursor: Int) { self.cursor = cursor }

        mutating func refresh() { entries = [] }

        mutating func next(_ published: [Entry]) -> String? {
            while true {
                while let (entry, isSuperseded) = entries.first {
                    let isTold = !entry.isWithdrawn && !isSuperseded
                    if isTold, let line = announceMissing() { return line }
                    entries.removeFirst()
                    cursor = entry.sequence
                    if isTold { return "event \(cursor)" }
                    let isCoalesced = !entry.isWithdrawn
                    if isCoalesced { coalesced += 1 } else { lost += 1 }
                    missing = Lagged(
                        from: missing?.from ?? cursor, to: cursor, count: (missing?.count ?? 0) + 1,
                        coalesced: (missing?.coalesced ?? 0) + (isCoalesced ? 1 : 0))
                }
                let backlog = published[cursor...]
                guard !backlog.isEmpty else { return announceMissing() }
                let isCoalescing = backlog.reduce(0) { $0 + $1.bytes } > queueBytes
                var newest: [String: Int] = [:]
                for entry in published where entry.isTick && !entry.isWithdrawn {
                    newest[entry.speaker] = entry.sequence
                }
                for entry in backlog.prefix(64) {
                    let isOlder = entry.sequence < newest[entry.speaker] ?? 0
                    entries.append((entry, isCoalescing && entry.isTick && isOlder))
                }
            }
        }

        private mutating func announceMissing() -> String? {
            guard let lagged = missing else { return nil }
            missing = nil
            return "lagged \(lagged.from) to \(lagged.to): \(lagged.count), \(lagged.coalesced)"
        }
    }

    private func text(_ line: Line) -> String {
        guard line.type == "lagged" else { return "event \(line.sequence)" }
        return "lagged \(line.int("from")) to \(line.int("to")): \(line.int("count")), \(line.int("coalesced"))"
    }

    /// Whatever is published, taken back and read meanwhile, clients get the lines and counts that they would get if
    /// all ticks were kept.
    @Test(arguments: 1...3) func clientsAreToldTheSame(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let core = core()
        var published: [Reference.Entry] = []
        func publish(_ event: Event) throws {
            core.publish(event, arrivedNanoseconds: nil)
            let record = try #require(core.batch(after: published.count, limit: 1, loop: 0).first)
            published.append(
                Reference.Entry(
                    sequence: record.sequence, bytes: record.line?.readableBytes ?? 0, speaker: event.speaker ?? "",
                    isTick: record.isCoalescible, isMeasurement: record.isMeasurement))
        }
        let speakers = (0..<5).map { "speaker \($0)" }
        try publish(startEvent())
        for speaker in speakers { try publish(joinEvent(speaker)) }
        var clients: [(position: ClientPosition, reference: Reference)] = []
        for step in 0..<80 {
            for _ in 0..<Int.random(in: 0..<40, using: &random) {
                let speaker = speakers[Int.random(in: 0..<5, using: &random)]
                let seconds = Double(published.count)
                let isTick = Int.random(in: 0..<5, using: &random) > 0
                try publish(isTick ? tickEvent(speaker, seconds) : turnEvent(speaker, seconds))
            }
            if Int.random(in: 0..<20, using: &random) == 0 {
                // Taken back and given again: what was measured before stays withdrawn.
                let speaker = speakers[Int.random(in: 0..<5, using: &random)]
                for index in published.indices where published[index].speaker == speaker {
                    published[index].isWithdrawn = published[index].isMeasurement
                }
                for (state, previous) in [(ConsentState.withheld, ConsentState.granted), (.granted, .withheld)] {
                    let change = ConsentChange(state: state, previous: previous)
                    try publish(Event(.consent(change), session: "s1", speaker: speaker))
                }
            }
            if step.isMultiple(of: 20) {
                let cursor = Int.random(in: 0...published.count, using: &random)
                clients.append((try client(of: core, after: cursor), Reference(after: cursor)))
            }
            for index in clients.indices where Int.random(in: 0..<3, using: &random) == 0 {
                clients[index].position.refresh()
                clients[index].reference.refresh()
                for _ in 0..<Int.random(in: 0..<30, using: &random) {
                    let told = try line(clients[index].position.next()).map(text)
                    #expect(told == clients[index].reference.next(published))
                }
            }
        }
        for index in clients.indices {
            clients[index].position.refresh()
            clients[index].reference.refresh()
            let told = try rest(&clients[index].position).map(text)
            var expected: [String] = []
            while let line = clients[index].reference.next(published) { expected.append(line) }
            #expect(told == expected)
        }
        let (coalesced, lost) = clients.reduce((0, 0)) { ($0.0 + $1.reference.coalesced, $0.1 + $1.reference.lost) }
        #expect(coalesced > 500 && lost > 20, "the run reaches what it is about")
        #expect(core.statistics.coalesced == coalesced)
        #expect(core.statistics.lost == lost)
        #expect(core.statistics.ringBytes < core.statistics.encodedBytes / 2)
    }

    /// Clients that keep up, on a loop that was held up so long that what it has for them is thinned out.
    @Test(arguments: [nil, 60.0]) func aLoopThatIsBehindLosesNothing(tickIntervalSeconds: Double?) throws {
        let core = core()
        let eventLoop = EmbeddedEventLoop()
        let loop = ClientLoop(eventLoop: eventLoop, index: 0, core: core)
        core.serve([loop])
        let client = EmbeddedChannel(handler: ClientHandler(core: core, loop: loop), loop: eventLoop)
        try client.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        if let tickIntervalSeconds {
            try client.writeInbound(
                ByteBuffer(string: #"{"subscribe":{"tick_interval_s":\#(tickIntervalSeconds)}}"# + "\n"))
        }
        publish(200, to: core)
        eventLoop.run()
        var lines: [Line] = []
        while let buffer = try client.readOutbound(as: ByteBuffer.self) {
            if buffer.readableBytes > 0, let line = try line(buffer) { lines.append(line) }
        }
        #expect(lines.prefix(2).map(\.type) == ["hello", "snapshot"])
        let ticks = lines.filter { $0.type == "tick" }
        let announced = lines.filter { $0.type == "lagged" }.reduce(0) { $0 + $1.int("count") }
        #expect(Set(ticks.map { $0.text("speaker") }) == ["ana", "ben"])
        #expect(announced > 0 && announced == core.statistics.coalesced)
        #expect(core.statistics.lost == 0)
        if tickIntervalSeconds == nil { #expect(ticks.count + announced == 400) } else { #expect(ticks.count == 2) }
        _ = try client.finish()
    }

    /// Ticks of two speakers, one a second.
    private func publish(_ seconds: Int, to core: PublisherCore) {
        for second in 1...seconds {
            for speaker in ["ana", "ben"] {
                core.publish(tickEvent(speaker, Double(second)), arrivedNanoseconds: nil)
            }
        }
    }

    // MARK: With an interval

    /// The first tick of the running interval is thinned out: one that is still kept stands in for it.
    @Test func aTickOfTheRunningIntervalIsTold() async throws {
        let core = core()
        publish(100, to: core)
        let reader = EventReader(core, try client(of: core, after: 0, tickIntervalSeconds: 60))
        func next() async throws -> [Line] {
            try await reader.next()?.compactMap { try line(ByteBuffer(bytes: $0.json)) } ?? []
        }
        let lines = try await next()
        #expect(lines.map(\.type) == ["lagged", "tick", "tick"])
        // Of each speaker those of second 1, whose interval is over, and of second 60.
        #expect(
            lines.first.map { [$0.int("from"), $0.int("to"), $0.int("count"), $0.int("coalesced")] } == [1, 120, 4, 4])
        #expect(lines.dropFirst().map { $0.text("speaker") } == ["ana", "ben"])
        for line in lines.dropFirst() { #expect((61...100).contains(line.int("t"))) }
        // No second one of that interval, and the first of the next.
        for second in 101...120 { core.publish(tickEvent("ana", Double(second)), arrivedNanoseconds: nil) }
        let later = try await next()
        #expect(later.map(\.type) == ["tick"])
        #expect(later.first?.int("t") == 120)
    }

    /// Who was told the first tick of the interval gets no other one of it, however far behind it is.
    @Test func noSecondTickOfAnInterval() throws {
        let core = core()
        var position = try client(of: core, after: 0, tickIntervalSeconds: 1_000)
        publish(1, to: core)
        let told = try rest(&position).map(\.type)
        #expect(told == ["tick", "tick"])
        publish(200, to: core)
        position.isBehind = true
        let more = try rest(&position)
        #expect(more.isEmpty)
    }

    /// Whatever is read when: at most one tick of a speaker per interval, in order, one of the running interval, and
    /// all others counted.
    @Test(arguments: 1...3) func intervalsAddUp(seed: UInt64) throws {
        let interval = 40.0
        var random = SeededRandom(seed: seed)
        let core = core()
        let speakers = (0..<4).map { "speaker \($0)" }
        var clients: [(position: ClientPosition, lines: [Line])] = []
        for _ in 0..<3 { clients.append((try client(of: core, after: 0, tickIntervalSeconds: interval), [])) }
        var firsts: [String: [Int: Int]] = [:]
        var sequence = 0, second = 0
        for _ in 0..<150 {
            for _ in 0..<Int.random(in: 0..<6, using: &random) {
                second += 1
                for speaker in speakers where Int.random(in: 0..<8, using: &random) > 0 {
                    sequence += 1
                    core.publish(tickEvent(speaker, Double(second)), arrivedNanoseconds: nil)
                    let bucket = second / Int(interval)
                    if firsts[speaker]?[bucket] == nil { firsts[speaker, default: [:]][bucket] = sequence }
                }
            }
            for index in clients.indices where Int.random(in: 0..<20, using: &random) == 0 {
                clients[index].position.refresh()
                for _ in 0..<Int.random(in: 0..<12, using: &random) {
                    guard let line = try line(clients[index].position.next()) else { break }
                    clients[index].lines.append(line)
                }
            }
        }
        var standIns = 0
        for index in clients.indices {
            clients[index].position.refresh()
            clients[index].lines += try rest(&clients[index].position)
            let lines = clients[index].lines
            #expect(zip(lines, lines.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
            let ticks = lines.filter { $0.type == "tick" }
            var announced = lines.reduce(0) { $0 + ($1.type == "lagged" ? $1.int("count") : 0) }
            for speaker in speakers {
                let own = ticks.filter { $0.text("speaker") == speaker }
                let buckets = own.map { $0.int("t") / Int(interval) }
                #expect(Set(buckets).count == buckets.count)
                let running = firsts[speaker]?.keys.max()
                #expect(buckets.last == running)
                for (line, bucket) in zip(own, buckets) {
                    let first = try #require(firsts[speaker]?[bucket])
                    if line.sequence == first { continue }
                    #expect(line.sequence > first)
                    standIns += 1
                    announced -= 1
                }
                announced += own.count
            }
            #expect(announced == firsts.values.reduce(0) { $0 + $1.count })
        }
        #expect(standIns > 0, "the run reaches what it is about")
        #expect(core.statistics.lost == 0)
    }

    // MARK: Consent

    /// What is thinned out and then taken back counts like anything else that is taken back.
    @Test func whatIsTakenBackDoesNotCountAsCoalesced() throws {
        let core = core()
        for event in [startEvent(), joinEvent("ana"), joinEvent("ben")] {
            core.publish(event, arrivedNanoseconds: nil)
        }
        publish(200, to: core)
        #expect(core.batch(after: 3, limit: 2, loop: 0).allSatisfy { $0.isThinned })
        core.publish(
            Event(.consent(ConsentChange(state: .withheld, previous: .granted)), session: "s1", speaker: "ana"),
            arrivedNanoseconds: nil)
        var position = try client(of: core, after: 0)
        let lines = try rest(&position)
        #expect(lines.allSatisfy { $0.type != "tick" || $0.text("speaker") == "ben" })
        let ticks = lines.count { $0.type == "tick" }
        #expect(core.statistics.lost == 200)
        #expect(core.statistics.coalesced == 200 - ticks)
        #expect(lines.reduce(0) { $0 + ($1.type == "lagged" ? $1.int("count") : 0) } == 400 - ticks)
    }
}
