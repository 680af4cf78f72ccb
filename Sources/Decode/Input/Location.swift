import CFFmpeg
import Glibc

/// What a location names.
enum Location {
    /// A regular file.
    case file(path: String)
    /// A FIFO in the file system.
    case fifo(path: String)
    /// A descriptor that this process was started with (`-`, `pipe:0`).
    case descriptor(Int32)
    /// Anything that FFmpeg opens by itself.
    case url(scheme: String)

    /// Looks at the location, and at the file system where it names a path.
    init(_ text: String, options: InputOptions, source: ErrorSource) throws(MediaError) {
        let scheme = Location.scheme(of: text)
        guard options.allowedProtocols.contains(scheme ?? "file") else {
            let isKnown = scheme.map(Location.isKnown) ?? true
            throw source.error(isKnown ? .protocolNotAllowed : .invalidURL, .open, detail: scheme ?? "file")
        }
        guard !text.isEmpty, !text.utf8.contains(0) else { throw source.error(.invalidURL, .open) }
        switch scheme {
        case nil, "file": self = try Location.existing(Location.path(of: text), source: source)
        case "pipe" where !options.readsDescriptors:
            throw source.error(
                .wrongFileType, .open, detail: "descriptors are not for it to read; give the path of a FIFO")
        case "pipe": self = try .descriptor(Location.descriptor(of: text, source: source))
        case .some(let scheme) where Location.isKnown(scheme): self = .url(scheme: scheme)
        default: throw source.error(.invalidURL, .open, detail: scheme ?? "")
        }
    }

    /// Whether reading it can last as long as somebody else likes.
    var isLive: Bool {
        if case .file = self { return false }
        return true
    }

    /// The scheme of a URL in lower case; `nil` for a path. `-` is a pipe. A path may contain colons: only
    /// `://` or a scheme that FFmpeg knows makes a URL.
    static func scheme(of text: String) -> String? {
        if text == "-" { return "pipe" }
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let name = text[..<colon].lowercased()
        guard let first = name.first, first.isASCII, first.isLetter,
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) })
        else { return nil }
        // hls+http is FFmpeg's way of naming the demuxer with the protocol.
        let scheme = name.split(separator: "+").first.map(String.init) ?? name
        return text[colon...].hasPrefix("://") || isKnown(scheme) ? scheme : nil
    }

    /// Whether FFmpeg has a protocol, or a demuxer that acts as one, of this name.
    private static func isKnown(_ scheme: String) -> Bool {
        if scheme == "rtsp" || scheme == "rtsps" { return true }
        var state: UnsafeMutableRawPointer?
        while let name = avio_enum_protocols(&state, 0) {
            if String(cString: name) == scheme { return true }
        }
        return false
    }

    private static func path(of text: String) -> String {
        for prefix in ["file://", "file:"] where text.lowercased().hasPrefix(prefix) {
            return String(text.dropFirst(prefix.count))
        }
        return text
    }

    private static func descriptor(of text: String, source: ErrorSource) throws(MediaError) -> Int32 {
        let number = text.drop { $0 != ":" }.dropFirst()
        guard text == "-" || number.isEmpty || Int32(number).map({ $0 >= 0 }) == true else {
            throw source.error(.invalidURL, .open, detail: "a descriptor number is expected after pipe:")
        }
        let descriptor = Int32(number) ?? STDIN_FILENO
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw source.error(code: -errno, .open) }
        if isatty(descriptor) == 1 {
            throw source.error(.wrongFileType, .open, detail: "it is a terminal")
        }
        return descriptor
    }

    private static func existing(_ path: String, source: ErrorSource) throws(MediaError) -> Location {
        var status = stat()
        guard stat(path, &status) == 0 else { throw source.error(code: -errno, .open) }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            if status.st_size == 0 { throw source.error(.invalidData, .open, detail: "the file is empty") }
            return .file(path: path)
        case S_IFIFO: return .fifo(path: path)
        case S_IFDIR: throw source.error(.wrongFileType, .open, detail: "it is a directory")
        case S_IFSOCK: throw source.error(.wrongFileType, .open, detail: "it is a socket: write unix:PATH")
        default: throw source.error(.wrongFileType, .open, detail: "it is a device")
        }
    }
}
