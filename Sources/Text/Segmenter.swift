import _FoundationICU

/// Takes text apart into words where its script has no spaces between them: by Unicode's rules (UAX 29) and the
/// dictionaries of ICU, which is part of Swift's libraries.
enum Segmenter {
    /// Whether a scalar is of a script that writes words without spaces: Chinese, Japanese, Thai, Lao, Khmer, Burmese.
    static func isUnspaced(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3005...0x3007, 0x3041...0x30FF, 0x31F0...0x31FF,
            0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA9E0...0xA9FF, 0xAA60...0xAA7F, 0xF900...0xFAFF, 0xFF66...0xFF9F,
            0x20000...0x3134F:
            true
        default: false
        }
    }

    /// The words of a text that has none but such scripts and what stands between their words.
    static func words(_ text: Substring) -> [String] {
        let units = Array(text.utf16)
        var words: [String] = []
        units.withUnsafeBufferPointer { buffer in
            var status = U_ZERO_ERROR
            // The iterator looks at the text as long as it lives, which is within the buffer's loan.
            guard let iterator = swift_ubrk_open(UBRK_WORD, "", buffer.baseAddress, Int32(buffer.count), &status)
            else { return }
            defer { swift_ubrk_close(iterator) }
            guard status.rawValue <= U_ZERO_ERROR.rawValue else { return }
            var start = max(0, swift_ubrk_first(iterator))
            while true {
                let end = swift_ubrk_next(iterator)
                guard end > start, end <= buffer.count else { break }
                // Below this stand spaces and punctuation.
                if swift_ubrk_getRuleStatus(iterator) >= Int32(UBRK_WORD_NONE_LIMIT.rawValue) {
                    words.append(String(decoding: buffer[Int(start)..<Int(end)], as: UTF16.self))
                }
                start = end
            }
        }
        return words
    }
}
