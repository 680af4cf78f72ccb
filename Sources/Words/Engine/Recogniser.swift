/// Something that writes down speech. Another model is another type that does this.
public protocol Recogniser: Sendable {
    /// Samples of 16 kHz that it takes at once, at most.
    static var maxSamples: Int { get }

    /// What is said in an utterance of 16 kHz mono; an empty text where nothing is. Threads may call it at once, each
    /// waits for its own.
    ///
    /// - Returns: nil where it can't be decoded.
    func text(of samples: UnsafeBufferPointer<Float>) -> String?
}

/// A recogniser can't be used.
public struct RecogniserError: Error, Equatable, CustomStringConvertible {
    /// One line that names what is wrong and the remedy.
    public let description: String

    /// An error.
    public init(_ description: String) { self.description = description }
}
