import CSndfile
import Glibc

/// A `SNDFILE` opened for reading, with a buffer of its own.
struct SoundFile: ~Copyable {
    /// Floats that one read fetches at most, over all channels.
    private static let bufferFloats = 32_768

    let rateHz: Int
    let channelCount: Int
    /// Frames that the header promises.
    let frameCount: Int64
    /// The coding, in libsndfile's words.
    let codecName: String
    /// Holds `framesPerRead` × `channelCount` interleaved samples.
    let buffer: UnsafeMutablePointer<Float>
    private let framesPerRead: Int
    private let file: OpaquePointer

    /// `nil` where libsndfile does not read the file: FFmpeg may.
    init?(path: String) {
        guard SoundFile.hasNativeHeader(path) else { return nil }
        var info = SF_INFO()
        guard let file = sf_open(path, Int32(SFM_READ), &info) else { return nil }
        // A recorder that died, or still writes, has left the length at 0: FFmpeg reads on to the end.
        guard info.channels > 0, info.samplerate > 0, info.frames > 0,
            MediaBounds.refusal(rateHz: Int(info.samplerate), channelCount: Int(info.channels)) == nil
        else {
            sf_close(file)
            return nil
        }
        self.file = file
        rateHz = Int(info.samplerate)
        channelCount = Int(info.channels)
        frameCount = info.frames
        framesPerRead = SoundFile.bufferFloats / channelCount
        buffer = .allocate(capacity: framesPerRead * channelCount)
        buffer.initialize(repeating: 0, count: framesPerRead * channelCount)
        var coding = SF_FORMAT_INFO()
        coding.format = info.format & Int32(SF_FORMAT_SUBMASK)
        let code = sf_command(
            nil, Int32(SFC_GET_FORMAT_INFO), &coding, Int32(MemoryLayout<SF_FORMAT_INFO>.size))
        codecName = code == 0 && coding.name != nil ? String(cString: coding.name) : "pcm"
    }

    deinit {
        sf_close(file)
        buffer.deallocate()
    }

    /// Reads into `buffer`; gives the frames read, 0 at the end or where the data is broken (`hasFailed`).
    mutating func read() -> Int {
        Int(clamping: sf_readf_float(file, buffer, sf_count_t(framesPerRead)))
    }

    /// Whether the last read ended for an error.
    var hasFailed: Bool { sf_error(file) != Int32(SF_ERR_NO_ERROR) }

    /// Whether the file begins like one of the formats that libsndfile itself parses.
    ///
    /// It would also take FLAC, Ogg and MPEG audio, but ends a damaged one at the damage, without an error;
    /// FFmpeg finds its way back behind it.
    private static func hasNativeHeader(_ path: String) -> Bool {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var header = [UInt8](repeating: 0, count: 12)
        guard Glibc.read(descriptor, &header, header.count) == header.count else { return false }
        let form = String(decoding: header[8...], as: UTF8.self)
        return switch String(decoding: header[..<4], as: UTF8.self) {
        case "RIFF", "RIFX", "RF64": form == "WAVE"
        case "FORM": form == "AIFF" || form == "AIFC"
        case ".snd", "caff": true
        default: false
        }
    }
}
