public import Decode
import Glibc
import Kit
public import MediaTypes

/// An input that a process of its own reads, so that whatever media of strangers does to the libraries that decode it
/// happens there: it can be killed, has no more memory and time than it is given, and can reach next to nothing.
///
/// What comes from it is taken as input from a stranger. Opened, read and let go of on one thread.
public final class WorkerInput: TrackSource {
    /// The tracks, as the worker names them.
    public private(set) var tracks: [MediaTrack] = []
    /// Whether the end of the media is the end for good.
    public private(set) var isFinite = false
    /// What is odd about it; the first 32 things.
    public private(set) var warnings: [String] = []
    /// Its tracks of pictures, as the worker names them.
    public private(set) var pictureTracks: [PictureTrack] = []
    /// What its pictures have come to so far, as the worker says.
    public private(set) var pictureCounts = PictureCounts()
    /// Whom the worker's sightings go to, and who says what may be looked at.
    public var viewer: PictureViewer?
    /// Packets that could not be decoded so far.
    public private(set) var decodeErrors = 0

    /// How often waiting looks whether it is over.
    private static let pollMilliseconds: Int32 = 50
    private static let maxWarnings = 32
    /// The longest hole in the samples of a track that is believed; the decoder takes longer ones for a restart.
    private static let maxGapSamples = Int64(3_700 * AudioGrid.sampleRateHz)

    /// Looks at a track lie further apart than this (20 ms), or somebody makes them up.
    private static let leastLookSamples = Int64(AudioGrid.sampleRateHz / 50)

    /// What the worker was told that it may look at; nil before it was told anything, and so waits.
    private var looked: LookOrder?
    /// When each track of pictures was looked at last.
    private var lastLooks: [Int64] = []
    private let location: String
    private let order: WorkerOrder
    let process: WorkerProcess
    private let cancellation: Cancellation
    private let began = HostClock.monotonicNanoseconds()
    /// Where each track has come to.
    private var ends: [MediaTime] = []
    /// Samples that came, as time.
    private var mediaSeconds = 0.0
    /// What Landlock and the filter of calls are there.
    public private(set) var confinement = "unknown"

    /// Starts a worker and has it open the input.
    ///
    /// - Parameters:
    ///   - program: path of `attuned-worker`.
    ///   - input: descriptor of what it reads as its standard input (the location `-`); nil where it opens something.
    public init(
        _ order: WorkerOrder, program: String, input: Int32? = nil, cancellation: Cancellation
    ) throws(MediaError) {
        location = redactedLocation(order.location)
        var order = order
        order.options.readsDescriptors = input != nil
        self.order = order
        self.cancellation = cancellation
        do throws(SystemError) {
            process = try WorkerProcess(path: program, input: input)
        } catch {
            throw MediaError(
                kind: .workerFailed, operation: .open, code: error.code, location: location,
                detail: "\(program) cannot be started: \(String(cString: strerror(-error.code)))")
        }
        guard order.location.utf8.count <= WireReader.maxTextBytes else {
            throw failure(.invalidURL, .open, "it has more than \(WireReader.maxTextBytes) bytes")
        }
        // Where it could not be sent the process has ended, which is found next.
        _ = process.send(order.encoded())
        while tracks.isEmpty, pictureTracks.isEmpty {
            switch try next(.open, within: order.options.openTimeoutMilliseconds, { _, _, _ in }) {
            case .started(let landlock, let isFiltered):
                confinement = confinementText(landlock: landlock, isFiltered: isFiltered)
            case .opened(let tracks, let pictures, let isFinite):
                self.tracks = tracks
                pictureTracks = pictures
                lastLooks = pictures.map { _ in -Self.leastLookSamples }
                self.isFinite = isFinite
                ends = tracks.map { _ in MediaTime.zero }
            default: throw nonsense(.open)
            }
        }
    }

    /// CPU time of the worker, in nanoseconds.
    public var remoteNanoseconds: Int64 { process.cpuNanoseconds }

    /// Reads until at least one block went to `sink`, the read timeout passed or the media ended.
    public func read(_ sink: BlockSink) throws(MediaError) -> ReadOutcome {
        let report = try next(.read, within: order.options.readTimeoutMilliseconds, sink)
        guard case .read(let outcome, let errors) = report, errors >= decodeErrors else { throw nonsense(.read) }
        decodeErrors = errors
        // Time that media brings, and a little for waiting. What brings no sound lasts as long as it is read.
        let waited = Double(HostClock.monotonicNanoseconds() - began) / 1e9
        process.allow(
            cpuSeconds: Double(order.limits.cpuSeconds) + (tracks.isEmpty ? waited : mediaSeconds + waited / 10))
        return outcome
    }

