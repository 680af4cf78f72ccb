/// Character references of HTML (`&#39;`, `&amp;`, `&rsquo;`), which exporters of captions leave in their texts.
enum CharacterReferences {
    /// Letters of Latin-1 in the order of their code points, from U+00A0 on.
    private static let latin = """
        nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute \
        micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig \
        Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash \
        Ugrave Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute \
        ecirc euml igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc \
        uuml yacute thorn yuml
        """
    private static let others: [(String, UInt32)] = [
        ("amp", 0x26), ("lt", 0x3C), ("gt", 0x3E), ("quot", 0x22), ("apos", 0x27), ("lrm", 0x200E), ("rlm", 0x200F),
        ("zwj", 0x200D), ("zwnj", 0x200C), ("ensp", 0x2002), ("emsp", 0x2003), ("thinsp", 0x2009), ("ndash", 0x2013),
        ("mdash", 0x2014), ("horbar", 0x2015), ("lsquo", 0x2018), ("rsquo", 0x2019), ("rsquor", 0x2019),
        ("sbquo", 0x201A), ("ldquo", 0x201C), ("rdquo", 0x201D), ("rdquor", 0x201D), ("bdquo", 0x201E),
        ("lsaquo", 0x2039), ("rsaquo", 0x203A), ("hellip", 0x2026), ("mldr", 0x2026), ("bull", 0x2022),
        ("prime", 0x2032), ("euro", 0x20AC), ("trade", 0x2122), ("OElig", 0x152), ("oelig", 0x153), ("Scaron", 0x160),
        ("scaron", 0x161), ("Yuml", 0x178), ("Zcaron", 0x17D), ("zcaron", 0x17E), ("circ", 0x2C6), ("tilde", 0x2DC),
        ("comma", 0x2C), ("period", 0x2E), ("excl", 0x21), ("quest", 0x3F), ("colon", 0x3A), ("semi", 0x3B),
        ("lpar", 0x28), ("rpar", 0x29), ("num", 0x23), ("percnt", 0x25), ("dollar", 0x24), ("ast", 0x2A),
        ("plus", 0x2B), ("equals", 0x3D), ("hyphen", 0x2010), ("dash", 0x2010), ("Tab", 0x9), ("NewLine", 0xA),
    ]
    private static let named: [String: Unicode.Scalar] = {
        var named: [String: Unicode.Scalar] = [:]
        for (place, name) in latin.split(separator: " ").enumerated() {
            named[String(name)] = Unicode.Scalar(UInt32(0xA0 + place))
        }
        for (name, code) in others { named[name] = Unicode.Scalar(code) }
        return named
    }()
    /// What Windows' code page 1252 has where Unicode has controls: HTML reads numbers of these as that (HTML, section
    /// 13.2.5.80).
    private static let windows: [UInt32: UInt32] = [
        0x80: 0x20AC, 0x82: 0x201A, 0x84: 0x201E, 0x85: 0x2026, 0x8B: 0x2039, 0x91: 0x2018, 0x92: 0x2019, 0x93: 0x201C,
        0x94: 0x201D, 0x95: 0x2022, 0x96: 0x2013, 0x97: 0x2014, 0x99: 0x2122, 0x9B: 0x203A,
    ]
    /// Longest name or number that is looked for.
    private static let maxLength = 10

    /// The text with its references resolved; what is none stays as it is.
    static func resolved(_ text: String) -> String {
        guard text.utf8.contains(UInt8(ascii: "&")) else { return text }
        var result = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let scalar = rest.first {
            if scalar == "&", let (found, length) = reference(rest.dropFirst().prefix(maxLength + 1)) {
                if let found { result.append(found) }
                rest = rest.dropFirst(length + 1)
            } else {
                result.append(scalar)
                rest = rest.dropFirst()
            }
        }
        return String(result)
    }

    /// What a reference stands for (nil for a mark that shows nothing), and its length behind the ampersand.
    private static func reference(
        _ text: Substring.UnicodeScalarView
    ) -> (scalar: Unicode.Scalar?, length: Int)? {
        guard let semicolon = text.firstIndex(of: ";") else { return nil }
        let body = String(text[..<semicolon])
        let length = text.distance(from: text.startIndex, to: semicolon) + 1
        if body.hasPrefix("#") {
            let digits = body.dropFirst()
            let isHexadecimal = digits.first == "x" || digits.first == "X"
            guard let number = isHexadecimal ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits),
                let scalar = Unicode.Scalar(windows[number] ?? number), number != 0
            else { return nil }
            return (scalar, length)
        }
        guard let scalar = named[body] else { return nil }
        // Marks of direction show nothing.
        return (scalar.value == 0x200E || scalar.value == 0x200F ? nil : scalar == "\u{A0}" ? " " : scalar, length)
    }
}
