// The five themes. Each has the fields that it needs of a tick, and is updated once a frame at most.
const CARD_FIELDS = ["engagement.abstained", "engagement.provisional", "engagement.contributions",
  "sentiment.abstained", "sentiment.provisional", "sentiment.contributions", "windows.120s.talk_ratio",
  "windows.120s.side_talk_ratio", "windows.session.talk_ratio", "windows.session.speech_s",
  "windows.120s.response_lag_median_ms", "windows.120s.speaker_changes_per_min", "lags_withheld"];

class Card {
  constructor(isFull) {
    this.isFull = isFull;
    this.who = new Who();
    [this.floor, this.floorWords] = [make("span", "floor"), make("span", "spoken")];
    this.floor.setAttribute("aria-hidden", "true");
    this.share = new Share(say.talk);
    this.scores = [new Score("engagement", ENGAGEMENT, isFull ? null : (kind) => this.#toggle(kind)),
      new Score("sentiment", SENTIMENT, isFull ? null : (kind) => this.#toggle(kind))];
    this.since = make("span");
    this.axis = make("div", "axis", this.since, make("span", "", say.now));
    this.facts = new Facts(isFull
      ? ["lag", "changes", "talkCall", "turns", "interruptions", "backchannels", "monologue"] : ["lag", "changes"]);
    this.audio = make("p", "audio");
    this.waterfalls = [new Waterfall("engagement"), new Waterfall("sentiment")];
    this.why = make("div", "whys", ...this.waterfalls.map((waterfall) => waterfall.root));
    this.opened = null;
    this.cues = new Cues(say.cueTitle);
    this.title = make("h2", "", this.who.root);
    this.root = make("article", "card", make("header", "", this.title, this.floor, this.floorWords), this.share.root,
      ...this.scores.map((score) => score.root), this.axis, this.why, this.facts.root, this.audio, this.cues.root);
  }

  #toggle(kind) {
    this.opened = this.opened === kind ? null : kind;
    wake();
  }

  update(speaker, model, now) {
    const isStale = model.ended || model.connection !== "live" || speaker.isStale(now);
    flag(this.root, "stale", isStale);
    flag(this.root, "speaks", speaker.speaking);
    this.who.update(speaker);
    const time = model.floorTime(speaker, now);
    const state = (words) => (isStale ? (model.ended ? "" : say.stale)
      : time >= 1 ? put(words, { time: clock(time) }) : "");
    set(this.floor, state(say.floorShort));
    set(this.floorWords, state(say.floor));
    attribute(this.floor, "title", state(say.floor));
    const { ratio, side } = talk(speaker, model);
    this.share.update(ratio, 1 / Math.max(2, model.measured.length), side);
    for (const score of this.scores) {
      score.update(speaker, model, isStale);
      if (this.isFull) continue;
      attribute(score.button, "aria-expanded", String(this.opened === score.kind));
      attribute(score.button, "title", fill(say.more, { name: shown(speaker.name) }));
    }
    this.waterfalls.forEach((waterfall) => {
      if (this.isFull || this.opened === waterfall.kind) waterfall.update(speaker);
      else show(waterfall.root, false);
    });
    show(this.why, this.waterfalls.some((waterfall) => !waterfall.root.hidden));
    set(this.since, put(say.since, { x: model.spanS / 60 }));
    show(this.axis, this.scores.some((score) => !score.root.hidden));
    this.facts.update(this.#values(speaker));
    set(this.audio, speaker.issues.length
      ? put(say.audio, { issues: speaker.issues.map((issue) => say.quality[issue] ?? shown(issue)).join(", ") }) : "");
    this.cues.update(model.activeCues(now).filter((cue) => cue.speaker === speaker.id));
  }

  #values(speaker) {
    const { windows = {} } = speaker.tick ?? {}, whole = windows.session ?? {};
    const changes = (windows["120s"] ?? whole).speaker_changes_per_min;
    const count = (value) => (isNumber(value) ? number(value) : "");
    return {
      lag: lagText(speaker), changes: isNumber(changes) ? put(say.perMinute, { x: number(changes, 1) }) : "",
      talkCall: isNumber(whole.talk_ratio) ? percent(whole.talk_ratio) : "", turns: count(whole.turns),
      interruptions: count(whole.interruptions), backchannels: count(whole.backchannels),
      monologue: isNumber(whole.longest_monologue_s) ? clock(whole.longest_monologue_s) : "",
    };
  }
}

class CardsTheme {
  constructor(root, isFull = false) {
    this.fields = isFull ? [...CARD_FIELDS, "windows.session.turns", "windows.session.interruptions",
      "windows.session.backchannels", "windows.session.longest_monologue_s"] : CARD_FIELDS;
    this.cards = make("div", "cards");
    this.common = new Cues(say.cueTitle);
    this.isFull = isFull;
    root.append(this.cards, this.common.root);
    this.keyed = new Keyed(this.cards, () => new Card(isFull));
    if (!isFull) return;
    // Those that came and went, with their times.
    this.past = new Cues(say.cueTitle);
    this.none = make("p", "none", say.noCues);
    root.append(make("section", "past", make("h2", "label", say.cueTitle), this.none, this.past.root));
  }

  update(model, now) {
    this.keyed.update(model.measured, (speaker) => speaker.id, model, now);
    this.common.update(model.activeCues(now).filter((cue) => cue.speaker === undefined));
    if (!this.isFull) return;
    this.past.update([...model.cues.values()].reverse());
    show(this.none, model.cues.size === 0);
  }
}

/// One line over the video.
class BarTheme {
  fields = ["engagement.abstained", "engagement.provisional", "windows.120s.talk_ratio", "windows.session.talk_ratio",
    "windows.120s.side_talk_ratio", "windows.session.speech_s"];

  constructor(root) {
    const people = make("div", "people");
    this.cues = new Cues(say.cueTitle);
    root.append(people, this.cues.root);
    this.keyed = new Keyed(people, () => new BarPart());
  }

  update(model, now) {
    this.keyed.update(model.measured, (speaker) => speaker.id, model, now);
    // There is room for one: the newest.
    this.cues.update(model.activeCues(now).slice(-1));
  }
}

class BarPart {
  constructor() {
    [this.who, this.share] = [new Who(), new Share("")];
    this.curve = new Curve(ENGAGEMENT, "engagement");
    [this.number, this.range] = [make("span", "number"), make("span", "range")];
    this.label = make("span", "spoken", `${say.engagement}: `);
    this.root = make("section", "part", this.who.root, this.share.root, this.curve.canvas,
      make("span", "numbers", this.label, this.number, this.range));
    this.share.label.className = "spoken";
    this.share.label.textContent = say.talk;
  }

  update(speaker, model, now) {
    const isStale = model.ended || model.connection !== "live" || speaker.isStale(now);
    flag(this.root, "stale", isStale);
    this.who.update(speaker);
    this.share.update(talk(speaker, model).ratio, 1 / Math.max(2, model.measured.length));
    const { score, interval, abstained } = speaker.tick.engagement ?? {};
    set(this.number, isNumber(score) ? number(score) : "");
    set(this.range, isNumber(score) ? `${number(interval?.[0])}–${number(interval?.[1])}` : abstention(abstained));
    this.curve.draw(speaker, model, isStale);
    attribute(this.curve.canvas, "aria-label", fill(say.curve, {
      what: say.engagement, name: shown(speaker.name), x: model.spanS / 60 }));
  }
}

/// Many people: how the talk is spread and who was not heard yet, in the order in which they came.
class MeetingTheme {
  fields = ["windows.session.talk_ratio", "windows.session.speech_s", "windows.session.balance_entropy",
    "windows.120s.speech_s"];

  constructor(root) {
    this.figure = make("p", "figure");
    this.rows = make("ul", "rows");
    this.waiting = make("ul", "waiting");
    this.everybody = make("p", "none", say.allHeard);
    this.cues = new Cues(say.cueTitle);
    this.heard = new Keyed(this.rows, () => new HeardRow());
    this.unheard = new Keyed(this.waiting, () => new WaitingPart());
    root.append(make("section", "panel", make("h2", "", say.balance), this.figure, this.rows),
      make("section", "panel", make("h2", "", say.notYet), this.waiting, this.everybody), this.cues.root);
  }

  update(model, now) {
    const people = model.measured, waiting = people.filter((speaker) => !speaker.wasHeard);
    const entropy = people.map((one) => one.tick.windows?.session?.balance_entropy).find(isNumber);
    set(this.figure, isNumber(entropy) ? put(say.evenness, { x: number(entropy, 2) }) : "");
    show(this.figure, isNumber(entropy));
    this.heard.update(people.filter((speaker) => speaker.wasHeard), (speaker) => speaker.id, model, now);
    this.unheard.update(waiting, (speaker) => speaker.id, model, now);
    show(this.waiting, waiting.length > 0);
    show(this.everybody, waiting.length === 0 && people.length > 0);
    this.cues.update(model.activeCues(now).slice(-2));
  }
}

class HeardRow {
  constructor() {
    [this.who, this.share, this.last] = [new Who(), new Share(""), make("span", "last")];
    this.root = make("li", "row", this.who.root, this.share.root, this.last);
  }

  update(speaker, model, now) {
    flag(this.root, "stale", model.ended || model.connection !== "live" || speaker.isStale(now));
    this.who.update(speaker);
    this.share.update(speaker.tick.windows?.session?.talk_ratio, 1 / Math.max(2, model.measured.length));
    const since = isNumber(speaker.lastHeard) ? model.now(now) - speaker.lastHeard : null;
    set(this.last, speaker.speaking ? say.speaking : since !== null ? put(say.lastHeard, { time: clock(since) })
      : speaker.tick.windows?.["120s"]?.speech_s === 0 ? say.longAgo : "");
  }
}

class WaitingPart {
  constructor() {
    [this.who, this.time] = [new Who(), make("span", "last")];
    this.root = make("li", "row", this.who.root, this.time);
  }

  update(speaker, model, now) {
    this.who.update(speaker);
    const isExact = isNumber(speaker.joined), from = isExact ? speaker.joined : speaker.firstSeen;
    set(this.time, put(isExact ? say.forTime : say.atLeast, { time: clock(model.now(now) - from) }));
  }
}

/// One's own voice in large type, and in words for a screen reader.
class SelfTheme {
  fields = ["windows.30s.articulation_rate_per_s", "windows.30s.words_per_min", "windows.session.patience_median_ms",
    "windows.120s.patience_median_ms", "windows.session.speech_s", "voice.relative_level_db", "voice.speaking",
    "baseline.articulation_rate_per_s"];

  constructor(root) {
    this.tiles = Object.fromEntries(["pace", "level", "ownMonologue", "patience"].map((name) => {
      const value = make("span", "huge"), unit = make("span", "unit"), words = make("p", "words");
      const tile = make("section", `tile ${name}`, make("h3", "label", say[name]),
        make("p", "", value, " ", unit), words);
      return [name, { root: tile, value, unit, words }];
    }));
    this.panel = make("div", "tiles", ...Object.values(this.tiles).map((tile) => tile.root));
    this.whose = make("p", "none", say.whose);
    this.who = new Who();
    this.title = make("h2", "self-name", this.who.root);
    this.cues = new Cues(say.cueTitle);
    root.append(this.title, this.panel, this.whose, this.cues.root);
  }

  /// The speaker of the address, else the one whose role says so, else the only one of the host's side.
  #own(model) {
    const people = model.measured, of = (test) => people.filter(test);
    if (options.speaker !== null) return people.find((one) => [one.id, one.name].includes(options.speaker));
    for (const some of [of((one) => one.role === "self"), of((one) => one.side === "host"), people]) {
      if (some.length === 1) return some[0];
    }
    return undefined;
  }

  #tile(name, value, unit, words) {
    const tile = this.tiles[name];
    set(tile.value, value);
    set(tile.unit, value === "–" ? "" : unit);
    set(tile.words, words);
  }

