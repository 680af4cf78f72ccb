import Decode
import Isolation
import RTP
import Settings

/// Which pictures a source of plain RTP brings, and who looks at them.
extension SourceFactory {
    /// Refuses pictures of what has none that anybody looks at.
    func checkNoPictures(of order: SourceOrder, _ monitor: SourceMonitor) throws(SourceFailure) {
        guard !order.tracks.contains(where: { $0.video != nil || $0.givesPoints }) else {
            throw SourceFailure(
                kind: .badInput,
                message: "pictures of \(monitor.url) are not looked at; attach it without video and face_points")
        }
    }

    /// The tracks with what shows their speakers, and how their pictures are received; nil where there are none.
    ///
    /// - Throws: `SourceFailure` where what was asked for can't be looked at.
    func pictures(
        of order: SourceOrder, _ description: SessionDescription, isEncrypted: Bool, _ monitor: SourceMonitor
    ) throws(SourceFailure) -> (tracks: [SpeakerTrack], pictures: RTPPictureOrder?) {
        // The pictures of a source whose sound is encrypted are so too, without a key that is known here.
        let isOfNobody = order.tracks.contains { $0.selector == .unnamed && $0.video != nil }
        guard !description.videos.isEmpty, !isEncrypted, !isOfNobody else {
            try checkNoPictures(of: order, monitor)
            return (order.tracks, nil)
        }
        var videos: [Int: RTPVideoDescription] = [:]
        for case let number? in order.tracks.map(\.video) {
            guard description.videos.indices.contains(number) else {
                throw SourceFailure(
                    kind: .badInput,
                    message: "\(monitor.url) has \(description.videos.count) section(s) of pictures and no \(number); "
                        + "count them from 0")
            }
            do throws(RTPVideoRefusal) { videos[number] = try description.videos[number].get() } catch {
                throw SourceFailure(
                    kind: .badInput,
                    message: "pictures \(number) of \(monitor.url) are not looked at: \(error.description)")
            }
        }
        var tracks = order.tracks
        let isUnasked = videos.isEmpty
        if isUnasked {
            tracks = showing(order).tracks
            guard tracks[0].video == 0, case .success(let video) = description.videos[0], worker != nil else {
                try checkNoPictures(of: order, monitor)
                return (order.tracks, nil)
            }
            videos[0] = video
        }
        guard let open = pictureOpening else {
            throw SourceFailure(
                kind: .unavailable,
                message: "attuned-worker, which looks at pictures of \(monitor.url), is missing; install it beside "
                    + "attuned")
        }
        return (
            tracks,
            RTPPictureOrder(
                videos: videos, unasked: isUnasked ? [0] : [], eventLoop: order.timer.eventLoop, open: open)
        )
    }

    /// Starts a process that looks at what comes on a descriptor; nil where its program is missing.
    private var pictureOpening: PictureWorker.Open? {
        guard let worker else { return nil }
        var options = InputOptions(
            allowedProtocols: ["pipe"], openTimeoutMilliseconds: settings.openTimeoutMilliseconds,
            // A camera that brings nothing for so long is left before.
            readTimeoutMilliseconds: settings.stallMilliseconds + 2_000,
            bufferBytes: settings.maxMebibytes << 20)
        options.pictureRateHz = Self.pictureRateHz
        return { [sight, options, limits = workerLimits] inlet, cancellation throws(MediaError) in
            guard let files = sight.files() else { return nil }
            var order = WorkerOrder("-", options: options, limits: limits)
            order.sight = files
            return try WorkerInput(order, program: worker, input: inlet, cancellation: cancellation)
        }
    }
}
