import Control
import ControlAPI
import Events
import Foundation
import NIOCore
import NIOPosix
import Settings
import Testing

@testable import Daemon

/// How sources begin and end, and their sessions with them, in whatever order it happens.
@Suite(.timeLimit(.minutes(30))) struct SourceLifeTests {
    @Test func nothingBeginsTwiceAndWhatHasEndedStaysSo() {
        for phase in SourcePhase.allCases {
            for next in SourcePhase.allCases {
                #expect(phase.mayBecome(next) == (phase != .ended && next != .opening && next != phase))
            }
            #expect(phase.event(SourceState(source: "s", url: "u", state: phase.state)).typeName.hasPrefix("source."))
        }
    }

    /// Port of an `rtp:` URL.
    private func port(_ source: SourceSummary) throws -> Int {
        try #require(source.url.split(separator: ":").last.flatMap { Int($0) })
    }

    /// Detached at any moment of being opened, a source leaves nothing behind, and attach does not claim success.
    @Test func detachingWhileASourceIsOpenedLeavesNothing() async throws {
        let bench = try RegistryBench()
        let probe = try await bench.attach("rtp://127.0.0.1:0", session: "probe")
        let port = try port(probe)
        _ = try await bench.registry.detach(session: "probe")
        var detached = 0
        for round in 0..<200 {
            async let attaching = bench.attach("rtp://127.0.0.1:\(port)")
            // Some rounds come before the request, some after the answer, most in between.
            for _ in 0..<round % 40 { await Task.yield() }
            while true {
                do throws(Problem) {
                    _ = try await bench.registry.detach(session: "s")
                    break
                } catch {
                    #expect(error.type == .noSuchSession)
                    await Task.yield()
                }
            }
            do {
                _ = try await attaching
            } catch let problem as Problem {
                #expect(problem.status == 409 && problem.type == .detached, "\(problem)")
                detached += 1
            }
            #expect(isFree(port: port))
            let left = await bench.registry.sessions()
            #expect(left.isEmpty)
        }
        // What was heard of has ended.
        #expect(bench.types.count { $0 == "session.started" } == bench.types.count { $0 == "session.ended" })
        #expect(bench.types.count { $0 == "source.connecting" } <= bench.types.count { $0 == "source.ended" })
        print("detached while being opened: \(detached) of 200")
    }

    /// Each kind of source by itself: stopped before, while and after it is opened.
    @Test(arguments: [
        "rtp://127.0.0.1:0", "audiosocket:40325ec2-5efd-4bd3-805f-53576e581d13", "/nowhere", "silent server",
    ])
    func everyKindOfSourceCanBeStoppedAtAnyTime(location: String) async throws {
        let bench = try RegistryBench()
        let group = RegistryBench.group
        let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let location = location == "silent server" ? "tcp://127.0.0.1:\(server.localAddress?.port ?? 0)" : location
        let factory = SourceFactory(
            settings: Settings().sources, calls: bench.calls, eventLoopGroup: group, logger: RegistryBench.silent)
        for round in 0..<60 {
            let session = RegistryBench.session()
            let order = SourceOrder(
                id: "source-\(round)", tracks: [SpeakerTrack(track: 0, name: "a", role: nil, consent: .granted)],
                takesTracksApart: false, session: session, timer: RTPTimer(eventLoop: group.next())
            ) {}
            let source = try factory.make(order, location: location, streams: nil, key: nil)
            if round == 0 { await source.stop() }
            async let opening: Void = source.open()
            for _ in 0..<round { await Task.yield() }
            async let first: Void = source.stop()
            async let second: Void = source.stop()
            _ = await (first, second)
            _ = try? await opening
            #expect(source.monitor.phase == .ended)
            source.monitor.begin()
            source.monitor.change(to: .live)
            #expect(source.monitor.phase == .ended)
        }
        try await server.close()
    }

    @Test func shuttingDownWhileASourceIsOpenedWaitsForIt() async throws {
        for round in 0..<40 {
            let bench = try RegistryBench()
            async let attaching = bench.attach("rtp://127.0.0.1:0")
            for _ in 0..<round { await Task.yield() }
            await bench.registry.shutDown()
            if let source = try? await attaching { #expect(isFree(port: try port(source))) }
            let left = await bench.registry.sessions()
            #expect(left.isEmpty)
            #expect(bench.types.count { $0 == "session.started" } == bench.types.count { $0 == "session.ended" })
        }
    }

    @Test func aSessionEndsWithItsLastSourceHoweverThatEnds() async throws {
        let bench = try RegistryBench()
        // Its only source can't be opened: it is never heard of.
        await #expect(throws: Problem.self) { try await bench.attach("/nowhere.wav") }
        #expect(await bench.registry.sessions().isEmpty && bench.types.isEmpty)
        // One has ended when the last one can't be opened, in whatever order both become known.
        let recording = try bench.shortRecording()
        for round in 0..<20 {
            async let short = bench.attach(recording, session: "r\(round)")
            async let failing = bench.attach("/nowhere.wav", session: "r\(round)", speaker: "b")
            _ = try await short
            _ = try? await failing
        }
        try await eventually { await bench.registry.sessions().isEmpty }
        #expect(bench.types.count { $0 == "session.ended" } == 20)
        // What ended before the request was answered was heard of all the same.
        #expect(bench.types.count { $0 == "session.started" } == 20)
        // One has ended, the other waits for a call that is given up.
        let call = try await bench.attach("audiosocket:40325ec2-5efd-4bd3-805f-53576e581d13", session: "c")
        try await bench.attach(recording, session: "c", speaker: "b")
        try await eventually { await bench.registry.sessions().first?.sources.last?.state == "ended" }
        let detached = try await bench.registry.detach(session: "c", source: call.source)
        #expect(detached.source.state == "ended" && detached.source.reason == "detached")
        // The one that has ended says so a moment before it is taken out: then the session ends with that.
        #expect(detached.totals.map { $0.session == "c" } ?? true)
        try await eventually { await bench.registry.sessions().isEmpty }
        #expect(bench.types.count { $0 == "session.ended" } == 21)
    }

    /// A client that reconnects all day takes one place, and its name is free each time.
    @Test func whatHasEndedTakesNoPlaceNoNameAndNoMemory() async throws {
        let bench = try RegistryBench { $0.sources.maximum = 2 }
        try await bench.attach("rtp://127.0.0.1:0", speaker: "stays")
        let recording = try bench.shortRecording()
        for _ in 0..<60 {
            try await bench.attach(recording, speaker: "comes again")
            try await eventually { await bench.registry.load().states.count { $0 != .ended } == 1 }
        }
        // The last one says that it has ended a moment before it is taken out.
        try await eventually { await bench.registry.sessions().first?.sources.count == 1 + SessionEntry.endedKept }
        let sources = try #require(await bench.registry.sessions().first?.sources)
        #expect(sources.map(\.state).count { $0 == "ended" } == SessionEntry.endedKept)
        #expect(sources.dropFirst().allSatisfy { $0.reason == "end of media" && $0.speakers == ["comes again"] })
        // Those that run still count.
        try await bench.attach("rtp://127.0.0.1:0", speaker: "second")
        let third = await #expect(throws: Problem.self) { try await bench.attach(recording, speaker: "third") }
        #expect(third?.status == 429)
        _ = try await bench.registry.detach(session: "s")
    }

    @Test func aDetachedSourceLeavesTheOthersAlone() async throws {
        let bench = try RegistryBench()
        let first = try await bench.attach("rtp://127.0.0.1:0", speaker: "a")
        let second = try await bench.attach("rtp://127.0.0.1:0", speaker: "b")
        let port = try port(first)
        let detached = try await bench.registry.detach(session: "s", source: first.source)
        #expect(detached.source.state == "ended" && detached.totals == nil)
        #expect(isFree(port: port))
        #expect(bench.types.contains("speaker.left") && !bench.types.contains("session.ended"))
        // Once more changes nothing; one that never was is not found.
        let again = try await bench.registry.detach(session: "s", source: first.source)
        #expect(again.source == detached.source)
        for (session, source) in [("s", "source-99"), ("t", second.source)] {
            let problem = await #expect(throws: Problem.self) {
                _ = try await bench.registry.detach(session: session, source: source)
            }
            #expect(problem?.status == 404)
        }
        // The name is free.
        let third = try await bench.attach("rtp://127.0.0.1:0", speaker: "a")
        _ = try await bench.registry.detach(session: "s", source: second.source)
        let last = try await bench.registry.detach(session: "s", source: third.source)
        #expect(last.totals?.speakers.map(\.name).sorted() == ["a", "b"])
        #expect(await bench.registry.sessions().isEmpty && bench.types.last == "session.ended")
    }

    /// Sources that connect, fail, have ended: who connects to the event socket is told what the list tells.
    @Test func theSnapshotAndTheListSayTheSame() async throws {
        let bench = try RegistryBench()
        try await bench.attach("rtp://127.0.0.1:0", speaker: "a")
        _ = try? await bench.attach("/nowhere.wav?password=x", speaker: "b")
        try await bench.attach("audiosocket:40325ec2-5efd-4bd3-805f-53576e581d13", speaker: "c")
        try await bench.attach(try bench.shortRecording(), speaker: "d")
        let fifth = try await bench.attach("rtp://127.0.0.1:0", speaker: "e")
        _ = try await bench.registry.detach(session: "s", source: fifth.source)
        try await eventually { await bench.registry.sessions().first?.sources[3].state == "ended" }
        var listed = await bench.listedSources()
        #expect(listed.map { $0["state"] } == ["connecting", "ended", "connecting", "ended", "ended"])
        #expect(try await bench.snapshotSources() == listed)
        for _ in 0..<40 {
            _ = try? await bench.attach("/nowhere.wav", speaker: "f")
            listed = await bench.listedSources()
            let told = try await bench.snapshotSources()
            #expect(told == listed)
        }
        #expect(listed.count == 2 + SessionEntry.endedKept)
        _ = try await bench.registry.detach(session: "s")
        #expect(try await bench.snapshotSources().isEmpty)
    }
}

