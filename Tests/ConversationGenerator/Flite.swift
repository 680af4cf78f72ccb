import Foundation

/// Voices of Flite, through FFmpeg.
public enum Flite {
    private static let sentences = [
        "The delivery should arrive on Thursday morning",
        "We moved to another office at the end of last year",
        "Please send me the number of your order by mail",
        "Nobody told us that the line would be down all week",
        "I would like to know how many licences we really need",
        "Our new colleague will look after your account from Monday on",
        "The machine stops whenever more than seven people use it",
        "Every room on the lower floor has a window now",
        "You may be right about the winter numbers",
        "Where should the invoice go",
        "That would be far more than we can pay this year",
        "Let me read you what the manual says about it",
        "My neighbour borrowed the long ladder again",
        "We will have a look at it and call you in the morning",
        "How long will it run on one charge",
        "There are several ways of doing it",
    ]
    private static let murmurs = ["Yes", "Okay", "Right", "I see", "Really", "Oh no", "Fine", "Well"]
    /// Name of the voice in Flite, and by how much its samples are played faster: that makes another speaker of it.
    private static let variants: [(voice: String, speed: Double)] = [
        ("slt", 1), ("rms", 1), ("awb", 1), ("kal", 1.12), ("slt", 0.9), ("rms", 1.14),
    ]

    /// Six voices, spoken anew.
    ///
    /// - Throws: `ToolFailure` where there is no FFmpeg with Flite.
    public static func voices() throws -> [Voice] {
        try variants.map { variant in
            Voice(
                name: "\(variant.voice)-\(variant.speed)", clips: Clip.all(in: try speak(variant.voice, variant.speed)))
        }
    }

    /// All the texts one after the other, with silence between.
    private static func speak(_ voice: String, _ speed: Double) throws -> [Float] {
        let texts = sentences + murmurs
        var arguments: [String] = []
        for text in texts { arguments += ["-f", "lavfi", "-i", "flite=voice=\(voice):text='\(text).'"] }
        let padded = texts.indices.map { "[\($0)]apad=pad_dur=0.6[p\($0)];" }.joined()
        let joined = texts.indices.map { "[p\($0)]" }.joined()
        let rate = Int(16_000 * speed)
        let joining = "concat=n=\(texts.count):v=0:a=1,aresample=16000,asetrate=\(rate)"
        arguments += ["-filter_complex", padded + joined + joining]
        return try FFmpeg.samples(arguments)
    }
}
