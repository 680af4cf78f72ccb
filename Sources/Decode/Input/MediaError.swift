import CFFmpeg
import CFFmpegSupport

/// Why an input could not be opened or read on.
public struct MediaError: Error, Sendable, Hashable {
    /// What went wrong, as far as a caller can act on it.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The location is no path and no URL of a known scheme.
        case invalidURL
        /// The scheme is not among `InputOptions.allowedProtocols`.
        case protocolNotAllowed
        /// No such file or resource.
        case notFound
        /// The system or the server does not let us in.
        case accessDenied
        /// The peer does not answer, refuses or went away.
        case unreachable
        /// The certificate of the peer is not one that this machine trusts, or could not be checked.
        case untrusted
        /// The open timeout passed.
        case timedOut
        /// The media has no audio stream.
        case noAudio
        /// The media has no pictures that could be looked at.
        case noVideo
        /// The path names a directory, a device or a terminal.
        case wrongFileType
        /// A format or codec without a decoder, or more channels than can be resampled.
        case unsupported
        /// The data is not what its format says, or is no media at all.
        case invalidData
        /// It takes more memory, or more of something else, than one input may have.
        case tooLarge
        /// It refers to an address that what comes from elsewhere may not lead to.
        case referenceNotAllowed
        /// The process that reads it has failed.
        case workerFailed
        /// Reading failed for a reason of this machine.
        case readFailed
        /// `Cancellation.cancel()` was called.
        case cancelled
    }

    /// What was being done.
    public enum Operation: String, Sendable, Hashable, CaseIterable {
        case open
        case analyse
        case read
        case decode
        case resample
    }

    /// What went wrong.
    public var kind: Kind
    /// What was being done.
    public var operation: Operation
    /// FFmpeg's or the system's (negative) error number; 0 where there is none.
    public var code: Int32
    /// The location without its credentials.
    public var location: String
    /// What the library said last, without credentials; may be empty.
    public var detail: String

    /// An error of an input that somebody else reads.
    public init(kind: Kind, operation: Operation, code: Int32 = 0, location: String, detail: String = "") {
        self.kind = kind
        self.operation = operation
        self.code = code
        self.location = location
        self.detail = detail
    }
}

extension MediaError: CustomStringConvertible {
    /// One line: the thing, what is wrong with it and what to do. Made when asked for.
    public var description: String {
        var cause = detail
        if cause.isEmpty, code < 0 {
            cause = MediaError.text(of: code)
        }
        let middle = cause.isEmpty ? "" : " (\(cause))"
        return "cannot \(operation.rawValue) \(location): \(kind.statement)\(middle); \(kind.remedy)"
    }

    private static func text(of code: Int32) -> String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(AV_ERROR_MAX_STRING_SIZE)) { buffer in
            // av_strerror ends its text with a zero within the given size, even for numbers it does not know.
            guard let base = buffer.baseAddress else { return "" }
            av_strerror(code, base, buffer.count)
            return String(cString: base)
        }
    }
}

extension MediaError.Kind {
    fileprivate var statement: String {
        switch self {
        case .invalidURL: "not a path or a URL of a known scheme"
        case .protocolNotAllowed: "its protocol is not allowed"
        case .notFound: "not found"
        case .accessDenied: "access denied"
        case .unreachable: "the other side cannot be reached or went away"
        case .untrusted: "its certificate could not be verified"
        case .timedOut: "nothing came in time"
        case .noAudio: "no audio in it"
        case .noVideo: "no pictures in it that could be looked at"
        case .wrongFileType: "neither a file nor a stream"
        case .unsupported: "its format cannot be decoded here"
        case .invalidData: "no usable media data"
        case .tooLarge: "it takes more than one input may have"
        case .referenceNotAllowed: "it leads to an address that is not public"
        case .workerFailed: "the process that reads it has failed"
        case .readFailed: "reading failed"
        case .cancelled: "cancelled"
        }
    }

