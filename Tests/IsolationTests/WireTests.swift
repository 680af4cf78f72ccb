import Decode
import Isolation
import MediaTypes
import SeededNumbers
import Testing

@Suite struct WireTests {
    private static let face = {
        var face = FaceSighting(time: MediaTime(samples: 1 << 33), state: .live, faceCount: 2)
        face.hasFace = true
        face.presence = 0.75
        face.yawDeg = -12.5
        face.rawPitchDeg = 3.25
        face.eyeDistancePx = 41
        return face
    }()
    private static let outline = FaceOutline(
        aspectRatio: 1.5, places: (0..<2 * FaceOutline.pointCount).map { UInt16(400 * $0) })
    private static let counts = {
        var counts = PictureCounts()
        (counts.decodedPackets, counts.droppedPackets, counts.pictures, counts.errors) = (1, 2, 3, 4)
        return counts
    }()
    private static let reports: [WorkerReport] = [
        .started(landlock: 7, isFiltered: true),
        .opened(
            tracks: [
                MediaTrack(
                    index: 0, streamIndex: 1, channel: nil, codecName: "opus", sampleRateHz: 48_000, channelCount: 2,
                    language: "deu", title: "Größe"),
                MediaTrack(
                    index: 1, streamIndex: 2, channel: 3, codecName: "aac", sampleRateHz: 0, channelCount: 0,
                    language: nil, title: nil),
            ],
            pictures: [PictureTrack(index: 0, streamIndex: 3, codecName: "h264", width: 640, height: 360)],
            isFinite: true),
        .face(FaceMessage(track: 1, sighting: face)),
        .face(FaceMessage(track: 1, sighting: face, outline: outline)), .pictures(counts), .warning("odd"),
        .read(.idle, decodeErrors: 3),
        .read(.delivered, decodeErrors: 0),
        .read(.end, decodeErrors: 9),
        .failed(MediaError(kind: .tooLarge, operation: .decode, code: -12, location: "there", detail: "why")),
    ]

    private func decoded(_ bytes: [UInt8]) -> WorkerReport? {
        bytes.withUnsafeBytes { try? WorkerReport(decoding: $0[...], location: "there") }
    }

