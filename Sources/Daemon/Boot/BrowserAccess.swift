import Control
import ControlAPI
import Events
import Foundation
import Glibc
import Kit
import Logging
import NIOPosix
import Settings

/// The listener for browsers, as far as the configuration wants one, and the tokens with which they come.
struct BrowserAccess: TokenBackend {
    private let settings: Settings.Sockets
    private let tokens: AccessTokens
    private let listening: Listening?

    private struct Listening {
        let descriptor: Int32
        let configuration: BrowserConfiguration
        /// Address of the page without its query.
        let page: String
    }

    /// Seconds for which a token may hold, and does if nothing is said.
    private static let ttlRange = 1...30 * 86_400, standardTTL = 86_400

    /// Opens the port.
    ///
    /// - Throws: `DaemonError` where it can't be opened, or a file of the configuration can't be used.
    init(_ settings: Settings.Sockets, _ logger: Logger) throws(DaemonError) {
        self.settings = settings
        tokens = AccessTokens()
        guard let address = settings.http else {
            listening = nil
            return
        }
        tokens.setFiled(try Self.filedTokens(settings))
        let configuration = try Self.configuration(settings, address)
        let (descriptor, port) = try ConnectionListener.listen(
            host: address.host, port: address.port, setting: "sockets.http")
        let host =
            address.isWildcard
            ? settings.httpHosts.first ?? (address.host == "::" ? "[::1]" : "127.0.0.1")
            : address.urlHost
        let page = "\(configuration.scheme)://\(host):\(port)/overlay"
        listening = Listening(descriptor: descriptor, configuration: configuration, page: page)
        logger.info("browsers are served on \(page)")
        if !address.isLoopback {
            logger.warning("sockets.http listens on \(address.urlHost):\(port), which other machines reach")
        }
    }

    /// Whether what the settings name can be used, without opening anything.
    static func check(_ settings: Settings.Sockets) throws(DaemonError) {
        guard let address = settings.http else { return }
        _ = try filedTokens(settings)
        _ = try configuration(settings, address)
    }

    private static func filedTokens(_ settings: Settings.Sockets) throws(DaemonError) -> [AccessTokens.Filed] {
        guard let path = settings.httpTokens else { return [] }
        do throws(TokenFileError) { return try AccessTokens.read(file: path) } catch {
            throw DaemonError(exitCode: 78, message: error.description)
        }
    }

    private static func configuration(
        _ settings: Settings.Sockets, _ address: Settings.ListenAddress
    ) throws(DaemonError) -> BrowserConfiguration {
        var configuration = BrowserConfiguration(
            hosts: BrowserConfiguration.loopbackHosts.union(settings.httpHosts), origins: Set(settings.httpOrigins))
        if !address.isWildcard { configuration.hosts.insert(address.urlHost.lowercased()) }
        if let certificate = settings.httpCertificate, let key = settings.httpKey {
            do throws(TLSFilesError) {
                configuration.tls = try BrowserConfiguration.tls(certificate: certificate, key: key)
            } catch {
                throw DaemonError(exitCode: 78, message: error.description)
            }
        }
        return configuration
    }

    /// The server; nil where the configuration wants none.
    func server(
        backend: any ControlBackend, store: any StoredBackend, status: any StatusBackend, events: any EventBackend,
        limits: ConnectionLimits, eventLoopGroup: MultiThreadedEventLoopGroup
    ) -> BrowserServer? {
        listening.map { listening in
            BrowserServer(
                descriptor: listening.descriptor, configuration: listening.configuration, tokens: tokens,
                version: attuneVersion, backend: backend, store: store, status: status, events: events,
                limits: limits, eventLoopGroup: eventLoopGroup, logger: Logger(label: "http"))
        }
    }

    /// Closes the port, where nobody has served it.
    func close() {
        if let listening { _ = Glibc.close(listening.descriptor) }
    }

    // MARK: Tokens

    /// Reads the file of tokens again.
    ///
    /// - Returns: what puts them in force, and says whether anything has changed.
    func reread() throws(DaemonError) -> @Sendable () -> Bool {
        guard listening != nil else { return { false } }
        let filed = try Self.filedTokens(settings)
        return { [tokens] in tokens.setFiled(filed) }
    }

    func issue(_ request: TokenRequest) async throws(Problem) -> IssuedToken {
        guard let listening else {
            throw Problem(
                status: 409, type: .httpOff,
                detail: "nobody serves browsers; set sockets.http, such as 127.0.0.1:8480, and restart the daemon")
        }
        let ttl = request.ttlSeconds ?? Self.standardTTL
        guard Self.ttlRange.contains(ttl) else {
            throw Problem(
                status: 422, type: .invalidRequest,
                detail: "ttl_s must be \(Self.ttlRange.lowerBound) to \(Self.ttlRange.upperBound) seconds; "
                    + "for longer put a token into sockets.http_tokens")
        }
        let session = request.session.map(canonicalName)
        if let session { try AttachValidation.checkName(session, what: "session") }
        let (token, expiry) = try tokens.issue(session: session, mayWrite: request.write ?? false, seconds: ttl)
        let rest = session.map { "&session=\(Self.escaped($0))" } ?? ""
        return IssuedToken(
            token: token, expiresAt: rfc3339(expiry), url: "\(listening.page)?token=\(token)\(rest)")
    }

    func revoke() async throws(Problem) -> RevokedTokens {
        RevokedTokens(revoked: tokens.revokeIssued())
    }

    private static func escaped(_ name: String) -> String {
        name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? name
    }
}
