// The way to the daemon: history, then events, again and again. Nothing is asked of anybody else.
const RETRY_MS = [500, 1000, 2000, 4000, 8000];
const SILENCE_MS = 45000, LONGEST_LINE = 1 << 18, LOOK_AGAIN_MS = 2000;
const CURVES = ["engagement.score", "engagement.interval", "sentiment.score", "sentiment.interval",
  "windows.30s.talk_ratio"];

class Feed {
  #lastId = null;
  #failures = 0;
  #hasFields = true;
  #abort = null;
  #isLooking = false;
  #isMoving = false;
  #wake = () => {};

  constructor(model, fields) {
    this.model = model;
    this.fields = [...new Set([...CURVES, ...fields])];
    addEventListener("online", () => this.#wake());
  }

  async run() {
    for (;;) {
      try {
        if (await this.#findSession()) await this.#follow();
        else await this.#pause(LOOK_AGAIN_MS);
      } catch (problem) {
        this.#say(problem.status === 401 || problem.status === 403 ? "denied"
          : problem.status === 429 ? "tooMany" : "lost");
        await this.#pause(RETRY_MS[Math.min(this.#failures, RETRY_MS.length - 1)] * (0.75 + Math.random() / 2));
        this.#failures += 1;
      }
    }
  }

  #say(connection) {
    this.model.connection = connection;
    this.model.changed();
  }

  #pause(ms) {
    return new Promise((done) => {
      const timer = setTimeout(done, ms);
      this.#wake = () => { clearTimeout(timer); done(); };
    });
  }

  #url(path, query) {
    const all = new URLSearchParams({ token: options.token });
    for (const [key, value] of Object.entries(query)) {
      if (value !== null) for (const one of [value].flat()) all.append(key, one);
    }
    return `${path}?${all}`;
  }

  async #get(path, query, init) {
    const answer = await fetch(this.#url(path, query), { credentials: "omit", cache: "no-store", ...init });
    if (answer.ok) return answer;
    const { type } = await answer.json().catch(() => ({}));
    throw Object.assign(new Error(`${path}: ${answer.status} ${type}`), { status: answer.status, type });
  }

  /// The session of the address, else the one that is shown as long as it runs, else the newest.
  async #findSession() {
    if (options.session !== null) {
      if (this.model.session === null) this.model.begin(options.session);
      return true;
    }
    const sessions = await (await this.#get("/v1/sessions", {})).json();
    const names = sessions.map((one) => one.session);
    if (names.length === 0) {
      this.#failures = 0;
      // What has ended stays until there is something else; of what is not there any more nothing is known.
      if (!this.model.ended && this.model.session !== null) this.model.begin(null);
      this.model.isKnown = true;
      this.#say(this.model.ended ? "ended" : "waiting");
      return false;
    }
    if (!names.includes(this.model.session)) {
      this.model.begin(names.at(-1));
      this.#lastId = null;
    }
    return true;
  }

  async #history() {
    try {
      const query = { session: this.model.session, since_s: SPAN_S, fields: CURVES.join(",") };
      const answer = await (await this.#get("/v1/history", query)).json();
      if (answer.epoch !== this.#lastId?.split(":")[0]) this.#lastId = null;
      this.model.takeHistory(answer);
      // From the oldest event that is kept: the last turns, cues and who speaks come again with it, and a snapshot.
      this.#lastId ??= `${answer.epoch}:0`;
    } catch (problem) {
      // No such session yet, or nothing is kept.
      if (problem.status !== 404 && problem.type !== "history_off") throw problem;
    }
  }

  async #follow() {
    await this.#history();
    this.#abort = new AbortController();
    const query = {
      session: this.model.session, last_event_id: this.#lastId,
      fields: this.#hasFields ? this.fields.join(",") : null,
      // Contours of faces come only where they are named, and then everything has to be.
      type: options.points ? Object.keys(Model.handlers) : null,
    };
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => this.#abort.abort(), SILENCE_MS);
    };
    try {
      alive();
      const answer = await this.#get("/v1/events", query, {
        headers: { Accept: "text/event-stream" }, signal: this.#abort.signal,
      });
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let rest = ""; ;) {
        const { value, done } = await reader.read();
        if (done) break;
        alive();
        rest = this.#lines(rest + value);
        if (rest.length > LONGEST_LINE) throw new Error("a line without end");
      }
      throw new Error("the daemon has ended the connection");
    } catch (problem) {
      if (this.#isMoving) {
        this.#isMoving = false;
        return;
      }
      // A daemon that does not know `fields`, or has too many kinds of them, is asked without.
      const isOfFields = problem.status === 400 || problem.type === "too_many_field_sets";
      if (!isOfFields || !this.#hasFields) throw problem;
      this.#hasFields = false;
    } finally {
      clearTimeout(timer);
      this.#abort.abort();
    }
  }

  /// Takes whole lines of the stream; the rest is the begin of the next one.
  #lines(text) {
    const lines = text.split("\n");
    const rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("id:")) this.#lastId = line.slice(3).trim();
      if (line.startsWith("data:")) this.#take(line.slice(5));
    }
    return rest;
  }

  #take(text) {
    let line;
    try { line = JSON.parse(text); } catch { return; }
    this.#failures = 0;
    this.model.connection = "live";
    this.model.take(line);
    if (this.model.isOver && options.session === null && !this.#isLooking) this.#look();
  }

  /// After the end of a call: another one is taken as soon as there is one.
  async #look() {
    const abort = this.#abort;
    this.#isLooking = true;
    while (this.model.isOver && !abort.signal.aborted) {
      await new Promise((done) => setTimeout(done, LOOK_AGAIN_MS));
      try {
        const sessions = await (await this.#get("/v1/sessions", {})).json();
        this.#isMoving = sessions.length > 0;
        if (this.#isMoving) abort.abort();
      } catch { break; }
    }
    this.#isLooking = false;
  }
}
