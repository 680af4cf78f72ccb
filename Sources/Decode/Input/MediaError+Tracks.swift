extension MediaError {
    /// There is no such track in an input that has `available` of them.
    public static func noSuchTrack(_ track: Int, of location: String, available: Int) -> MediaError {
        MediaError(
            kind: .noAudio, operation: .open, code: 0, location: redactedLocation(location),
            detail: "no track or channel \(track); it has \(available), counted from 0")
    }

    /// There is no such track of pictures in an input that has `available` of them.
    public static func noSuchPictures(_ track: Int, of location: String, available: Int) -> MediaError {
        MediaError(
            kind: .noVideo, operation: .open, code: 0, location: redactedLocation(location),
            detail: "no track of pictures \(track); it has \(available), counted from 0")
    }
}
