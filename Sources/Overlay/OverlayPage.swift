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

    /// The page of this program, put together when it is first asked for.
    public static let standard = OverlayPage(html: joined(PackageResources.overlay_html, parts: parts))

    /// The parts that markers of `Page/overlay.html` may name.
    static let parts: [String: [UInt8]] = [
        "overlay.css": PackageResources.overlay_css,
        "themes.css": PackageResources.themes_css,
        "texts.en-de.js": PackageResources.texts_en_de_js,
        "texts.fr-es.js": PackageResources.texts_fr_es_js,
        "words.js": PackageResources.words_js,
        "model.js": PackageResources.model_js,
        "feed.js": PackageResources.feed_js,
        "chart.js": PackageResources.chart_js,
        "parts.js": PackageResources.parts_js,
        "faces.js": PackageResources.faces_js,
        "themes.js": PackageResources.themes_js,
        "main.js": PackageResources.main_js,
    ]

    /// The frame with each line `<!-- style: NAMES -->` or `<!-- script: NAMES -->` replaced by the parts it names,
    /// between the tags, in their order.
    ///
    /// A name without a part leaves the marker as it is: the page then lacks its style or its script.
    static func joined(_ frame: [UInt8], parts: [String: [UInt8]]) -> [UInt8] {
        let newline = UInt8(ascii: "\n")
        let lines = frame.split(separator: newline, omittingEmptySubsequences: false).map { line -> [UInt8] in
            let words = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard words.count > 3, words[0] == "<!--", words[words.count - 1] == "-->", let tags = tags[words[1]]
            else { return Array(line) }
            let named = words[2..<(words.count - 1)].map { parts[String($0)] }
            guard !named.contains(nil) else { return Array(line) }
            let text = Array(named.compactMap(\.self).joined(separator: [newline]))
            return Array(tags.start.utf8) + [newline] + text + Array(tags.end.utf8)
        }
        return Array(lines.joined(separator: [newline]))
    }

    private static let tags: [Substring: (start: String, end: String)] = [
        "style:": ("<style>", "</style>"), "script:": (#"<script type="module">"#, "</script>"),
    ]

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
