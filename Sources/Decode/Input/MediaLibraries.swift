import CFFmpeg

/// What the media libraries of this machine are and can.
public enum MediaLibraries {
    /// Names and versions of the FFmpeg libraries that are loaded.
    public static var versions: String {
        [
            ("libavformat", avformat_version()), ("libavcodec", avcodec_version()), ("libavutil", avutil_version()),
            ("libswresample", swresample_version()),
        ].map { name, version in "\(name) \(version >> 16).\(version >> 8 & 0xFF).\(version & 0xFF)" }
            .joined(separator: ", ")
    }

    /// Lets no single buffer of FFmpeg, such as a packet, be larger than `bytes`, in the whole process: what needs a
    /// larger one fails.
    public static func limitBuffers(bytes: Int) {
        av_max_alloc(bytes)
    }

    /// Protocols of the built-in list that these libraries do not have.
    public static var missingProtocols: [String] {
        var present: Set<String> = ["rtsp", "rtsps"]
        var state: UnsafeMutableRawPointer?
        while let name = avio_enum_protocols(&state, 0) { present.insert(String(cString: name)) }
        return InputOptions.defaultProtocols.filter { !present.contains($0) }
    }
}
