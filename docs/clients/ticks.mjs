// Prints the engagement of every speaker as it changes; comes back by itself and misses nothing in between.
import net from "node:net";
import readline from "node:readline";

const path = process.argv[2] ?? "/run/attune/events.sock";
let epoch, seq = 0;

function connect() {
  const socket = net.connect(path);
  // The hello that answers the resume is the second one; what came before it comes again.
  let hellos = epoch ? 2 : 1;
  socket.on("connect", () => {
    socket.write('{"subscribe":{"types":["tick"]}}\n');
    if (epoch) socket.write(JSON.stringify({ resume: { epoch, seq } }) + "\n");
  });
  socket.on("error", () => {});
  socket.on("close", () => setTimeout(connect, 1000));
  readline.createInterface({ input: socket }).on("line", (text) => {
    const line = JSON.parse(text);
    if (line.type === "hello") hellos -= 1;
    if (hellos > 0) return;
    [epoch, seq] = [line.epoch ?? epoch, line.seq];
    if (line.type === "tick") console.log(line.session, line.speaker, line.engagement.score ?? "-");
  }).on("error", () => {});
}

connect();
