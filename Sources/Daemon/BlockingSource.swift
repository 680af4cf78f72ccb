import Decode
import Events
import MediaTypes
import NIOCore

/// A source that is read by waiting for it: everything but plain RTP. It has a thread of its own, on which it is
/// opened, decoded, analysed and, where it breaks off, opened again.
final class BlockingSource: MediaSource {
    /// Opens the input, for the first time or again.
    typealias Open = @Sendable (InputOptions, Cancellation) throws(MediaError) -> MediaInput

    struct Timing {
        var openMilliseconds: Int
        var stallMilliseconds: Int
        var reconnectLeastMilliseconds: Int
        var reconnectMostMilliseconds: Int
        /// How long `open()` waits for an input that neither opens nor fails.
        var patienceMilliseconds = 3_000
    }

    /// What opening and reading has come to.
    private struct Progress {
        /// Whether the input was open once.
        var wasOpen = false
        /// Whether its end is the end for good.
        var isFinite = false
        /// When media first came since it was opened.
        var firstMediaNanoseconds: Int64?

        /// How long media came.
        var livedMilliseconds: Int64 {
            firstMediaNanoseconds.map { (HostClock.monotonicNanoseconds() - $0) / 1_000_000 } ?? 0
        }
    }

    let monitor: SourceMonitor
    private let openInput: Open
    private let tracks: [SpeakerTrack]
    private let takesTracksApart: Bool
    private let options: InputOptions
    private let timing: Timing
    private let session: LiveSession
    private let cancellation = Cancellation()
    private let watch: StallWatch
    private let opened: EventLoopPromise<Void>
    private let finished: EventLoopPromise<Void>
    private let onEnd: @Sendable () -> Void

    init(
        _ order: SourceOrder, options: InputOptions, timing: Timing, monitor: SourceMonitor,
        eventLoop: any EventLoop, open: @escaping Open
    ) {
        openInput = open
        tracks = order.tracks
        takesTracksApart = order.takesTracksApart
        session = order.session
        onEnd = order.onEnd
        self.timing = timing
        self.monitor = monitor
        watch = StallWatch(stallMilliseconds: timing.stallMilliseconds, monitor: monitor)
        var options = options
        options.openTimeoutMilliseconds = timing.openMilliseconds
        options.readTimeoutMilliseconds = timing.stallMilliseconds
        self.options = options
        opened = eventLoop.makePromise()
        finished = eventLoop.makePromise()
    }

    func open() async throws {
        guard BlockingThread.start(name: "source", { self.run() }) else {
            finished.succeed()
            opened.fail(SourceFailure(kind: .unavailable, message: "no thread could be started for \(monitor.url)"))
            return try await opened.futureResult.get()
        }
        let patience = opened.futureResult.eventLoop.scheduleTask(
            in: .milliseconds(Int64(timing.patienceMilliseconds))
        ) { self.opened.succeed() }
        defer { patience.cancel() }
        try await opened.futureResult.get()
    }

    func stop() async {
        cancellation.cancel()
        try? await finished.futureResult.get()
    }

    // MARK: On the thread

    private func run() {
        let feed = SourceFeed(session: session)
        var backoff = Backoff(
            leastMilliseconds: timing.reconnectLeastMilliseconds, mostMilliseconds: timing.reconnectMostMilliseconds,
            using: SystemRandomNumberGenerator())
        watch.start(on: opened.futureResult.eventLoop)
        var progress = Progress()
        var options = options
        var reason = "detached"
        while !cancellation.isCancelled {
            do throws(MediaError) {
                let ended = try play(feed, options: &options, &progress)
                if ended {
                    reason = "end of media"
                    break
                }
                monitor.change(to: .reconnecting, reason: "end of stream")
            } catch {
                if cancellation.isCancelled { break }
                if progress.isFinite || !progress.wasOpen && error.kind != .timedOut {
                    opened.fail(SourceFailure(error))
                    reason = error.description
                    break
                }
                monitor.change(to: .reconnecting, reason: error.description)
            }
            feed.interrupt(by: .reconnect)
            feed.restart()
            // What came to nothing is tried less and less often, also where the peer accepts only to hang up.
            if progress.livedMilliseconds > timing.reconnectMostMilliseconds { backoff.reset() }
            progress.firstMediaNanoseconds = nil
            BlockingThread.sleep(milliseconds: backoff.next()) { cancellation.isCancelled }
        }
        feed.finish(reason: reason == "detached" ? reason : "source ended")
        watch.stop()
        monitor.change(to: .ended, reason: reason)
        opened.succeed()
        finished.succeed()
        if !cancellation.isCancelled { onEnd() }
    }

    /// Notes what the thread has spent, which does nothing but this source.
    private func note(_ feed: SourceFeed) {
        var load = SourceLoad()
        load.analysisNanoseconds = feed.analysisNanoseconds
        load.decodeNanoseconds = max(0, HostClock.threadNanoseconds() - feed.analysisNanoseconds)
        monitor.note(load)
    }

    /// Opens the input and plays it until it ends.
    ///
    /// - Returns: whether that was the end of something finite; a live input is opened again.
    private func play(
        _ feed: SourceFeed, options: inout InputOptions, _ progress: inout Progress
    ) throws(MediaError) -> Bool {
        var input = try openInput(options, cancellation)
        if takesTracksApart, !options.splitsChannels, input.tracks.count == 1, input.tracks[0].channelCount > 1 {
            options.splitsChannels = true
            input = try openInput(options, cancellation)
        }
        for track in tracks where !input.tracks.indices.contains(track.track) {
            throw MediaError.noSuchTrack(track.track, of: monitor.url, available: input.tracks.count)
        }
        // A live playlist that has got an end since is over; it is not played again.
        if progress.wasOpen, input.isFinite { return true }
        progress.wasOpen = true
        progress.isFinite = input.isFinite
        feed.join(tracks)
        opened.succeed()
        while true {
            let outcome = try input.read { track, start, samples in
                if monitor.state == .stalled { feed.interrupt() }
                monitor.change(to: .live)
                feed.arrivedNanoseconds = HostClock.monotonicNanoseconds()
                feed.media(track: track, start: start, samples: samples)
            }
            note(feed)
            if cancellation.isCancelled { return true }
            switch outcome {
            case .delivered:
                if progress.firstMediaNanoseconds == nil {
                    progress.firstMediaNanoseconds = HostClock.monotonicNanoseconds()
                }
                // What comes faster than real time (a file, the first segments of HLS) is slowed down here;
                // back-pressure reaches the sender where the protocol has it.
                let lead = feed.lead()
                watch.noteMedia(leadSeconds: lead)
                if lead > 0.1 {
                    BlockingThread.sleep(milliseconds: Int(min(lead, 10) * 1_000)) { cancellation.isCancelled }
                }
            case .idle:
                monitor.change(to: .stalled, reason: "no media for \(timing.stallMilliseconds) ms")
            case .end: return progress.isFinite
            }
        }
    }
}

extension SourceFailure {
    init(_ error: MediaError) {
        let kind: Kind =
            switch error.kind {
            case .notFound: .notFound
            case .unreachable, .timedOut: .unavailable
            default: .badInput
            }
        self.init(kind: kind, message: error.description)
    }
}
