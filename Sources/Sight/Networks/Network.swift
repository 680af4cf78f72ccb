import CLiteRT

/// A network or its library can't be used.
public struct NetworkError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, in words.
    public let description: String

    /// What is wrong, in words.
    public init(description: String) { self.description = description }
}

/// LiteRT's library, opened at run time. It and the networks made with it belong to one thread at a time.
public final class NetworkLibrary {
    fileprivate let handle: OpaquePointer
    fileprivate static let reasonBytes = 512

    /// Opens the library at `path`.
    public init(path: String) throws(NetworkError) {
        var reason = [CChar](repeating: 0, count: Self.reasonBytes)
        guard let opened = attune_litert_open(path, &reason, reason.count) else {
            throw NetworkError(description: Self.text(reason))
        }
        handle = opened
    }

    deinit {
        attune_litert_close(handle)
    }

    fileprivate static func text(_ reason: [CChar]) -> String {
        String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// A network of one input and some outputs, all of floats.
final class Network {
    /// The input, to be filled before `run`.
    let input: FloatBuffer
    /// The outputs of the last run.
    let outputs: [FloatBuffer]

    private let library: NetworkLibrary
    private let handle: OpaquePointer
    // Read by the network for as long as it lives.
    private let weights: NetworkFile

    /// The network of a TFLite file; its input and outputs must have these counts of values.
    init(
        _ library: NetworkLibrary, weights: NetworkFile, name: String, inputCount: Int, outputCounts: [Int]
    ) throws(NetworkError) {
        let bytes = weights.bytes
        var reason = [CChar](repeating: 0, count: NetworkLibrary.reasonBytes)
        guard let made = attune_network_make(library.handle, bytes.baseAddress, bytes.count, &reason, reason.count)
        else { throw NetworkError(description: "\(name): \(NetworkLibrary.text(reason))") }
        let counts = (0..<attune_network_output_total(made)).map { attune_network_output_count(made, $0) }
        guard attune_network_input_count(made) == inputCount, counts == outputCounts else {
            attune_network_free(made)
            throw NetworkError(description: "\(name): it has other inputs or outputs than expected")
        }
        self.library = library
        self.weights = weights
        handle = made
        input = FloatBuffer(count: inputCount)
        outputs = outputCounts.map(FloatBuffer.init(count:))
    }

    deinit {
        attune_network_free(handle)
    }

    /// Runs it on the input; false where it fails, and then the outputs mean nothing.
    func run() -> Bool {
        withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<Float>?.self, capacity: outputs.count) { pointers in
            for (index, output) in outputs.enumerated() { pointers.initializeElement(at: index, to: output.base) }
            return attune_network_run(handle, input.base, pointers.baseAddress) == 0
        }
    }
}

/// A fixed-size owned block of floats.
final class FloatBuffer {
    /// First value. Valid for `count` values for as long as the buffer lives.
    let base: UnsafeMutablePointer<Float>
    let count: Int

    init(count: Int) {
        self.count = count
        base = .allocate(capacity: count)
        base.initialize(repeating: 0, count: count)
    }

    deinit {
        base.deallocate()
    }

    /// The value at `index`; the callers keep it inside `0 ..< count`, which debug builds check.
    subscript(index: Int) -> Float {
        assert(index >= 0 && index < count)
        return base[index]
    }
}
