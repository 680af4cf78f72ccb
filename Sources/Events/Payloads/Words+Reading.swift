extension WordSpan {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            id: try fields.text("id"), revision: try fields.integer("revision"), isFinal: try fields.flag("final"),
            startSeconds: try fields.number("start_s"), endSeconds: try fields.number("end_s"),
            writer: try fields.choice("by"), words: try fields.integer("words"),
            fillers: try fields.integer("fillers"), questions: try fields.integer("questions"),
            text: try fields.optionalText("text"), times: try fields.optionalObject("word_times").map(Times.init))
    }
}

extension WordSpan.Times {
    init(_ fields: JSONFields) throws(UnreadableEvent) {
        self.init(
            method: try fields.choice("method"), startsSeconds: try fields.numbers("start_s"),
            endsSeconds: try fields.numbers("end_s"))
    }
}
