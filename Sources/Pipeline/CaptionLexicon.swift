import Foundation
public import Text

/// The lexicon that captions are scored with, and where it came from.
public struct CaptionLexicon: Sendable {
    /// What to tell where the lexicon is missing.
    public static let missingNote =
        "no sentiment lexicon found, captions give no sentiment; scripts/fetch-lexicon.py gets it"

    private static let fileName = "vader-3.3.2.lexicon"

    /// The file.
    public let file: String
    /// What it holds.
    public let lexicon: Lexicon

    /// The lexicon in this file.
    ///
    /// - Throws: `CaptionLexiconError` where it can't be read or holds something else.
    public init(file: String) throws(CaptionLexiconError) {
        guard let handle = FileHandle(forReadingAtPath: file),
            let contents = try? handle.read(upToCount: Lexicon.mostBytes + 1)
        else { throw CaptionLexiconError(file: file, reason: "can't be read; check that it exists and may be read") }
        do throws(LexiconError) {
            lexicon = try Lexicon(Array(contents))
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
        return try CaptionLexicon(file: path)
    }
}

/// A lexicon can't be used.
public struct CaptionLexiconError: Error, CustomStringConvertible {
    let file: String
    let reason: String

    /// One line naming the file and the remedy.
    public var description: String { "sentiment lexicon \(file): \(reason)" }
}