/// What a sender says of media that does not come.
@Suite(.timeLimit(.minutes(30))) struct AbsenceTests {
    @Test func whatIsSaidAgainReplacesWhatWasSaid() {
        let box = AbsenceBox()
        func taken() -> [String] {
            box.take().map { "\($0.track.map(String.init) ?? "all") \($0.why?.rawValue ?? "active")" }
        }
        for track in 0..<100 { box.put(track: track % 3, track == 99 ? nil : .hold) }
        #expect(taken() == ["1 hold", "2 hold", "0 active"])
        box.put(track: 1, .mute)
        box.put(track: nil, .pause)
        box.put(track: 2, nil)
        #expect(taken() == ["all pause", "2 active"])
        #expect(taken() == [])
    }

    @Test func statesAreCheckedBeforeAnySourceHearsOfThem() async throws {
        let bench = try RegistryBench()
        let source = try await bench.attach("rtp://127.0.0.1:0")
        for state in ["hold", "mute", "pause", "active"] {
            for track in [nil, 0] {
                try await bench.registry.setState(
                    session: "s", source: source.source, SourceStateRequest(state: state, track: track))
            }
        }
        let bad: [(String, String, SourceStateRequest, Int)] = [
            ("t", source.source, .init(state: "hold"), 404), ("s", "source-9", .init(state: "hold"), 404),
            ("s", source.source, .init(state: "overload"), 422), ("s", source.source, .init(state: ""), 422),
            ("s", source.source, .init(state: "mute", track: 1), 422),
        ]
        for (session, id, request, status) in bad {
            let problem = await #expect(throws: Problem.self) {
                try await bench.registry.setState(session: session, source: id, request)
            }
            #expect(problem?.status == status)
        }
        _ = try await bench.registry.detach(session: "s")
    }
}
