import CFuzz
import Decode
import Glibc
import MediaTypes
import RTP

/// What the first byte of an input chooses.
enum Kind: UInt8, CaseIterable {
    /// Datagrams of RTP and RTCP.
    case datagrams
    /// A description: SDP, an RTP URL, a key.
    case description
    /// Datagrams of SRTP.
    case secureDatagrams
    /// A connection to the PCM socket: the hello line, then samples.
    case samples
    /// A connection of AudioSocket.
    case call
    /// What sources and speakers do to a session.
    case session
    /// What a worker says.
    case worker
    /// Messages of a sender by WebSocket, in any dialect.
    case dialect
    /// Datagrams of RTP with pictures.
    case pictures
}

let status = attune_fuzz(CommandLine.argc, CommandLine.unsafeArgv) { data, size in
    let bytes = UnsafeBufferPointer(start: data, count: size)
    guard let first = bytes.first, let kind = Kind(rawValue: first) else { return 0 }
    let rest = UnsafeBufferPointer(rebasing: bytes.dropFirst())
    switch kind {
    case .datagrams: receive(rest.span)
    case .description: describe(rest)
    case .secureDatagrams: decrypt(rest.span)
    case .samples: greet(Array(rest))
    case .call: call(Array(rest))
    case .session: converse(rest.span)
    case .worker: hear(rest)
    case .dialect: listen(rest.span)
    case .pictures: watch(rest.span)
    }
    return 0
}
exit(status)
