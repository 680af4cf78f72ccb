import Isolation
public import Words

/// The recogniser that is installed or fetched, and the program that runs it.
public struct RecogniserModel: Sendable {
    /// The files.
    public let files: RecogniserFiles
    /// Path of `attuned-worker`.
    public let program: String

    /// The recogniser in `../lib/attune` from the executable, or in `models` of the checkout that the executable was
    /// built in; nil where it is in neither.
    ///
    /// - Throws: `RecogniserError` where there is one that can't be used.
    public static func standard() throws(RecogniserError) -> RecogniserModel? {
        guard let folder = InstalledFile.path(of: RecogniserFiles.folderName) else { return nil }
        let files = RecogniserFiles(folder: folder)
        try files.checkSizes()
        guard let program = WorkerProgram.find() else {
            throw RecogniserError(
                "attuned-worker, which runs the recogniser, is neither beside this program nor in ../libexec/attune; "
                    + "install it anew")
        }
        return RecogniserModel(files: files, program: program)
    }
}
