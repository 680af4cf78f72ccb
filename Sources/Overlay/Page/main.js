// Puts it together: the page draws when something has changed, and never more than once a frame.
let pending = 0;
function wake() {
  if (!pending) pending = requestAnimationFrame(frame);
}

/// For screen readers: cues, the state of the connection, and what a theme says. The same words are not said twice.
const told = new Map(), toTell = [];
let tellsAt = 0;
function announce(topic, text) {
  if (!text || told.get(topic) === text) return;
  told.set(topic, text);
  if (told.size > 64) told.delete(told.keys().next().value);
  toTell.push(text);
  if (toTell.length > 4) toTell.shift();
}

function tell(now) {
  if (toTell.length === 0 || now < tellsAt) return;
  tellsAt = now + 4000;
  set(spoken, toTell.splice(0).join(". "));
}

/// What was said may be of somebody who has withdrawn consent.
function hush() {
  toTell.length = 0;
  told.clear();
  set(spoken, "");
}

/// Who is measured, by which notice; who is not; and how the page stands to the daemon. Always there.
class Disclosure {
  constructor(root) {
    [this.state, this.time] = [make("span", "state"), make("span", "time")];
    [this.measured, this.notice, this.unmeasured] = [make("span", "measured"), make("span", "notice"),
      make("span", "unmeasured")];
    this.session = make("bdi", "session");
    root.append(make("span", "eye"), make("span", "said", this.measured, this.notice, this.unmeasured,
      make("span", "standing", this.session, this.time, this.state)));
    root.firstChild.setAttribute("aria-hidden", "true");
    this.root = root;
  }

  update(model, now) {
    const names = model.measured.map((speaker) => speaker.name);
    set(this.measured, names.length ? put(say.measured, { names: listed(names) }) : model.isKnown ? say.nobody : "");
    const notice = !model.isKnown ? "" : model.notice ? fill(say.notice, { id: shown(model.notice) })
      : model.session && !model.isGone ? say.noNotice : "";
    set(this.notice, !model.isKnown ? "" : [notice, model.policy ? fill(say.profile, { id: shown(model.policy) }) : ""]
      .filter(Boolean).join(" · "));
    const others = model.unmeasured.map((speaker) => speaker.name);
    set(this.unmeasured, others.length ? put(say.notMeasured, { names: listed(others) }) : "");
    set(this.session, model.session ? shown(model.session) : "");
    set(this.time, model.present > 0 ? clock(model.now(now)) : "");
    const state = this.#state(model);
    set(this.state, state);
    flag(this.root, "measuring", names.length > 0 && !model.ended);
    flag(this.root, "bad", ["lost", "denied", "tooMany"].includes(model.connection));
    announce("state", state);
  }

  #state(model) {
    if (model.connection === "lost" && !model.isKnown) return say.away;
    if (model.connection !== "live") return say[model.connection];
    // The first snapshot is on its way.
    if (!model.isKnown) return say.connecting;
    if (model.ended) return say.ended;
    if (model.degraded.size) return say.degraded;
    const states = [...model.sources.values()];
    if (states.some((state) => state === "stalled" || state === "reconnecting")) return say.stalled;
    return model.here.length ? say.live : say.waiting;
  }
}

/// What is said, in the order in which it was begun; what may still change is paler.
class Captions {
  constructor(root) {
    this.lines = new Keyed(root, () => {
      const [name, text] = [make("bdi", "name"), make("bdi", "text")];
      const line = make("p", "caption", name, text);
      return { root: line, update: (said) => {
        set(name, shown(said.name));
        set(text, said.text);
        flag(line, "open", !said.isFinal);
      } };
    });
    this.root = root;
  }

  update(lines) {
    show(this.root, lines.length > 0);
    this.lines.update(lines, (line) => line.key);
  }
}

const root = document.documentElement, view = document.getElementById("view");
const spoken = document.getElementById("spoken"), preferred = matchMedia("(prefers-color-scheme: light)");
// Broadcast software and frames show what is behind the page; a window of its own has a ground.
const isLaidOver = "obsstudio" in window || window.parent !== window;

function dress() {
  root.dataset.mode = options.mode ?? (!isLaidOver && preferred.matches ? "light" : "dark");
  const ground = options.background ?? (isLaidOver ? "transparent" : "");
  document.body.style.background = CSS.supports("color", ground) ? ground : "var(--ground)";
  root.dataset.ground = ground === "transparent" ? "none" : "own";
  readPalette();
  wake();
}

root.lang = options.language;
root.dataset.theme = options.theme;
root.style.fontSize = `${16 * options.size}px`;
document.title = `${say.title} – Attune`;
document.getElementById("title").textContent = say.title;
preferred.addEventListener("change", dress);

const model = new Model(wake);
const theme = new THEMES[options.theme](view);
const disclosure = new Disclosure(document.getElementById("disclosure"));
const captions = new Captions(document.getElementById("captions")), faces = new Faces(document.getElementById("faces"));
let drawn = 0, withdrawals = 0;

function frame(now) {
  pending = 0;
  drawn += 1;
  if (model.withdrawals !== withdrawals) {
    withdrawals = model.withdrawals;
    hush();
  }
  theme.update(model, now);
  disclosure.update(model, now);
  captions.update(model.lines(now));
  faces.update(model.faces(now));
  for (const cue of model.activeCues(now)) {
    if (!cue.cleared) announce(`cue ${cue.id}`, cueText(cue));
  }
  tell(now);
  // What tests ask: how often was drawn, and up to which event.
  root.dataset.frames = String(drawn);
  root.dataset.seq = String(model.seq);
}

/// What time alone changes: clocks, staleness, cues that have lingered. Asked often, drawn if it differs.
let looked = "";
setInterval(() => {
  const now = performance.now();
  const looks = [Math.floor(model.now(now)), ...model.measured.map((speaker) => speaker.isStale(now)),
    model.activeCues(now).length, model.lines(now).length, model.faces(now).length,
    toTell.length > 0 && now >= tellsAt].join();
  if (looks !== looked) wake();
  looked = looks;
}, 125);

dress();
new Feed(model, theme.fields).run();