    /// The next report that is more than a warning; blocks of samples on the way there go to `sink`.
    private func next(
        _ operation: MediaError.Operation, within milliseconds: Int, _ sink: BlockSink
    ) throws(MediaError) -> WorkerReport {
        // A day is as good as for ever, and does not overflow.
        let patience = Int64(min(max(0, milliseconds), 86_400_000) + order.limits.silenceMilliseconds) * 1_000_000
        var latest = HostClock.monotonicNanoseconds()
        while !cancellation.isCancelled {
            tellLooks()
            switch process.receive(milliseconds: Self.pollMilliseconds) {
            case .nothing:
                let silent = HostClock.monotonicNanoseconds() - latest
                guard silent < patience else {
                    process.kill()
                    throw failure(.workerFailed, operation, "it gave no answer for \(silent / 1_000_000_000) s")
                }
            case .closed: throw ended(operation)
            case .message(let bytes):
                latest = HostClock.monotonicNanoseconds()
                if let report = try report(of: bytes, operation, sink) { return report }
            }
        }
        throw failure(.cancelled, operation)
    }

    /// What a message says that the caller has to know; nil where it is a block or a warning.
    private func report(
        of bytes: UnsafeRawBufferPointer, _ operation: MediaError.Operation, _ sink: BlockSink
    ) throws(MediaError) -> WorkerReport? {
        let report: WorkerReport
        do throws(WireError) {
            if bytes.first == WorkerReport.Tag.block.rawValue {
                let block = try BlockMessage(decoding: bytes)
                try take(block, sink)
                return block.endsRead.map { .read(.delivered, decodeErrors: $0) }
            }
            report = try WorkerReport(decoding: bytes[...], location: location)
        } catch {
            throw nonsense(operation)
        }
        switch report {
        case .face(let message):
            guard take(message) else { throw nonsense(operation) }
            return nil
        case .pictures(let counts):
            pictureCounts = counts
            return nil
        case .warning(let text):
            if warnings.count < Self.maxWarnings { warnings.append(text) }
            return nil
        case .failed(let error): throw error
        default: return report
        }
    }

    /// Tells the worker which tracks of pictures it may look at, and what is asked for of them, where that has changed.
    private func tellLooks() {
        guard !pictureTracks.isEmpty else { return }
        var order = LookOrder(tracks: 0)
        for index in pictureTracks.indices where viewer?.mayLook(index) ?? false {
            order.tracks |= 1 << UInt32(index)
            if viewer?.wantsOutline(index) ?? false { order.outlines |= 1 << UInt32(index) }
        }
        guard order != looked, process.send(order.encoded()) else { return }
        looked = order
    }

    /// Hands on what was seen, where it may have been looked at; false where nobody can have seen that.
    private func take(_ message: FaceMessage) -> Bool {
        guard lastLooks.indices.contains(message.track) else { return false }
        let time = message.sighting.time.samples, last = lastLooks[message.track]
        // As with samples, a track's time never goes back; and it can't run ahead of the sound by more than sound can.
        let audio = ends.map(\.samples).max() ?? 0
        guard time - last >= Self.leastLookSamples, time <= max(audio, last) + Self.maxGapSamples else { return false }
        lastLooks[message.track] = time
        guard let viewer, viewer.mayLook(message.track) else { return true }
        viewer.sighted(
            message.track, message.sighting, viewer.wantsOutline(message.track) ? message.outline : nil)
        return true
    }

    /// Hands on a block, where it lies where one may lie.
    private func take(_ block: BlockMessage, _ sink: BlockSink) throws(WireError) {
        guard ends.indices.contains(block.track) else { throw WireError() }
        let end = ends[block.track].samples
        guard block.start.samples >= end, block.start.samples - end <= Self.maxGapSamples else { throw WireError() }
        let (next, overflows) = block.start.samples.addingReportingOverflow(Int64(block.count))
        guard !overflows else { throw WireError() }
        ends[block.track] = MediaTime(samples: next)
        mediaSeconds += MediaTime(samples: Int64(block.count)).seconds / Double(tracks.count)
        block.withSamples { sink(block.track, block.start, $0) }
    }

    /// The process has ended without saying why.
    private func ended(_ operation: MediaError.Operation) -> MediaError {
        switch process.waitForEnd(milliseconds: 1_000) {
        case .signal(SIGXCPU): return failure(.tooLarge, operation, "it took more CPU time than its media lasts")
        case .signal(let number): return failure(.workerFailed, operation, "it was ended by signal \(number)")
        case .exit(let code): return failure(.workerFailed, operation, "it ended with code \(code)")
        case nil: return failure(.workerFailed, operation, "it closed its connection")
        }
    }

    /// It has said what none may say.
    private func nonsense(_ operation: MediaError.Operation) -> MediaError {
        process.kill()
        return failure(.workerFailed, operation, "what it said makes no sense")
    }

    private func failure(
        _ kind: MediaError.Kind, _ operation: MediaError.Operation, _ detail: String = ""
    ) -> MediaError {
        MediaError(kind: kind, operation: operation, location: location, detail: detail)
    }
}

/// What a worker says that it is confined by, in words.
func confinementText(landlock: Int, isFiltered: Bool) -> String {
    "Landlock \(landlock == 0 ? "none" : "version \(landlock)"), filter of calls \(isFiltered ? "on" : "none")"
}