  update(model, now) {
    const speaker = this.#own(model);
    show(this.panel, speaker);
    show(this.title, speaker);
    show(this.whose, !speaker && model.measured.length > 0);
    if (!speaker) return;
    const { windows = {}, voice = {}, baseline = {} } = speaker.tick, recent = windows["30s"] ?? {};
    flag(this.panel, "stale", model.ended || model.connection !== "live" || speaker.isStale(now));
    this.who.update(speaker);
    const rate = recent.articulation_rate_per_s, usual = baseline.articulation_rate_per_s;
    // A tenth is the least change of tempo that is noticed (Quené, 2007), as for the score.
    const off = isNumber(rate) && isNumber(usual) && usual > 0 ? rate / usual - 1 : null;
    const pace = off === null ? "" : off > 0.1 ? say.faster : off < -0.1 ? say.slower : say.asUsual;
    this.#tile("pace", number(rate, 1), say.syllables,
      pace + (isNumber(usual) ? ` (${put(say.usually, { x: number(usual, 1) })})` : ""));
    const db = voice.relative_level_db;
    const level = !isNumber(db) ? say.notSpeaking : db > 3 ? say.louder : db < -3 ? say.quieter : say.asUsual;
    this.#tile("level", isNumber(db) ? signed(db, 0) : "–", "dB", level);
    const held = model.floorTime(speaker, now);
    this.#tile("ownMonologue", held === null ? "–" : clock(held), "", held === null ? say.notSpeaking : "");
    const patience = windows["120s"]?.patience_median_ms ?? windows.session?.patience_median_ms;
    show(this.tiles.patience.root, patience !== undefined);
    this.#tile("patience", isNumber(patience) ? number(patience / 1000, 1) : "–", say.seconds, say.afterOthers);
    this.cues.update(model.activeCues(now).filter((cue) => cue.speaker === speaker.id));
    // Said when a word changes, and at each half minute of a monologue; not with every number.
    announce("pace", pace && `${say.pace}: ${pace}`);
    if (isNumber(db)) announce("level", `${say.level}: ${level}`);
    if (held >= 30) announce("monologue", `${say.ownMonologue}: ${clock(Math.floor(held / 30) * 30)}`);
  }
}

const THEMES = { bar: BarTheme, cards: CardsTheme, meeting: MeetingTheme, self: SelfTheme,
  full: class extends CardsTheme { constructor(root) { super(root, true); } } };
