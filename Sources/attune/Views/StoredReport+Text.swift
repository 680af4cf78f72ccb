import Events
import Kit

extension StoredReport {
    /// What is needed for a page and a table.
    var page: ReportPage {
        var page = ReportPage()
        for event in events { page.take(event) }
        for score in scores { page.take(score) }
        return page
    }

    /// Where it comes from.
    var origin: ReportOrigin {
        ReportOrigin(
            kind: "stored session, \(state)", date: startedAt, policy: policy, notice: noticeID,
            remarks: [
                "The store keeps speech, turns, cues and engagement; sentiment over time, missing media and words are "
                    + "not stored, and not in this page."
            ])
    }

    /// The report for a browser.
    var html: String { get throws { try page.html(totals, origin) } }

    /// The report for a terminal.
    var text: String {
        printable("\(startedAt)  \(state)  policy \(policy)  notice \(noticeID ?? "\u{2013}")  id \(id)") + "\n"
            + TotalsText.text(of: totals)
    }
}
