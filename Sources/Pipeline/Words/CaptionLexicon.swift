import Foundation
import Kit
public import Text

/// The lexicon that captions are scored with, and where it came from.
public struct CaptionLexicon: Sendable {
    /// What to tell where the lexicon is missing.
    public static let missingNote =
        "no sentiment lexicon found, captions give no sentiment; scripts/models/fetch-lexicon.py gets it"

    private static let fileName = "vader-3.3.2.lexicon"
    /// The SHA-256 that scripts/models/fetch-lexicon.py checks, too.
    static let digest = "1e11c41d6e395c6d007a475218442c942b674926b169f24199af704539c6949c"

    /// The file.
    public let file: String
    /// What it holds.
    public let lexicon: Lexicon

    /// The lexicon in this file.
    ///
    /// - Throws: `CaptionLexiconError` where it can't be read or holds something else.
    public init(file: String) throws(CaptionLexiconError) {
        try self.init(file: file, digest: nil)
    }

    /// - Parameter digest: the SHA-256 that it must have; nil for any.
    init(file: String, digest: String?) throws(CaptionLexiconError) {
        guard let handle = FileHandle(forReadingAtPath: file),
            let contents = try? handle.read(upToCount: Lexicon.maxBytes + 1)
        else { throw CaptionLexiconError(file: file, reason: "can't be read; check that it exists and may be read") }
        let bytes = Array(contents)
        if let digest, sha256(bytes) != digest {
            throw CaptionLexiconError(
                file: file,
                reason: "does not have the SHA-256 of \(Self.fileName); fetch it anew with "
                    + "scripts/models/fetch-lexicon.py")
        }
        do throws(LexiconError) {
            lexicon = try Lexicon(bytes)
        } catch {
            throw CaptionLexiconError(file: file, reason: "\(error); docs/captions.md has the format")
        }
        self.file = file
    }

    /// The installed or fetched lexicon of English; nil where there is none.
    ///
    /// - Throws: `CaptionLexiconError` where there is such a file that can't be used.
    public static func standard() throws(CaptionLexiconError) -> CaptionLexicon? {
        guard let path = InstalledFile.path(of: fileName) else { return nil }
        return try CaptionLexicon(file: path, digest: digest)
    }
}

/// A lexicon can't be used.
public struct CaptionLexiconError: Error, CustomStringConvertible {
    let file: String
    let reason: String

    /// One line naming the file and the remedy.
    public var description: String { "sentiment lexicon \(file): \(reason)" }
}
