import COnnxRuntime

/// What tells voices apart can't be used.
public struct VoiceModelError: Error, Sendable, CustomStringConvertible {
    /// What is wrong, in words.
    public let description: String

    /// What is wrong, in words.
    public init(description: String) { self.description = description }
}

/// ONNX Runtime's library, opened at run time. It and the networks made with it belong to one thread at a time.
public final class OnnxLibrary {
    fileprivate let handle: OpaquePointer
    fileprivate static let reasonBytes = 512

    /// Opens the library at `path`.
    public init(path: String) throws(VoiceModelError) {
        var reason = [CChar](repeating: 0, count: Self.reasonBytes)
        guard let opened = attune_onnx_open(path, &reason, reason.count) else {
            throw VoiceModelError(description: Self.text(reason))
        }
        handle = opened
    }

    deinit { attune_onnx_close(handle) }

    fileprivate static func text(_ reason: [CChar]) -> String {
        String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

/// A network of one input and one output, both of floats.
final class OnnxNetwork {
    private let library: OnnxLibrary
    private let handle: OpaquePointer

    /// The network in the bytes of an ONNX file.
    init(_ library: OnnxLibrary, weights: [UInt8], name: String, input: StaticString) throws(VoiceModelError) {
        var reason = [CChar](repeating: 0, count: OnnxLibrary.reasonBytes)
        // A static string ends with a zero and lives for ever.
        let inputName = UnsafeRawPointer(input.utf8Start).assumingMemoryBound(to: CChar.self)
        guard
            let made = attune_onnx_network_make(
                library.handle, weights, weights.count, inputName, &reason, reason.count)
        else { throw VoiceModelError(description: "\(name): \(OnnxLibrary.text(reason))") }
        self.library = library
        handle = made
    }

    deinit { attune_onnx_network_free(handle) }

    /// Runs the network; false where that fails. The buffers hold as many values as their shapes say.
    func run(_ input: [Float], _ shape: [Int], into output: inout [Float], _ outputShape: [Int]) -> Bool {
        precondition(input.count == shape.reduce(1, *) && output.count == outputShape.reduce(1, *))
        return attune_onnx_network_run(handle, input, Self.shape(shape), &output, Self.shape(outputShape)) == 0
    }

    private static func shape(_ dimensions: [Int]) -> attune_onnx_shape {
        precondition(dimensions.count <= 4)
        var shape = attune_onnx_shape()
        shape.rank = dimensions.count
        withUnsafeMutableBytes(of: &shape.dimensions) { bytes in
            for (index, value) in dimensions.enumerated() {
                bytes.storeBytes(of: Int64(value), toByteOffset: index * 8, as: Int64.self)
            }
        }
        return shape
    }
}
