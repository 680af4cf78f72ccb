public import Conversation
import Foundation
import Text

/// Looks for phrases in what is said, without regard to case, to accents and to how a letter is composed.
public struct CaptionTrackers: Sendable {
    /// Looks for nothing.
    public static let none = CaptionTrackers([])

    /// Those of words as they are, and those of words in all their forms; each has places for all.
    private let exact: PhraseTrackers, forms: PhraseTrackers
    private let isEmpty: Bool

    /// What is looked for (`ConversationConfiguration.searched`).
    public init(_ trackers: [WordTracker]) {
        exact = PhraseTrackers(trackers.map { $0.matchesForms ? [] : $0.phrases.map(Self.folded) })
        forms = PhraseTrackers(
            trackers.map { $0.matchesForms ? $0.phrases.map(Self.folded) : [] }, comparesStems: true)
        isEmpty = trackers.isEmpty
    }

    /// How often phrases of each tracker are in a text; empty where there is none.
    func mentions(in text: String) -> [Int] {
        guard !isEmpty else { return [] }
        let folded = Self.folded(text)
        let (exact, forms) = (exact.mentions(in: folded), forms.mentions(in: folded))
        guard !exact.isEmpty, !forms.isEmpty else { return exact + forms }
        return zip(exact, forms).map { $0 + $1 }
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
