import Foundation
import Kit

/// The page that people look at: one file of HTML, with one script and one style sheet in it.
public struct OverlayPage: Sendable {
    /// The page, UTF-8.
    public let html: [UInt8]
    /// What a content security policy allows so that the script, and nothing else, runs: `'sha256-…'`.
    public let scriptSource: String
    /// The same for the style sheet.
    public let styleSource: String

    /// A page.
    ///
    /// What it lacks is allowed to nobody: without the script, or with a second one, the browser shows a page that
    /// does nothing.
    public init(html: [UInt8]) {
        self.html = html
        scriptSource = Self.source(of: html, from: #"<script type="module">"#, to: "</script>")
        styleSource = Self.source(of: html, from: "<style>", to: "</style>")
    }

    /// The page of this program.
    public static let standard = OverlayPage(html: PackageResources.overlay_html)

    /// CSP Level 3, section 8.4: the digest of what lies between the tags, byte by byte.
    private static func source(of html: [UInt8], from start: String, to end: String) -> String {
        let data = Data(html)
        guard let opening = data.range(of: Data(start.utf8)),
            let closing = data.range(of: Data(end.utf8), in: opening.upperBound..<data.endIndex)
        else { return "'none'" }
        let digest = sha256Digest(Array(data[opening.upperBound..<closing.lowerBound]))
        return "'sha256-\(Data(digest).base64EncodedString())'"
    }
}
