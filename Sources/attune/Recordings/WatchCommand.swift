import ArgumentParser
import Pipeline

struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what the pictures of a recording show, one CSV row per picture looked at.",
        discussion: """
            Behaviour only: whether a face is there, how the head is turned, whether the mouth moves as in speech, nods, \
            and what the picture is. What can't be told is empty. Watch only recordings whose people agreed to it.
            """
                + examples(
                    "attune watch anna.mp4", "attune watch call.mkv --video 1 --all", "attune watch anna.mp4 --eyes"))

    @Argument(help: ArgumentHelp("A recording with pictures.", valueName: "MEDIA"), completion: .file())
    var media: String

    @Option(help: "Track of pictures, from 0.")
    var video = 0

    @Flag(
        help: """
            Append the columns faces, shake, presence, face_width_ratio, eye_distance_px, mouth_opening and body_motion.
            """)
    var all = false

    @Flag(
        help: """
            Look at the eyes, too, and append the columns gaze_x, gaze_y, eye_opening and iris_px. Nothing else does, and \
            nothing is scored by it.
            """)
    var eyes = false

    func run() throws {
        do {
            guard let detection = try FaceDetection.standard(seesEyes: eyes) else {
                throw fail(FaceDetection.missingNote, code: 69)
            }
            try PictureTable.watch(
                media, track: video, all: all, eyes: eyes, detection: detection, odd: warn(odd:), write: output)
        } catch {
            throw fail(error)
        }
    }
}
