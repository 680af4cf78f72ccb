import ControlAPI
import Glibc
import Logging
import Publish
public import Settings
import Store

/// Checks what a configuration needs on this machine, without starting anything.
///
/// - Throws: `DaemonError` where the daemon would not start with it.
public func checkDaemon(_ settings: Settings) throws(DaemonError) {
    if let fault = faults(of: settings).first { throw fault }
}

/// Everything that would keep a daemon with this configuration from its start, one line each: what `checkDaemon` looks
/// at, and files, folders and ports.
public func startFaults(_ settings: Settings) -> [String] {
    var found = faults(of: settings)
    let silent = Logger(label: "check") { _ in SwiftLogNoOpLogHandler() }
    note(&found) { () throws(DaemonError) in _ = try speechDetection(settings.voice, silent) }
    note(&found) { () throws(DaemonError) in _ = try textAnalyzer(settings.captions, silent) }
    do { _ = try CueActions.make(settings.cues, silent) } catch {
        found.append(error as? DaemonError ?? DaemonError(exitCode: 78, message: "cues.on_raise: \(error)"))
    }
    let sockets = [
        ("sockets.events", settings.sockets.events), ("sockets.control", settings.sockets.control),
        ("sources.pcm_socket", settings.sources.pcmSocket ?? ""),
    ]
    for (key, path) in sockets where !path.isEmpty {
        note(&found) { () throws(DaemonError) in try checkFolder(of: path, key) }
    }
    // A daemon that runs has its ports, and would have them again.
    if (try? connectUnix(settings.sockets.control)) == nil {
        let ports = [
            ("sockets.http", settings.sockets.http.map { ($0.host, $0.port) }),
            ("sources.audiosocket", settings.sources.audioSocket.map { ($0.host, $0.port) }),
            ("sources.websocket", settings.sources.webSocket.map { ($0.host, $0.port) }),
        ]
        for (key, address) in ports {
            guard let (host, port) = address else { continue }
            note(&found) { () throws(DaemonError) in
                close(try ConnectionListener.listen(host: host, port: port, setting: key).descriptor)
            }
        }
    }
    return found.map(\.message)
}

/// What reads nothing large and opens nothing.
private func faults(of settings: Settings) -> [DaemonError] {
    var found: [DaemonError] = []
    note(&found) { () throws(DaemonError) in _ = try groupID(of: settings.sockets.group) }
    note(&found) { () throws(DaemonError) in _ = try policy(of: settings.policy) }
    note(&found) { () throws(DaemonError) in try BrowserAccess.check(settings.sockets) }
    note(&found) { () throws(DaemonError) in try NodeLink.check(settings.bus) }
    note(&found) { () throws(DaemonError) in _ = try WebSocketListener.tls(settings.sources) }
    for (index, source) in settings.sources.attach.enumerated() {
        do throws(Problem) { _ = try AttachValidation.tracks(of: try source.request().withCanonicalNames) } catch {
            found.append(DaemonError(exitCode: 78, message: "sources.attach \(index + 1): \(error.detail)"))
        }
    }
    if let path = settings.store.path {
        do throws(StoreError) { try Store.check(path: path) } catch {
            found.append(DaemonError(exitCode: 78, message: error.description))
        }
    }
    return found
}

private func note(_ found: inout [DaemonError], _ check: () throws(DaemonError) -> Void) {
    do throws(DaemonError) { try check() } catch { found.append(error) }
}

private func checkFolder(of path: String, _ key: String) throws(DaemonError) {
    let folder = path.prefix(upTo: path.lastIndex(of: "/") ?? path.startIndex)
    guard access(folder.isEmpty ? "/" : String(folder), W_OK | X_OK) != 0 else { return }
    // The unit makes that one when it starts (RuntimeDirectory=attune).
    if folder == "/run/attune", errno == ENOENT { return }
    throw DaemonError(
        exitCode: 78,
        message: "\(key): sockets can't be made in '\(folder)' (\(String(cString: strerror(errno)))); make the folder, "
            + "owned by the daemon's user, or name another")
}

/// Whether somebody listens on a Unix socket.
private func connectUnix(_ path: String) throws(DaemonError) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    guard result == 0 else { throw DaemonError(exitCode: 69, message: "nobody listens on \(path)") }
}
