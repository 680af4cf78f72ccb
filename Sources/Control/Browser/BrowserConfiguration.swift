public import NIOSSL
public import Overlay

/// How browsers are served.
public struct BrowserConfiguration: Sendable {
    /// Names by which the listener may be addressed, in small letters and without a port.
    public var hosts: Set<String>
    /// Pages of others that may ask, and show the page within theirs: `https://example.org`.
    public var origins: Set<String>
    /// The page.
    public var page: OverlayPage
    /// For TLS; nil without.
    public var tls: NIOSSLContext?

    /// Names that mean this machine, whatever the listener's address.
    public static let loopbackHosts: Set<String> = ["localhost", "127.0.0.1", "[::1]"]

    /// A configuration.
    public init(
        hosts: Set<String>, origins: Set<String> = [], page: OverlayPage = .standard, tls: NIOSSLContext? = nil
    ) {
        self.hosts = hosts
        self.origins = origins
        self.page = page
        self.tls = tls
    }

    /// `http` or `https`.
    public var scheme: String { tls == nil ? "http" : "https" }
}

/// Why TLS can't be had, in one line.
public struct TLSFilesError: Error, Sendable, CustomStringConvertible {
    /// The line.
    public let description: String
}

extension BrowserConfiguration {
    /// TLS with a certificate chain and its key, both PEM.
    ///
    /// - Parameter setting: the beginning of the settings that name the files, for errors.
    /// - Throws: which file can't be used, and what to do.
    public static func tls(
        certificate: String, key: String, setting: String = "sockets.http"
    ) throws(TLSFilesError) -> NIOSSLContext {
        let chain: [NIOSSLCertificate]
        do { chain = try NIOSSLCertificate.fromPEMFile(certificate) } catch {
            throw TLSFilesError(
                description: "\(setting)_certificate: \(certificate) cannot be read as certificates in PEM form; "
                    + "check the path and who may read it")
        }
        let privateKey: NIOSSLPrivateKey
        do { privateKey = try NIOSSLPrivateKey(file: key, format: .pem) } catch {
            throw TLSFilesError(
                description: "\(setting)_key: \(key) cannot be read as a key in PEM form without a passphrase; "
                    + "check the path and who may read it")
        }
        do {
            return try NIOSSLContext(
                configuration: .makeServerConfiguration(
                    certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(privateKey)))
        } catch {
            throw TLSFilesError(
                description: "\(setting)_key: \(key) does not go with the certificate in \(certificate); "
                    + "name the key that it was made for")
        }
    }
}
