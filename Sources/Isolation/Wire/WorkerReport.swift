package import Decode
package import MediaTypes

/// What a worker says, but for the blocks of samples: a message each.
package enum WorkerReport: Equatable {
    /// It runs, and has given up what it can: which Landlock the kernel has (0: none), whether its calls are filtered.
    case started(landlock: Int, isFiltered: Bool)
    /// The input is open.
    case opened(tracks: [MediaTrack], pictures: [PictureTrack] = [], isFinite: Bool)
    /// A picture was looked at.
    case face(FaceMessage)
    /// What its pictures have come to so far.
    case pictures(PictureCounts)
    /// Something is odd.
    case warning(String)
    /// A read has ended; so many packets could not be decoded so far.
    case read(ReadOutcome, decodeErrors: Int)
    /// Opening or reading has failed; nothing follows.
    case failed(MediaError)

    /// First byte of each message.
    package enum Tag: UInt8 { case started = 1, opened, warning, read, failed, block, face, pictures }

    /// Bytes of the names of a track, which its container may make as long as it likes.
    private static let maxNameBytes = 96
    private static let maxTracks = 256, maxPictureTracks = 16

    package func encoded() -> [UInt8] {
        var writer = WireWriter()
        switch self {
        case .started(let landlock, let isFiltered):
            writer.put(Tag.started.rawValue)
            writer.put(WorkerOrder.version)
            writer.put(UInt16(clamping: landlock))
            writer.put(isFiltered)
        case .opened(let tracks, let pictures, let isFinite):
            writer.put(Tag.opened.rawValue)
            writer.put(isFinite)
            writer.put(UInt16(clamping: tracks.count))
            for track in tracks { Self.put(track, into: &writer) }
            writer.put(UInt16(clamping: pictures.count))
            for track in pictures { Self.put(track, into: &writer) }
        case .face(let message):
            writer.put(Tag.face.rawValue)
            message.put(into: &writer)
        case .pictures(let counts):
            writer.put(Tag.pictures.rawValue)
            for count in [counts.decodedPackets, counts.droppedPackets, counts.pictures, counts.errors] {
                writer.put(UInt32(clamping: count))
            }
        case .warning(let text):
            writer.put(Tag.warning.rawValue)
            writer.put(text, maxBytes: 1_024)
        case .read(let outcome, let decodeErrors):
            writer.put(Tag.read.rawValue)
            writer.put(outcome.number)
            writer.put(UInt32(clamping: decodeErrors))
        case .failed(let error):
            writer.put(Tag.failed.rawValue)
            writer.put(UInt8(clamping: MediaError.Kind.allCases.firstIndex(of: error.kind) ?? 0))
            writer.put(UInt8(clamping: MediaError.Operation.allCases.firstIndex(of: error.operation) ?? 0))
            writer.put(error.code)
            writer.put(error.detail, maxBytes: 1_024)
        }
        return writer.bytes
    }

    /// - Parameter location: how the input is named in errors.
    package init(decoding bytes: UnsafeRawBufferPointer.SubSequence, location: String) throws(WireError) {
        var reader = WireReader(bytes)
        switch Tag(rawValue: try reader.number()) {
        case .started:
            guard try reader.number(UInt16.self) == WorkerOrder.version else { throw WireError() }
            self = .started(landlock: Int(try reader.number(UInt16.self)), isFiltered: try reader.flag())
        case .opened:
            let isFinite = try reader.flag()
            let count = Int(try reader.number(UInt16.self))
            guard count <= Self.maxTracks else { throw WireError() }
            var tracks: [MediaTrack] = []
            for index in 0..<count { tracks.append(try Self.track(index, from: &reader)) }
            let pictureCount = Int(try reader.number(UInt16.self))
            guard pictureCount <= Self.maxPictureTracks else { throw WireError() }
            var pictures: [PictureTrack] = []
            for index in 0..<pictureCount { pictures.append(try Self.pictureTrack(index, from: &reader)) }
            // There is something to read in what is open.
            guard count + pictureCount > 0 else { throw WireError() }
            self = .opened(tracks: tracks, pictures: pictures, isFinite: isFinite)
        case .face: self = .face(try FaceMessage(from: &reader))
        case .pictures:
            var counts = PictureCounts()
            counts.decodedPackets = Int(try reader.number(UInt32.self))
            counts.droppedPackets = Int(try reader.number(UInt32.self))
            counts.pictures = Int(try reader.number(UInt32.self))
            counts.errors = Int(try reader.number(UInt32.self))
            self = .pictures(counts)
        case .warning: self = .warning(try reader.text())
        case .read:
            guard let outcome = ReadOutcome(number: try reader.number()) else { throw WireError() }
            self = .read(outcome, decodeErrors: Int(try reader.number(UInt32.self)))
        case .failed:
            let kind = Int(try reader.number(UInt8.self)), operation = Int(try reader.number(UInt8.self))
            guard MediaError.Kind.allCases.indices.contains(kind),
                MediaError.Operation.allCases.indices.contains(operation)
            else { throw WireError() }
            let code = try reader.number(Int32.self)
            self = .failed(
                MediaError(
                    kind: MediaError.Kind.allCases[kind], operation: MediaError.Operation.allCases[operation],
                    code: code, location: location, detail: try reader.text()))
        case .block, nil: throw WireError()
        }
        try reader.end()
    }

    private static func put(_ track: MediaTrack, into writer: inout WireWriter) {
        writer.put(Int32(clamping: track.streamIndex))
        writer.put(Int32(clamping: track.channel ?? -1))
        writer.put(Int32(clamping: track.sampleRateHz))
        writer.put(Int32(clamping: track.channelCount))
        for name in [track.codecName, track.language ?? "", track.title ?? ""] {
            writer.put(name, maxBytes: maxNameBytes)
        }
    }

    private static func put(_ track: PictureTrack, into writer: inout WireWriter) {
        writer.put(Int32(clamping: track.streamIndex))
        writer.put(Int32(clamping: track.width))
        writer.put(Int32(clamping: track.height))
        writer.put(track.codecName, maxBytes: maxNameBytes)
    }

    private static func pictureTrack(
        _ index: Int, from reader: inout WireReader
    ) throws(WireError) -> PictureTrack {
        let stream = Int(try reader.number(Int32.self))
        let width = Int(try reader.number(Int32.self)), height = Int(try reader.number(Int32.self))
        guard stream >= 0, width >= 0, height >= 0 else { throw WireError() }
        return PictureTrack(
            index: index, streamIndex: stream, codecName: try reader.text(maxBytes: maxNameBytes), width: width,
            height: height)
    }

    private static func track(_ index: Int, from reader: inout WireReader) throws(WireError) -> MediaTrack {
        let stream = Int(try reader.number(Int32.self)), channel = Int(try reader.number(Int32.self))
        let rate = Int(try reader.number(Int32.self)), channels = Int(try reader.number(Int32.self))
        guard stream >= 0, channel >= -1, rate >= 0, channels >= 0 else { throw WireError() }
        let codec = try reader.text(maxBytes: maxNameBytes)
        let language = try reader.text(maxBytes: maxNameBytes), title = try reader.text(maxBytes: maxNameBytes)
        return MediaTrack(
            index: index, streamIndex: stream, channel: channel < 0 ? nil : channel, codecName: codec,
            sampleRateHz: rate, channelCount: channels, language: language.isEmpty ? nil : language,
            title: title.isEmpty ? nil : title)
    }
}

extension ReadOutcome {
    fileprivate var number: UInt8 {
        switch self {
        case .delivered: 0
        case .idle: 1
        case .end: 2
        }
    }

    fileprivate init?(number: UInt8) {
        switch number {
        case 0: self = .delivered
        case 1: self = .idle
        case 2: self = .end
        default: return nil
        }
    }
}
