import Foundation
import Text

/// Looks for the phrases of cue rules in captions, without regard to case, to accents and to how a letter is composed.
public struct CaptionTrackers: Sendable {
    /// Looks for nothing.
    public static let none = CaptionTrackers([])

    private let trackers: PhraseTrackers
    private let isEmpty: Bool

    /// Trackers with the phrases of each (`CueRule.trackers(of:)`).
    public init(_ phrases: [[String]]) {
        trackers = PhraseTrackers(phrases.map { $0.map(Self.folded) })
        isEmpty = phrases.isEmpty
    }

    /// How often phrases of each tracker are in a text; empty where there is none.
    func mentions(in text: String) -> [Int] {
        isEmpty ? [] : trackers.mentions(in: Self.folded(text))
    }

    /// A text in small letters without accents. Marks that make another letter stay: those of Indic vowels, of nuktas,
    /// viramas and of voiced kana.
    static func folded(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.lowercased() }
        var folded = String.UnicodeScalarView()
        for scalar in text.lowercased().decomposedStringWithCanonicalMapping.unicodeScalars {
            switch scalar.properties.canonicalCombiningClass.rawValue {
            // Sigma at the end of a word is the same letter.
            case 0: folded.append(scalar == "\u{3C2}" ? "\u{3C3}" : scalar)
            case 7, 8, 9: folded.append(scalar)
            default: break
            }
        }
        return String(folded)
    }
}
