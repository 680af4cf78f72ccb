import AttuneClient
import Publish
import Testing

@Suite struct EventStreamTests {
    /// What came, and whether nothing is missing that was not announced.
    private struct Account {
        var events = 0
        var lagged = 0
        init() {}

        /// Of all that comes from the socket at `path` until the test's end.
        init(of path: String) async throws {
            for try await element in EventStream(path: path) {
                try take(element)
                if case .line(let line) = element, line.isEnd { return }
            }
        }

        /// Number of the first line, and of the last.
        private(set) var begin: Int?
        private(set) var end = 0

        mutating func take(_ element: EventStream.Element) throws {
            guard case .line(let line) = element else { return }
            let sequence = try #require(line.sequence)
            // A greeting that is cut off before its snapshot binds nobody: the next one is the first.
            if line.type == "hello", events + lagged == 0 { (begin, end) = (sequence, sequence) }
            switch line.event?.body {
            case .hello, .snapshot: #expect(sequence == end, "it goes on where it broke off")
            case .lagged(let lost):
                #expect(lost.from == end + 1 && lost.to == sequence && lost.count == lost.to - lost.from + 1)
                lagged += lost.count
            case .none: Issue.record("not read: \(line.text)")
            default:
                #expect(sequence == end + 1, "each event once and in order")
                events += 1
            }
            end = sequence
        }

        /// All that were published since the first line.
        var published: Int { end - (begin ?? 0) }
    }

    /// Two hundred breaks anywhere in the midst of a stream that goes on: all of it comes, each event once.
    @Test func everyEventComesOnceOverTwoHundredBreaks() async throws {
        try await withFolder { folder in
            let daemon = try await TestDaemon(folder + "/daemon.sock") { configuration in
                configuration.ringBytes = 1 << 30
                configuration.clientQueueBytes = 1 << 30
            }
            let proxy = try CuttingProxy(
                folder + "/proxy.sock", to: folder + "/daemon.sock", cuts: 200, bytes: 1...20_000
            ) { _ in }
            let load = Task {
                for number in 0... {
                    guard proxy.cuts < 200 else { break }
                    daemon.publish(seconds: Double(number))
                    if number % 10 == 0 { try? await Task.sleep(for: .milliseconds(2)) }
                }
                daemon.publishEnd()
            }
            let account = try await Account(of: folder + "/proxy.sock")
            await load.value
            proxy.stop()
            #expect(proxy.cuts == 200)
            #expect(account.lagged == 0 && account.events == account.published)
            try await daemon.stop()
        }
    }

    /// The same where the daemon forgets faster than the client comes back: what is lost is counted.
    @Test func whatIsForgottenDuringBreaksIsAnnounced() async throws {
        try await withFolder { folder in
            let daemon = try await TestDaemon(folder + "/daemon.sock") { configuration in
                configuration.ringBytes = 1 << 18
                configuration.clientQueueBytes = 1 << 16
            }
            let proxy = try CuttingProxy(
                folder + "/proxy.sock", to: folder + "/daemon.sock", cuts: 20, bytes: 1...50_000
            ) { number in
                guard number % 2 == 0 else { return }
                // More than the ring holds, while nobody is connected.
                for number in 0..<2_000 { daemon.publish(seconds: Double(number)) }
            }
            let load = Task {
                for number in 0... {
                    guard proxy.cuts < 20 else { break }
                    daemon.publishTick(seconds: Double(number))
                    if number % 10 == 0 { try? await Task.sleep(for: .milliseconds(2)) }
                }
                daemon.publishEnd()
            }
            let account = try await Account(of: folder + "/proxy.sock")
            await load.value
            proxy.stop()
            #expect(account.lagged > 0 && account.events > 0)
            #expect(account.lagged + account.events == account.published)
            try await daemon.stop()
        }
    }