    fileprivate var remedy: String {
        switch self {
        case .invalidURL: "check the spelling of the scheme and address"
        case .protocolNotAllowed: "use an allowed protocol or add this one to the allowed ones"
        case .notFound: "check the path or address"
        case .accessDenied: "check permissions and credentials"
        case .unreachable: "check that the sender runs and that host and port are right"
        case .untrusted: "have this machine trust who signed it, or add tls_verify=0 to the URL to take any"
        case .timedOut: "check that the sender sends, or allow a longer open timeout"
        case .noAudio: "give an input with at least one audio stream"
        case .noVideo: "give an input with a video stream (H.264, H.265, VP8, VP9, AV1, MPEG)"
        case .wrongFileType: "give a file, a FIFO, - for standard input or a URL"
        case .unsupported: "convert it to a common format such as Opus, FLAC or WAV"
        case .invalidData: "check that it is an undamaged audio or video recording or stream"
        case .tooLarge: "check that it is what it should be, or allow more memory"
        case .referenceNotAllowed: "attach that address itself, or name its network in sources.references"
        case .workerFailed: "check that it is undamaged media, or attach it again"
        case .readFailed: "check the device or file system it lies on"
        case .cancelled: "open it again to go on"
        }
    }

    /// The kind that an FFmpeg error number stands for.
    init(code: Int32, isLocal: Bool) {
        switch code {
        case -ENOENT, attune_error_http_not_found: self = .notFound
        case -EACCES, -EPERM, attune_error_http_unauthorized, attune_error_http_forbidden:
            self = .accessDenied
        case -ETIMEDOUT: self = .timedOut
        case -ENOMEM: self = .tooLarge
        case attune_error_protocol_not_found: self = .invalidURL
        case attune_error_invalid_data: self = .invalidData
        // Demuxers say so where a file ends in the middle of something.
        case -EIO where isLocal: self = .invalidData
        case attune_error_eof: self = isLocal ? .invalidData : .unreachable
        case attune_error_decoder_not_found, attune_error_demuxer_not_found, attune_error_patch_welcome,
            -ENOSYS:
            self = .unsupported
        case attune_error_stream_not_found: self = .noAudio
        case -EINVAL: self = isLocal ? .invalidData : .invalidURL
        default: self = isLocal ? .readFailed : .unreachable
        }
    }
}

/// What every error of one input needs to know about it; made once when the input is opened.
struct ErrorSource {
    /// The location as given; goes to FFmpeg only.
    let rawLocation: String
    let location: String
    let isLocal: Bool
    let interrupt: Interrupt

    init(_ rawLocation: String, isLocal: Bool, interrupt: Interrupt) {
        self.rawLocation = rawLocation
        self.location = redactedLocation(rawLocation)
        self.isLocal = isLocal
        self.interrupt = interrupt
    }

    /// An error with a kind of our own.
    func error(_ kind: MediaError.Kind, _ operation: MediaError.Operation, detail: String = "") -> MediaError {
        MediaError(kind: kind, operation: operation, code: 0, location: location, detail: detail)
    }

    /// The error that a failed FFmpeg call stands for, explained by the last line that it logged.
    ///
    /// Whatever the code, a call that fails after the caller cancelled or after the deadline fails for that.
    func error(code: Int32, _ operation: MediaError.Operation) -> MediaError {
        let said = String(cString: attune_log_last_error())
        let kind: MediaError.Kind =
            if interrupt.isCancelled {
                .cancelled
            } else if interrupt.isDue {
                .timedOut
            } else if !isLocal, operation == .open, said.contains("certificate") {
                // TLS has no error number of its own for this.
                .untrusted
            } else {
                MediaError.Kind(code: code, isLocal: isLocal)
            }
        let wasInterrupted = kind == .cancelled || kind == .timedOut
        let line = wasInterrupted ? "" : said
        return MediaError(
            kind: kind, operation: operation, code: wasInterrupted ? 0 : code, location: location,
            detail: redactedText(line, mentioning: rawLocation))
    }
}
