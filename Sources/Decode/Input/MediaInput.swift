import CFFmpegSupport
public import MediaTypes

/// A source of audio: a live stream, a recording, a pipe. Opened, read and destroyed on one thread, which its
/// calls block for as long as the options allow.
///
/// Each track comes as 16 kHz mono Float32 blocks in the input's own media time, whose origin is the input's
/// start. Blocks of a track continue each other exactly; where the media has a gap of more than 10 ms, the
/// next block's start jumps ahead by it. A track's time never goes back: what overlaps is cut, and a source
/// whose clock restarts goes on where it was.
///
/// Priming that the container or codec declares (MP3, Opus, AAC in MP4) is compensated; where nothing
/// declares it (AAC in MPEG-TS, FLV or Matroska), audio lies an encoder's delay (typically 21 ms) late from
/// the origin.
public struct MediaInput: ~Copyable {
    /// The tracks, fixed when the input was opened.
    public let tracks: [MediaTrack]
    private let inner: any TrackSource

    /// Opens a path, `-` (standard input) or URL and finds its audio.
    ///
    /// `listen=1` in the query of an RTMP or RTSP URL waits for a sender there (SRT, TCP and UDP have their
    /// own ways to say that).
    public init(
        _ location: String, options: InputOptions = InputOptions(), cancellation: Cancellation
    ) throws(MediaError) {
        attune_log_capture()
        attune_log_clear()
        let scheme = Location.scheme(of: location)
        let isLocal = scheme.map(InputOptions.localProtocols.contains) ?? true
        let interrupt = Interrupt(cancellation)
        let source = ErrorSource(location, isLocal: isLocal, interrupt: interrupt)
        guard !cancellation.isCancelled else { throw source.error(.cancelled, .open) }
        let place = try Location(location, options: options, source: source)
        inner = try MediaInput.open(place, options: options, source: source)
        tracks = inner.tracks
    }

    /// Takes plain samples from a connection, which is known to be there.
    public init(
        _ stream: PCMStream, options: InputOptions = InputOptions(), cancellation: Cancellation
    ) {
        let source = ErrorSource("the connection", isLocal: true, interrupt: Interrupt(cancellation))
        inner = PCMSource(stream, options: options, source: source)
        tracks = inner.tracks
    }

    /// Takes what somebody else reads.
    public init(_ source: any TrackSource) {
        inner = source
        tracks = inner.tracks
    }

    private static func open(
        _ location: Location, options: InputOptions, source: ErrorSource
    ) throws(MediaError) -> any TrackSource {
        if case .file(let path) = location, let file = SoundFile(path: path) {
            return SoundFileSource(file, options: options, source: source)
        }
        return try DemuxedSource(location, options: options, source: source)
    }

    /// Whether the end of the media is the end for good; what is live may come back.
    public var isFinite: Bool { inner.isFinite }

    /// What is odd about the input but no error, such as options that nothing took. Grows while reading.
    public var warnings: [String] { inner.warnings }

    /// Packets that could not be decoded so far; each is skipped.
    public var decodeErrors: Int { inner.decodeErrors }
    /// What is odd about the media so far, a line each: the warnings, and that packets could not be decoded.
    public var oddities: [String] {
        warnings + (decodeErrors > 0 ? ["\(decodeErrors) of its packets cannot be decoded"] : [])
    }

    /// Its tracks of pictures, where `InputOptions.pictureRateHz` asks for them.
    public var pictureTracks: [PictureTrack] { inner.pictureTracks }
    /// What its pictures have come to so far.
    public var pictureCounts: PictureCounts { inner.pictureCounts }
    /// Who looks at its pictures, while it is read; nil for nobody.
    public var viewer: PictureViewer? {
        get { inner.viewer }
        set { inner.viewer = newValue }
    }

    /// How long the media says that it is, in seconds; nil where it does not say.
    public var durationSeconds: Double? { inner.durationSeconds }

    /// Tells how much media waits to be read, in seconds; nil where that is not known.
    public var unread: (() -> Double)? { inner.unread }

    /// CPU time that was spent on it outside the calling thread, in nanoseconds.
    public var remoteNanoseconds: Int64 { inner.remoteNanoseconds }

    /// Reads until at least one block went to `sink` or a picture to the viewer, the read timeout passed or the media
    /// ended.
    ///
    /// An input that fails goes on failing: after an error it can only be closed, by letting go of it.
    public mutating func read(_ sink: BlockSink) throws(MediaError) -> ReadOutcome {
        try inner.read(sink)
    }
}

/// What stands behind a `MediaInput`, whose properties say what these are.
public protocol TrackSource: AnyObject {
    /// The tracks, fixed when it was opened.
    var tracks: [MediaTrack] { get }
    /// Whether the end of the media is the end for good.
    var isFinite: Bool { get }
    /// What is odd about it but no error.
    var warnings: [String] { get }
    /// Packets that could not be decoded so far.
    var decodeErrors: Int { get }
    /// Its tracks of pictures.
    var pictureTracks: [PictureTrack] { get }
    /// What its pictures have come to so far.
    var pictureCounts: PictureCounts { get }
    /// Who looks at its pictures; nil for nobody.
    var viewer: PictureViewer? { get set }
    /// How long the media says that it is, in seconds.
    var durationSeconds: Double? { get }
    /// Tells how much media waits to be read, in seconds; nil where that is not known.
    var unread: (() -> Double)? { get }
    /// CPU time that was spent on it outside the calling thread, in nanoseconds.
    var remoteNanoseconds: Int64 { get }
    /// Reads until at least one block went to `sink`, the read timeout passed or the media ended.
    func read(_ sink: BlockSink) throws(MediaError) -> ReadOutcome
}

extension TrackSource {
    /// It has none.
    public var pictureTracks: [PictureTrack] { [] }
    /// It has none.
    public var pictureCounts: PictureCounts { PictureCounts() }
    /// It has no pictures that anybody could look at.
    public var viewer: PictureViewer? {
        get { nil }
        set {}
    }
    /// It does not say.
    public var durationSeconds: Double? { nil }
    /// Nothing is known of it.
    public var unread: (() -> Double)? { nil }
    /// All work is done on the calling thread.
    public var remoteNanoseconds: Int64 { 0 }
}