    @Test func aDaemonStartedAnewIsANewEpochFromItsBegin() async throws {
        try await withFolder { folder in
            let path = folder + "/events.sock"
            let first = try await TestDaemon(path)
            first.publish(seconds: 1)
            var seen: [String] = []
            var stream = EventStream(path: path).makeAsyncIterator()
            func read(through end: (String) -> Bool) async throws {
                while let element = try await stream.next() {
                    let word =
                        switch element {
                        case .line(let line): "\(line.type ?? "") \(line.sequence ?? -1)"
                        case .newEpoch(let epoch): "new \(epoch)"
                        case .disconnected: "disconnected"
                        }
                    seen.append(word)
                    if end(word) { return }
                }
            }
            try await read { $0.hasPrefix("snapshot") }
            first.publish(seconds: 2)
            try await read { $0.hasPrefix("speech.started") }
            try await first.stop()
            try await read { $0 == "disconnected" }

            let second = try await TestDaemon(path, epoch: "e2")
            second.publish(seconds: 3)
            try await read { $0.hasPrefix("speech.started") }
            #expect(
                seen == [
                    "hello 1", "snapshot 1", "speech.started 2", "disconnected", "new e2", "hello 0",
                    "speech.started 1",
                ])
            try await second.stop()
        }
    }

    @Test func whoTakesNothingLagsInsteadOfGrowing() async throws {
        try await withFolder { folder in
            let path = folder + "/events.sock"
            let daemon = try await TestDaemon(path) { $0.ringBytes = 1 << 20 }
            var stream = EventStream(path: path).makeAsyncIterator()
            _ = try await stream.next()
            for second in 0..<20_000 { daemon.publishTick(seconds: Double(second)) }
            daemon.publishEnd()
            var account = Account()
            while let element = try await stream.next() {
                try account.take(element)
                if case .line(let line) = element, line.isEnd { break }
            }
            #expect(account.end == 20_001 && account.events + account.lagged == account.published)
            #expect(account.lagged > 10_000, "not all of it waited in this process")
            try await daemon.stop()
        }
    }

    @Test func filtersHoldOverBreaks() async throws {
        try await withFolder { folder in
            let daemon = try await TestDaemon(folder + "/daemon.sock")
            let proxy = try CuttingProxy(
                folder + "/proxy.sock", to: folder + "/daemon.sock", cuts: 5, bytes: 1_000...2_000
            ) { number in
                if number == 5 { daemon.publishEnd() }
            }
            let load = Task {
                try await eventually("the filter holds") { daemon.publisher.statistics.subscribes > 0 }
                for number in 0... {
                    guard proxy.cuts < 5 else { return }
                    daemon.publish(session: number % 2 == 0 ? "a \"quoted\" one" : "other", seconds: Double(number))
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            var last = -2.0
            let filter = EventFilter(sessions: ["a \"quoted\" one", "end"], types: ["speech.started"])
            for try await element in EventStream(path: folder + "/proxy.sock", filter: filter) {
                guard case .line(let line) = element, case .speechStarted(let speech) = line.event?.body else {
                    continue
                }
                if line.isEnd { break }
                #expect(speech.startSeconds == last + 2)
                last = speech.startSeconds
            }
            try await load.value
            proxy.stop()
            try await daemon.stop()
        }
    }

    /// Contours of a face come to who asks for them by name, and are read.
    @Test func contoursOfAFaceAreRead() async throws {
        try await withFolder { folder in
            let path = folder + "/events.sock"
            let daemon = try await TestDaemon(path)
            let points = FacePoints(aspectRatio: 1.5, parts: [.nose: [FacePoints.Point(x: 0.25, y: 0.5)]])
            let load = Task {
                while !Task.isCancelled {
                    daemon.publisher.publish(Event(.facePoints(points), session: "s", speaker: "ana", timeSeconds: 3))
                    try? await Task.sleep(for: .milliseconds(5))
                }
            }
            for try await element in EventStream(path: path, filter: EventFilter(types: ["face.points"])) {
                guard case .line(let line) = element, case .facePoints(let read) = line.event?.body else { continue }
                #expect(read.aspectRatio == 1.5 && read.parts[.nose] == points.parts[.nose])
                #expect(read.parts[.oval] == [] && line.event?.speaker == "ana" && line.sequence == 0)
                break
            }
            load.cancel()
            await load.value
            try await daemon.stop()
        }
    }

    @Test func whatTheDaemonRefusesIsSaid() async throws {
        try await withFolder { folder in
            let path = folder + "/events.sock"
            let daemon = try await TestDaemon(path)
            var types: [String] = []
            do {
                for try await element in EventStream(path: path, filter: EventFilter(types: ["mood"])) {
                    if case .line(let line) = element { types.append(line.type ?? "") }
                }
                Issue.record("it was not refused")
            } catch let error as EventStreamError {
                guard case .refused("invalid_subscribe", let message) = error else { throw error }
                #expect(message.contains("none of"))
            }
            #expect(types.last == "error")
            try await daemon.stop()
        }
    }

    @Test func withoutReconnectingTheEndIsTheEnd() async throws {
        try await withFolder { folder in
            let path = folder + "/events.sock"
            await #expect(throws: EventStreamError.self) {
                for try await _ in EventStream(path: path, reconnects: false) {}
            }
            let daemon = try await TestDaemon(path)
            var stream = EventStream(path: path, reconnects: false).makeAsyncIterator()
            _ = try await stream.next()
            try await daemon.stop()
            var left = 0
            while try await stream.next() != nil { left += 1 }
            #expect(left == 1, "the snapshot")
        }
    }

    @Test func aClientEndsWithItsTask() async throws {
        try await withFolder { folder in
            let path = folder + "/events.sock"
            let daemon = try await TestDaemon(path)
            let client = Task { for try await _ in EventStream(path: path) {} }
            let waiting = Task { for try await _ in EventStream(path: folder + "/nobody.sock") {} }
            try await eventually("it is connected") { daemon.publisher.statistics.clients == 1 }
            client.cancel()
            waiting.cancel()
            try await client.value
            try await waiting.value
            try await eventually("it is gone") { daemon.publisher.statistics.clients == 0 }
            try await daemon.stop()
        }
    }
}
