import Events
import Kit

extension StoredReport {
    /// The report for a browser.
    var html: String {
        var page = ReportPage()
        for event in events { page.take(event) }
        for score in scores { page.take(score) }
        return page.html(totals)
    }

    /// The report for a terminal.
    var text: String {
        printable("\(startedAt)  \(state)  policy \(policy)  notice \(noticeID ?? "\u{2013}")  id \(id)") + "\n"
            + TotalsText.text(of: totals)
    }
}
