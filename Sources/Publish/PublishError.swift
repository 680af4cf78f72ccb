/// Why the publisher could not start, in words for the person who has to mend it.
public struct PublishError: Error, Sendable, CustomStringConvertible {
    /// What kind of problem it is.
    public enum Code: String, Sendable {
        /// A value of the configuration is out of range.
        case configuration
        /// The folder of the socket is missing.
        case missingFolder
        /// Something that is no socket has the name of the socket.
        case notASocket
        /// A live process answers on the socket.
        case inUse
        /// The handed-over descriptor is no listening Unix stream socket.
        case notAListener
        /// The publisher was already started or stopped.
        case state
        /// A system call failed for another reason.
        case system
    }

    /// What kind of problem it is.
    public let code: Code
    /// What is wrong, where, and what to do.
    public let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
