import CFFmpeg

/// An `AVDictionary`.
struct OptionDictionary: ~Copyable {
    private var handle: OpaquePointer?

    init(_ entries: [(String, String)] = []) {
        for (name, value) in entries {
            av_dict_set(&handle, name, value, 0)
        }
    }

    deinit {
        var handle = handle
        av_dict_free(&handle)
    }

    /// Lends the dictionary to a call that takes the entries it knows out of it.
    mutating func offer<Result>(_ body: (inout OpaquePointer?) -> Result) -> Result {
        body(&handle)
    }

    /// The names still in it.
    var names: [String] {
        var names: [String] = []
        var entry: UnsafeMutablePointer<AVDictionaryEntry>?
        while let next = av_dict_get(handle, "", entry, AV_DICT_IGNORE_SUFFIX) {
            names.append(String(cString: next.pointee.key))
            entry = next
        }
        return names
    }

    /// The value of `name` in a dictionary that FFmpeg owns.
    static func value(of name: String, in dictionary: OpaquePointer?) -> String? {
        av_dict_get(dictionary, name, nil, 0).map { String(cString: $0.pointee.value) }
    }
}
