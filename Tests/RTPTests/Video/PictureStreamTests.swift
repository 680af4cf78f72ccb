import Testing

@testable import RTP

/// The stream in which pictures go to another process, as a reader of RFC 8794 and RFC 9559 takes it apart.
@Suite struct PictureStreamTests {
    /// An element: its id, and where its content lies; nil for a size that is not known.
    private struct Element: Equatable {
        var id: UInt64
        var content: Range<Int>
        var isOpen = false
    }

    /// The elements that lie side by side in a range.
    private func elements(_ bytes: [UInt8], _ range: Range<Int>) throws -> [Element] {
        var found: [Element] = []
        var place = range.lowerBound
        func number(keepsMark: Bool) throws -> (value: UInt64, isUnknown: Bool) {
            let first = try #require(place < range.upperBound ? bytes[place] : nil)
            let length = first.leadingZeroBitCount + 1
            try #require(length <= 8 && place + length <= range.upperBound)
            var value = UInt64(keepsMark ? first : first & (0xFF >> UInt8(length)))
            for index in 1..<max(length, 1) { value = value << 8 | UInt64(bytes[place + index]) }
            place += length
            return (value, value == (1 << (7 * UInt64(length))) - 1)
        }
        while place < range.upperBound {
            let id = try number(keepsMark: true).value, size = try number(keepsMark: false)
            let end = size.isUnknown ? range.upperBound : place + Int(size.value)
            try #require(end <= range.upperBound)
            found.append(Element(id: id, content: place..<end, isOpen: size.isUnknown))
            place = end
        }
        return found
    }

    private func value(_ bytes: [UInt8], _ element: Element?) throws -> UInt64 {
        try bytes[#require(element).content].reduce(0) { $0 << 8 | UInt64($1) }
    }

    @Test(arguments: [(VideoPayload.h264, "V_MPEG4/ISO/AVC"), (.vp8, "V_VP8")])
    func aReaderFindsThePictures(payload: VideoPayload, codec: String) throws {
        let pictures: [(milliseconds: Int64, isKey: Bool, bytes: [UInt8])] = [
            (0, true, [UInt8](repeating: 7, count: 100_000)), (33, false, [1, 2, 3]), (1 << 33, false, [4]),
            (-5, true, []),
        ]
        var bytes = PictureStream.header(of: payload)
        for picture in pictures {
            bytes += PictureStream.head(
                milliseconds: picture.milliseconds, isKey: picture.isKey, byteCount: picture.bytes.count)
            bytes += picture.bytes
        }
        let top = try elements(bytes, bytes.indices)
        #expect(top.map(\.id) == [0x1A45_DFA3, 0x1853_8067] && top.map(\.isOpen) == [false, true])
        let parts = try elements(bytes, top[1].content)
        #expect(parts.map(\.id) == [0x1549_A966, 0x1654_AE6B] + pictures.map { _ in 0x1F43_B675 })
        let entry = try elements(bytes, elements(bytes, parts[1].content)[0].content)
        #expect(
            String(decoding: bytes[try #require(entry.first { $0.id == 0x86 }).content], as: UTF8.self) == codec)
        #expect(try value(bytes, entry.first { $0.id == 0x83 }) == 1)
        for (cluster, picture) in zip(parts.dropFirst(2), pictures) {
            let inner = try elements(bytes, cluster.content)
            #expect(try value(bytes, inner.first { $0.id == 0xE7 }) == UInt64(max(0, picture.milliseconds)))
            let block = try #require(inner.first { $0.id == 0xA3 })
            #expect(Array(bytes[block.content]) == [0x81, 0, 0, picture.isKey ? 0x80 : 0] + picture.bytes)
        }
    }
}
