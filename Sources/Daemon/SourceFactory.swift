import Decode
import Foundation
import Logging
import NIOCore
import RTP
import Settings

/// Makes the kind of source that a location calls for.
struct SourceFactory: Sendable {
    private let settings: Settings.Sources
    private let eventLoopGroup: any EventLoopGroup
    private let logger: Logger

    init(settings: Settings.Sources, eventLoopGroup: any EventLoopGroup, logger: Logger) {
        self.settings = settings
        self.eventLoopGroup = eventLoopGroup
        self.logger = logger
    }

    /// A source that has not been opened yet.
    ///
    /// - Parameters:
    ///   - key: that of SRTP, where the request has one.
    ///   - takesTracksApart: whether tracks were asked for by number.
    ///   - onEnd: called once when the source ends by itself.
    /// - Throws: `SourceFailure` where the location can't be a source.
    func make(
        location: String, key: SRTPKey?, id: String, tracks: [SpeakerTrack], takesTracksApart: Bool,
        session: LiveSession,
        onEnd: @escaping @Sendable () -> Void
    ) throws(SourceFailure) -> any MediaSource {
        let monitor = SourceMonitor(id: id, url: redactedLocation(location), session: session)
        guard var streams = try rtpStreams(at: location) else {
            guard key == nil else {
                throw SourceFailure(
                    kind: .badInput, message: "\(monitor.url) is no plain RTP and takes no crypto; leave it out")
            }
            guard tracks.allSatisfy({ $0.selector == nil }) else {
                throw SourceFailure(
                    kind: .badInput,
                    message: "\(monitor.url) is no plain RTP, so it has no SSRCs; name its speakers by track")
            }
            return ffmpegSource(
                location, tracks: tracks, takesTracksApart: takesTracksApart, session: session, monitor: monitor,
                onEnd: onEnd)
        }
        for track in tracks where !streams.indices.contains(track.track) {
            throw SourceFailure(
                kind: .badInput,
                message: "\(monitor.url) has \(streams.count) audio stream(s) and no track \(track.track); "
                    + "count tracks from 0")
        }
        for track in tracks where streams[track.track].formats.isEmpty {
            let names = streams[track.track].payloads.values.map(\.encodingName).sorted().joined(separator: ", ")
            throw SourceFailure(
                kind: .badInput,
                message:
                    "\(monitor.url) offers only \(names), which can't be decoded; send Opus, PCMU, PCMA, G722 or L16")
        }
        if let key {
            for index in streams.indices { streams[index].key = key }
        }
        return RTPSource(
            streams: streams, tracks: tracks, limits: RTPReception.Limits(settings), session: session,
            monitor: monitor, eventLoop: eventLoopGroup.next(), logger: logger)
    }

    private func ffmpegSource(
        _ location: String, tracks: [SpeakerTrack], takesTracksApart: Bool, session: LiveSession,
        monitor: SourceMonitor,
        onEnd: @escaping @Sendable () -> Void
    ) -> FFmpegSource {
        var options = InputOptions()
        if let protocols = settings.protocols { options.allowedProtocols = protocols }
        return FFmpegSource(
            location: location, tracks: tracks, takesTracksApart: takesTracksApart, options: options,
            timing: FFmpegSource.Timing(
                openMilliseconds: settings.openTimeoutMilliseconds,
                stallMilliseconds: settings.stallMilliseconds,
                reconnectLeastMilliseconds: settings.reconnectLeastMilliseconds,
                reconnectMostMilliseconds: settings.reconnectMostMilliseconds),
            session: session, monitor: monitor, eventLoop: eventLoopGroup.next(), onEnd: onEnd)
    }

    /// The streams of plain RTP that a location names, or nil where it is something for FFmpeg.
    private func rtpStreams(at location: String) throws(SourceFailure) -> [RTPStreamDescription]? {
        if location.lowercased().hasPrefix("rtp://") {
            do throws(RTPURLError) {
                return [try RTPStreamDescription(url: location)]
            } catch {
                throw SourceFailure(kind: .badInput, message: "\(redactedLocation(location)): \(error)")
            }
        }
        let path = location.hasPrefix("file:") ? String(location.dropFirst(5)) : location
        guard path.lowercased().hasSuffix(".sdp"), !path.contains("://") else { return nil }
        guard let handle = FileHandle(forReadingAtPath: path),
            let data = try? handle.read(upToCount: SessionDescription.maxBytes + 1)
        else {
            throw SourceFailure(kind: .notFound, message: "cannot read \(path); check that the SDP file exists")
        }
        do throws(SDPError) {
            return try SessionDescription(parsing: String(decoding: data, as: UTF8.self)).streams
        } catch {
            throw SourceFailure(kind: .badInput, message: "\(path): \(error)")
        }
    }
}

extension RTPReception.Limits {
    init(_ settings: Settings.Sources) {
        stallMilliseconds = settings.stallMilliseconds
        kilobitsPerSecond = settings.maximumKilobitsPerSecond
        sources = settings.maximumSSRCs
        sendsReports = settings.sendsReports
        receiver = RTPReceiverLimits()
        receiver.maxDatagramBytes = settings.maximumPacketBytes
        receiver.holdMostMilliseconds = settings.jitterMostMilliseconds
    }
}
