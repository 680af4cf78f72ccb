import Decode
import Events
import Glibc
import MediaTypes
import NIOCore

/// A source that FFmpeg reads: everything but plain RTP. It blocks, so it has a thread of its own, on which
/// it is opened, decoded, analysed and, where it breaks off, opened again.
final class FFmpegSource: MediaSource {
    struct Timing {
        var openMilliseconds: Int
        var stallMilliseconds: Int
        var reconnectLeastMilliseconds: Int
        var reconnectMostMilliseconds: Int
        /// How long `open()` waits for an input that neither opens nor fails.
        var patienceMilliseconds = 3_000
    }

    let monitor: SourceMonitor
    private let location: String
    private let tracks: [SpeakerTrack]
    /// Whether tracks were asked for by number: the channels of an only track then count as tracks.
    private let takesTracksApart: Bool
    private let options: InputOptions
    private let timing: Timing
    private let session: LiveSession
    private let cancellation = Cancellation()
    private let opened: EventLoopPromise<Void>
    private let finished: EventLoopPromise<Void>
    private let onEnd: @Sendable () -> Void

    /// - Parameter onEnd: called once, on the source's thread, when the source has ended by itself.
    init(
        location: String, tracks: [SpeakerTrack], takesTracksApart: Bool, options: InputOptions, timing: Timing,
        session: LiveSession, monitor: SourceMonitor, eventLoop: any EventLoop, onEnd: @escaping @Sendable () -> Void
    ) {
        self.location = location
        self.tracks = tracks
        self.takesTracksApart = takesTracksApart
        self.timing = timing
        self.session = session
        self.monitor = monitor
        self.onEnd = onEnd
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

    /// Whether the end of the stream is the end of the source; what is live may come back.
    private var isFinite: Bool {
        guard let scheme = location.firstIndex(of: ":").map({ location[..<$0].lowercased() }) else {
            var status = stat()
            return location == "-" || stat(location, &status) != 0 || status.st_mode & S_IFMT != S_IFIFO
        }
        return ["file", "pipe", "data", "http", "https"].contains(scheme)
    }

    // MARK: On the thread

    private func run() {
        let feed = SourceFeed(session: session)
        var pauseMilliseconds = timing.reconnectLeastMilliseconds
        var wasOpen = false
        var options = options
        var reason = "detached"
        while !cancellation.isCancelled {
            do throws(MediaError) {
                let ended = try play(feed, options: &options, wasOpen: &wasOpen)
                if ended {
                    reason = "end of media"
                    break
                }
                monitor.change(to: .reconnecting, reason: "end of stream")
                pauseMilliseconds = timing.reconnectLeastMilliseconds
            } catch {
                if cancellation.isCancelled { break }
                if !wasOpen, error.kind != .timedOut {
                    opened.fail(SourceFailure(error))
                    reason = error.description
                    break
                }
                monitor.change(to: .reconnecting, reason: error.description)
            }
            feed.interrupt()
            feed.restart()
            BlockingThread.sleep(milliseconds: pauseMilliseconds) { cancellation.isCancelled }
            pauseMilliseconds = min(2 * pauseMilliseconds, timing.reconnectMostMilliseconds)
        }
        feed.finish(reason: reason == "detached" ? reason : "source ended")
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
        _ feed: SourceFeed, options: inout InputOptions, wasOpen: inout Bool
    ) throws(MediaError) -> Bool {
        var input = try MediaInput(location, options: options, cancellation: cancellation)
        if takesTracksApart, !options.splitsChannels, input.tracks.count == 1, input.tracks[0].channelCount > 1 {
            options.splitsChannels = true
            input = try MediaInput(location, options: options, cancellation: cancellation)
        }
        for track in tracks where !input.tracks.indices.contains(track.track) {
            throw MediaError.noSuchTrack(track.track, of: location, available: input.tracks.count)
        }
        wasOpen = true
        feed.join(tracks)
        opened.succeed()
        while true {
            let outcome = try input.read { track, start, samples in
                monitor.change(to: .live)
                feed.arrivedNanoseconds = HostClock.monotonicNanoseconds()
                feed.media(track: track, start: start, samples: samples)
            }
            note(feed)
            if cancellation.isCancelled { return true }
            switch outcome {
            case .delivered:
                // What comes faster than real time (a file, the first segments of HLS) is slowed down here;
                // back-pressure reaches the sender where the protocol has it.
                let lead = feed.lead()
                if lead > 0.1 {
                    BlockingThread.sleep(milliseconds: Int(min(lead, 10) * 1_000)) { cancellation.isCancelled }
                }
            case .idle:
                monitor.change(to: .stalled, reason: "no media for \(timing.stallMilliseconds) ms")
                feed.interrupt()
            case .end: return isFinite
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
