import CFFmpeg
import Glibc

/// An `AVIOContext` over a pipe, FIFO or inherited descriptor.
///
/// FFmpeg's own protocol for these blocks in `open` and `read`, out of reach of the interrupt callback. This
/// one opens without waiting for a writer and reads only what `poll` says is there.
struct DescriptorIO: ~Copyable {
    private static let bufferBytes = 32 * 1024

    let context: UnsafeMutablePointer<AVIOContext>
    // The callback gets it unretained; this struct outlives the context that calls back.
    private let reader: DescriptorReader

    init(_ location: Location, source: ErrorSource) throws(MediaError) {
        let reader: DescriptorReader
        switch location {
        case .fifo(let path):
            let descriptor = Glibc.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
            guard descriptor >= 0 else { throw source.error(code: -errno, .open) }
            reader = DescriptorReader(descriptor, isOwned: true, interrupt: source.interrupt)
        case .descriptor(let descriptor):
            reader = DescriptorReader(descriptor, isOwned: false, interrupt: source.interrupt)
        case .file, .url:
            throw source.error(.unsupported, .open)
        }
        let buffer = av_malloc(DescriptorIO.bufferBytes)
        let context = avio_alloc_context(
            buffer?.assumingMemoryBound(to: UInt8.self), Int32(DescriptorIO.bufferBytes), 0,
            Unmanaged.passUnretained(reader).toOpaque(),
            { opaque, buffer, size in
                guard let opaque, let buffer else { return attune_error_invalid_data }
                // `opaque` is the reader, kept alive by the struct that owns this context.
                let reader = Unmanaged<DescriptorReader>.fromOpaque(opaque).takeUnretainedValue()
                return reader.read(into: buffer, count: Int(size))
            }, nil, nil)
        guard let context else {
            av_free(buffer)
            throw source.error(code: -ENOMEM, .open)
        }
        self.reader = reader
        self.context = context
    }

    deinit {
        // FFmpeg may have replaced the buffer that it was given.
        av_free(context.pointee.buffer)
        var context: UnsafeMutablePointer<AVIOContext>? = context
        avio_context_free(&context)
    }
}

/// Reads a descriptor without ever waiting longer than the interrupt allows.
final class DescriptorReader {
    /// How often a wait looks whether it is over.
    private static let pollMilliseconds: Int32 = 100

    private let descriptor: Int32
    private let isOwned: Bool
    private let interrupt: Interrupt

    init(_ descriptor: Int32, isOwned: Bool, interrupt: Interrupt) {
        self.descriptor = descriptor
        self.isOwned = isOwned
        self.interrupt = interrupt
    }

    deinit {
        if isOwned { close(descriptor) }
    }

    /// Bytes read, or an FFmpeg error number.
    ///
    /// A FIFO that no writer has opened yet polls as silent, one whose writers are gone as hung up.
    func read(into buffer: UnsafeMutablePointer<UInt8>, count: Int) -> Int32 {
        while !interrupt.isDue {
            var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&request, 1, DescriptorReader.pollMilliseconds) > 0 else { continue }
            let received = Glibc.read(descriptor, buffer, count)
            if received > 0 { return Int32(truncatingIfNeeded: received) }
            if received == 0 { return attune_error_eof }
            if errno != EAGAIN, errno != EINTR { return -errno }
        }
        return attune_error_exit
    }
}
