import Foundation

/// The one way in which the name of a session or a speaker is written: what looks the same is the same, in every
/// protocol, file and client. Characters that are composed of several are one where there is such a one (Unicode NFC);
/// what cannot be seen is left out; white space is a single space, and none at the ends. Small and capital letters, and
/// letters of other scripts that look alike, stay different.
public func canonicalName(_ name: String) -> String {
    var plain = String.UnicodeScalarView()
    for scalar in name.unicodeScalars where !scalar.properties.isDefaultIgnorableCodePoint {
        // What is refused is not made to fit.
        let isSpace = scalar.properties.isWhitespace && scalar.properties.generalCategory != .control
        guard isSpace else {
            plain.append(scalar)
            continue
        }
        if let last = plain.last, last != " " { plain.append(" ") }
    }
    if plain.last == " " { plain.removeLast() }
    return String(plain).precomposedStringWithCanonicalMapping
}
