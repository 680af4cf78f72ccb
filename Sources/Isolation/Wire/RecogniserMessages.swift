/// What the process of the recogniser is told first.
package struct RecogniserOrder: Equatable {
    /// Version of the messages, none of those of `WorkerOrder`.
    package static let version: UInt16 = 0x5201

    /// Folder of the model.
    package var folder: String
    /// Address space beyond the loaded model, MiB.
    package var memoryMebibytes: Int
    /// Units at a time.
    package var slots: Int

    package init(folder: String, memoryMebibytes: Int, slots: Int) {
        (self.folder, self.memoryMebibytes, self.slots) = (folder, memoryMebibytes, slots)
    }

    package func encoded() -> [UInt8] {
        var writer = WireWriter()
        writer.put(Self.version)
        writer.put(folder)
        writer.put(UInt32(clamping: memoryMebibytes))
        writer.put(UInt8(clamping: slots))
        return writer.bytes
    }

    package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = WireReader(bytes[...])
        guard try reader.number(UInt16.self) == Self.version else { throw WireError() }
        folder = try reader.text()
        memoryMebibytes = Int(try reader.number(UInt32.self))
        slots = Int(try reader.number(UInt8.self))
        guard (1...RecogniserAnswer.maxSlots).contains(slots), memoryMebibytes <= 1 << 16 else { throw WireError() }
        try reader.end()
    }
}

/// A piece of the audio of a unit: a head of 16 bytes, so that the samples behind it are aligned.
package struct UnitMessage {
    /// Samples of one message.
    package static let maxSamples = BlockMessage.maxSamples
    /// Samples of a unit.
    package static let maxUnitSamples = 12 * 16_000
    private static let headBytes = 16

    package let slot: Int
    package let isLast: Bool
    package let samples: UnsafeBufferPointer<Float>

    /// Writes a piece into `buffer`, which has room for it.
    package static func encode(
        slot: Int, isLast: Bool, samples: UnsafeBufferPointer<Float>, into buffer: UnsafeMutableRawBufferPointer
    ) -> UnsafeRawBufferPointer {
        let bytes = samples.count * MemoryLayout<Float>.size
        buffer.storeBytes(of: UInt8(slot), toByteOffset: 0, as: UInt8.self)
        buffer.storeBytes(of: isLast ? 1 : 0, toByteOffset: 1, as: UInt8.self)
        UnsafeMutableRawBufferPointer(rebasing: buffer[2..<headBytes]).initializeMemory(as: UInt8.self, repeating: 0)
        UnsafeMutableRawBufferPointer(rebasing: buffer[headBytes..<headBytes + bytes])
            .copyMemory(from: UnsafeRawBufferPointer(samples))
        return UnsafeRawBufferPointer(rebasing: buffer[..<(headBytes + bytes)])
    }

    /// The piece that a message is, lent from `bytes`, which must be aligned to 16 bytes and outlive it.
    package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        let sampleBytes = bytes.count - Self.headBytes
        guard sampleBytes > 0, sampleBytes.isMultiple(of: MemoryLayout<Float>.size),
            bytes.count <= BlockMessage.maxBytes,
            bytes[1] <= 1
        else { throw WireError() }
        slot = Int(bytes[0])
        isLast = bytes[1] == 1
        samples = UnsafeRawBufferPointer(rebasing: bytes[Self.headBytes...]).assumingMemoryBound(to: Float.self)
    }
}

/// What the process of the recogniser says.
package enum RecogniserAnswer: Equatable {
    /// The model is loaded, and the process has given up what it can.
    case ready(landlock: Int, isFiltered: Bool)
    /// What is said in a unit, masked; nil where it could not be decoded. It took so much CPU time.
    case text(slot: Int, String?, milliseconds: Int)
    /// It can't work; nothing follows.
    case failed(String)

    package static let maxSlots = 8
    /// Bytes of the text of a unit: some fifty times what can be said in it.
    package static let maxTextBytes = 4_096

    private enum Tag: UInt8 { case ready = 1, text, failed }

    package func encoded() -> [UInt8] {
        var writer = WireWriter()
        switch self {
        case .ready(let landlock, let isFiltered):
            writer.put(Tag.ready.rawValue)
            writer.put(RecogniserOrder.version)
            writer.put(UInt16(clamping: landlock))
            writer.put(isFiltered)
        case .text(let slot, let text, let milliseconds):
            writer.put(Tag.text.rawValue)
            writer.put(UInt8(clamping: slot))
            writer.put(text != nil)
            writer.put(UInt32(clamping: milliseconds))
            writer.put(text ?? "", maxBytes: Self.maxTextBytes)
        case .failed(let reason):
            writer.put(Tag.failed.rawValue)
            writer.put(reason, maxBytes: 1_024)
        }
        return writer.bytes
    }

    package init(decoding bytes: UnsafeRawBufferPointer) throws(WireError) {
        var reader = WireReader(bytes[...])
        switch Tag(rawValue: try reader.number()) {
        case .ready:
            guard try reader.number(UInt16.self) == RecogniserOrder.version else { throw WireError() }
            self = .ready(landlock: Int(try reader.number(UInt16.self)), isFiltered: try reader.flag())
        case .text:
            let slot = Int(try reader.number(UInt8.self)), isThere = try reader.flag()
            let milliseconds = Int(try reader.number(UInt32.self))
            let text = try reader.text(maxBytes: Self.maxTextBytes)
            guard slot < Self.maxSlots else { throw WireError() }
            self = .text(slot: slot, isThere ? text : nil, milliseconds: milliseconds)
        case .failed: self = .failed(try reader.text(maxBytes: 1_024))
        case nil: throw WireError()
        }
        try reader.end()
    }
}
