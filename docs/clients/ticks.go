// Prints the engagement of every speaker as it changes; comes back by itself and misses nothing in between.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"time"
)

type line struct {
	Type, Epoch, Session, Speaker string
	Seq                           int64
	Engagement                    struct{ Score *float64 }
}

func main() {
	path := "/run/attune/events.sock"
	if len(os.Args) > 1 {
		path = os.Args[1]
	}
	epoch, seq := "", int64(0)
	for ; ; time.Sleep(time.Second) {
		connection, err := net.Dial("unix", path)
		if err != nil {
			continue
		}
		// The hello that answers the resume is the second one; what came before it comes again.
		hellos := 1
		fmt.Fprintln(connection, `{"subscribe":{"types":["tick"]}}`)
		if epoch != "" {
			hellos = 2
			fmt.Fprintf(connection, "{\"resume\":{\"epoch\":%q,\"seq\":%d}}\n", epoch, seq)
		}
		scanner := bufio.NewScanner(connection) // lines have 64 KiB at most
		scanner.Buffer(nil, 1<<17)
		for scanner.Scan() {
			var l line
			if json.Unmarshal(scanner.Bytes(), &l) != nil {
				break
			}
			if l.Type == "hello" {
				hellos--
			}
			if hellos > 0 {
				continue
			}
			if l.Type == "hello" {
				epoch = l.Epoch
			}
			seq = l.Seq
			if l.Type == "tick" && l.Engagement.Score != nil {
				fmt.Println(l.Session, l.Speaker, *l.Engagement.Score)
			} else if l.Type == "tick" {
				fmt.Println(l.Session, l.Speaker, "-")
			}
		}
		connection.Close()
	}
}
