import CPlatform
import Glibc
import Publish
import Settings

/// Listening sockets that a service manager handed over (sd_listen_fds(3), systemd's socket activation).
struct InheritedSockets {
    /// Descriptors; nil for one that the daemon has to open itself.
    private(set) var events: CInt?, control: CInt?

    /// The first descriptor after standard error.
    private static let first: CInt = 3
    private static let most = 16

    /// Tells which socket is which by its name, `events` or `control`, else by the path that it is bound to.
    ///
    /// - Parameter environment: value of a variable of the environment.
    /// - Throws: what is no socket of the daemon's.
    init(_ sockets: Settings.Sockets, environment: (String) -> String? = Self.variable) throws(DaemonError) {
        // Another process may be meant: one that has started this one.
        guard let process = environment("LISTEN_PID"), process == String(getpid()) else { return }
        guard let count = environment("LISTEN_FDS").flatMap(Int.init), (1...Self.most).contains(count) else { return }
        let names = environment("LISTEN_FDNAMES")?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        for index in 0..<count {
            let descriptor = Self.first + CInt(index)
            let path = Self.path(of: descriptor)
            let name = index < names.count ? String(names[index]) : ""
            switch (name, path) {
            case ("events", _), (_, sockets.events): try Self.set(&events, descriptor, "events")
            case ("control", _), (_, sockets.control): try Self.set(&control, descriptor, "control")
            default:
                throw DaemonError(
                    exitCode: 78,
                    message: "descriptor \(descriptor) (\(path ?? "no Unix socket")) was handed over and is neither "
                        + "sockets.events nor sockets.control; make ListenStream= of the socket unit equal to one of "
                        + "them, or name it with FileDescriptorName=events or =control")
            }
        }
    }

    private static func set(_ place: inout CInt?, _ descriptor: CInt, _ name: String) throws(DaemonError) {
        guard place == nil else {
            throw DaemonError(
                exitCode: 78,
                message: "two \(name) sockets were handed over; remove one ListenStream= of the socket unit")
        }
        place = descriptor
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }
    }

    private static func path(of descriptor: CInt) -> String? {
        var text = [CChar](repeating: 0, count: attune_unix_path_limit() + 1)
        guard attune_unix_path(descriptor, &text) == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