    @Test func whatIsSaidArrives() {
        for report in Self.reports { #expect(decoded(report.encoded()) == report) }
    }

    @Test func everyKindOfErrorArrives() {
        for kind in MediaError.Kind.allCases {
            for operation in MediaError.Operation.allCases {
                let report = WorkerReport.failed(MediaError(kind: kind, operation: operation, location: "there"))
                #expect(decoded(report.encoded()) == report)
            }
        }
    }

    @Test func ordersArrive() throws {
        var options = InputOptions(allowedProtocols: ["file", "http"], splitsChannels: true, readsDescriptors: false)
        options.openTimeoutMilliseconds = 123
        options.demuxerOptions = ["a": "b", "c": ""]
        var limits = WorkerLimits()
        limits.references = ["10.0.0.0/8"]
        limits.memoryMebibytes = 77
        let order = WorkerOrder("http://x/ä", options: options, limits: limits)
        let read = try order.encoded().withUnsafeBytes { try WorkerOrder(decoding: $0) }
        #expect(read.location == order.location && read.options.allowedProtocols == ["file", "http"])
        #expect(read.options.splitsChannels && read.options.openTimeoutMilliseconds == 123)
        #expect(read.options.demuxerOptions == options.demuxerOptions && !read.options.readsDescriptors)
        #expect(read.limits.references == ["10.0.0.0/8"] && read.limits.memoryMebibytes == 77)
    }

    @Test func whatIsCutShortOrGoesOnIsRefused() {
        for report in Self.reports {
            let bytes = report.encoded()
            for count in 0..<bytes.count {
                #expect(decoded(Array(bytes[..<count])) == nil, "\(report) of \(count) bytes")
            }
            #expect(decoded(bytes + [0]) == nil)
        }
    }

    /// Whatever is done to a message, it is read as some message or refused.
    @Test func mutationsAreReadOrRefused() {
        var random = SeededRandom(seed: 14)
        for _ in 0..<20_000 {
            var bytes = Self.reports[Int.random(in: 0..<Self.reports.count, using: &random)].encoded()
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: .min ... .max, using: &random)
            }
            guard let report = decoded(bytes) else { continue }
            #expect(decoded(report.encoded()) == report)
        }
    }

    @Test func namesOfTracksAreCut() {
        let long = String(repeating: "ü", count: 10_000)
        let track = MediaTrack(
            index: 0, streamIndex: 0, channel: nil, codecName: "opus", sampleRateHz: 8_000, channelCount: 1,
            language: nil, title: long)
        let bytes = WorkerReport.opened(tracks: Array(repeating: track, count: 256), isFinite: false).encoded()
        #expect(bytes.count < BlockMessage.maxBytes)
        guard case .opened(let tracks, _, _) = decoded(bytes) else { return #expect(Bool(false), "it is not read") }
        #expect(tracks.count == 256 && tracks[0].title == String(repeating: "ü", count: 48))
    }

    @Test func whatNobodyCanHaveSeenIsRefused() {
        for (field, value) in [
            (\FaceSighting.presence, Float.nan), (\.yawDeg, 181), (\.eyeDistancePx, -1), (\.mouthOpening, .infinity),
        ] {
            // The sender cannot say it, so the bytes are changed here.
            var bytes = WorkerReport.face(FaceMessage(track: 0, sighting: Self.face)).encoded()
            #expect(decoded(bytes) != nil)
            let old = Self.face[keyPath: field].bitPattern, new = value.bitPattern
            let place = bytes.indices.dropLast(3).last { index in
                (0..<4).allSatisfy { bytes[index + $0] == UInt8(truncatingIfNeeded: old >> (8 * UInt32($0))) }
            }
            guard let place else { return #expect(Bool(false), "the field is not there") }
            for index in 0..<4 { bytes[place + index] = UInt8(truncatingIfNeeded: new >> (8 * UInt32(index))) }
            #expect(decoded(bytes) == nil)
        }
    }

    @Test func contoursOfNoFaceAreRefused() throws {
        let outline = try #require(Self.outline)
        var blank = Self.face
        blank.hasFace = false
        #expect(
            decoded(WorkerReport.face(FaceMessage(track: 0, sighting: Self.face, outline: outline)).encoded()) != nil)
        #expect(decoded(WorkerReport.face(FaceMessage(track: 0, sighting: blank, outline: outline)).encoded()) == nil)
        for shape: Float in [0, -1, .nan, .infinity, 1_000] {
            #expect(FaceOutline(aspectRatio: shape, places: outline.places) == nil)
        }
        #expect(FaceOutline(aspectRatio: 1, places: Array(outline.places.dropLast())) == nil)
    }

    @Test func ordersToLookArrive() throws {
        let order = LookOrder(tracks: 0x8001, outlines: 0x8000)
        #expect(try order.encoded().withUnsafeBytes { try LookOrder(decoding: $0) } == order)
        for bytes in [
            [], [0x4C], [0x4C, 1, 2, 3], [0x4C, 1, 0, 0, 0], [0x4D, 1, 0, 0, 0, 0, 0, 0, 0],
            [0x4C, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        ] as [[UInt8]] {
            #expect(throws: WireError.self) { try bytes.withUnsafeBytes { try LookOrder(decoding: $0) } }
        }
    }

    @Test func blocksArrive() throws {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: BlockMessage.maxBytes, alignment: 16)
        defer { buffer.deallocate() }
        let samples = (0..<BlockMessage.maxSamples + 5).map { Float($0) }
        let message = BlockMessage.encode(
            track: 7, start: MediaTime(samples: 1 << 40), samples: samples.span, into: buffer)
        #expect(message.count == BlockMessage.maxBytes)
        let block = try BlockMessage(decoding: message)
        #expect(block.track == 7 && block.start.samples == 1 << 40 && block.count == BlockMessage.maxSamples)
        block.withSamples { #expect($0[0] == 0 && $0[7_999] == 7_999) }
        #expect(block.endsRead == nil)
        BlockMessage.endRead(decodeErrors: 70_000, in: buffer)
        #expect(try BlockMessage(decoding: message).endsRead == 70_000)
        for count in [0, 1, 15, 16, 17, 19] {
            #expect(throws: WireError.self) {
                try BlockMessage(decoding: UnsafeRawBufferPointer(rebasing: message[..<count]))
            }
        }
    }
}
