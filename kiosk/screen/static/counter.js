// The counter's screen comes to life: it waits for the next state, swaps the body without a flash, sends each tap once,
// and beeps.
// Nothing here is needed: every button is a form of its own.
"use strict";

(() => {
  const QUIET_MS = 400; // after a face came, so that the second half of a double tap meets no new button
  const DOUBLE_MS = 200; // the same button twice within it is one tap
  const LONGEST_PRESS_MS = 1500;
  const CLICK_MS = 50;
  const RETRY_MS = 1000;
  const STALE_MS = 500; // a sound that the browser held back so long says something that is over
  const TONES = { ok: [[880, 0, 0.09]], refused: [[260, 0, 0.14], [196, 0.18, 0.22]], offline: [[660, 0, 0.1], [440, 0.13, 0.14]] };

  const QUICK = new Set(["cart.html", "pad.html"]); // one after the other is meant, though the face has moved on since
  const KEY_DOUBLE_MS = 60; // two equal figures in a PIN come fast

  const fetched = { cache: "no-store", credentials: "same-origin" };
  let ticket = 0; // the latest request for a page; an earlier one that comes later is not shown
  let sending = Promise.resolve(); // taps go one after the other, none is lost
  let tapped = { key: null, at: 0 };
  let held = null; // a promise while a finger is on the screen
  let letGo = () => {};
  let holding = 0;
  let quietUntil = 0;
  let audio = null;
  let shown = "";
  let newest = { version: 0, face: "" }; // of all answers, shown or not

  const said = () => document.body.dataset;

  // A browser that was started without leave to sound keeps an AudioContext asleep until somebody touches the screen. What was to be
  // heard before then is not saved up: it would all come at once.
  async function awake() {
    const asked = performance.now();
    audio ??= new AudioContext();
    if (audio.state !== "running") await audio.resume();
    return performance.now() - asked < STALE_MS;
  }

  async function beep(kind) {
    try {
      if (!TONES[kind] || !(await awake())) return;
      for (const [hertz, from, length] of TONES[kind]) {
        const tone = audio.createOscillator();
        const loudness = audio.createGain();
        tone.frequency.value = hertz;
        loudness.gain.setValueAtTime(0.2, audio.currentTime + from);
        loudness.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + from + length);
        tone.connect(loudness).connect(audio.destination);
        tone.start(audio.currentTime + from);
        tone.stop(audio.currentTime + from + length);
      }
    } catch {
      // a machine without a speaker still sells
    }
  }

  const keyOf = (button) => {
    const form = button?.closest?.("form.tap");
    return form ? `${form.elements.action?.value}/${form.elements.arg?.value}` : null;
  };

  function scrolls() {
    const found = new Map();
    for (const list of document.querySelectorAll("[data-scroll]")) found.set(list.dataset.scroll, [list.scrollTop, list.childElementCount]);
    return found;
  }

  function scrollBack(before) {
    for (const list of document.querySelectorAll("[data-scroll]")) {
      const [top, count] = before.get(list.dataset.scroll) ?? [0, 0];
      list.scrollTop = list.dataset.scroll === "cart" && list.childElementCount > count ? list.scrollHeight : top;
    }
  }

  function focusBack(key) {
    if (key === null) return;
    for (const button of document.querySelectorAll("form.tap button")) {
      if (keyOf(button) === key) return button.focus({ preventScroll: true });
    }
  }

  function swap(next) {
    const [before, key] = [scrolls(), keyOf(document.activeElement)];
    document.documentElement.className = next.documentElement.className;
    document.title = next.title;
    document.body.replaceChildren(...next.body.childNodes);
    scrollBack(before);
    focusBack(key);
  }

  function show(text) {
    const next = new DOMParser().parseFromString(text, "text/html");
    if (!next.body.dataset.version) return;
    for (const without of next.querySelectorAll("noscript")) without.remove();
    const { beeps, face } = said();
    if (text !== shown) swap(next);
    shown = text;
    Object.assign(document.body.dataset, next.body.dataset);
    if (said().face !== face) quietUntil = performance.now() + QUIET_MS;
    if (said().beeps !== beeps) void beep(said().beep);
  }

  async function load(address, more) {
    const mine = ++ticket;
    const answer = await fetch(address, { ...fetched, ...more });
    const text = await answer.text();
    const found = /data-version="(\d+)" data-face="([\w.]+)"/.exec(text);
    if (found && Number(found[1]) > newest.version) newest = { version: Number(found[1]), face: found[2] };
    while (held) await held; // a button that is swapped under the finger would lose its tap
    if (mine === ticket && answer.ok) show(text);
    return answer.ok;
  }

  function lost(is) {
    const bar = document.querySelector(".k-lost");
    if (bar) bar.hidden = !is;
  }

  const pause = (ms) => new Promise((go) => setTimeout(go, ms));

  async function watch() {
    for (let away = false; ; ) {
      try {
        if (away && !(await load("/"))) throw new Error("no page");
        away = false;
        lost(false);
        const answer = await fetch(`/wait?after=${said().version}&heard=${said().beeps}`, fetched);
        if (!answer.ok) throw new Error(String(answer.status));
        if (!(await load("/"))) throw new Error("no page"); // even when nothing changed: the clock on the top line goes on
      } catch {
        away = true;
        lost(true);
        await pause(RETRY_MS);
      }
    }
  }

  async function send(address, body, button, choosing) {
    button?.setAttribute("aria-busy", "true");
    // One more, one fewer: still meant when the cart has moved on since. Any other tap holds only for what was on the screen.
    if (choosing && newest.face === choosing) body.set("version", newest.version);
    try {
      if (!(await load(address, { method: "POST", body }))) await load("/");
    } catch {
      lost(true);
    } finally {
      button?.removeAttribute("aria-busy");
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form.tap[method=post]")) return;
    event.preventDefault();
    const now = performance.now();
    const key = keyOf(form.querySelector("button"));
    const double = said().face === "pad.html" && key.startsWith("digit/") ? KEY_DOUBLE_MS : DOUBLE_MS;
    if (now < quietUntil || (key === tapped.key && now - tapped.at < double)) return;
    tapped = { key, at: now };
    const body = new URLSearchParams(new FormData(form)); // with the version that was tapped: the till knows an old face by it
    const choosing = QUICK.has(said().face) ? said().face : null;
    sending = sending.then(() => send(form.getAttribute("action"), body, event.submitter, choosing));
  });

  function hold() {
    clearTimeout(holding);
    if (audio && audio.state !== "running") void audio.resume();
    held ??= new Promise((go) => { letGo = go; });
    holding = setTimeout(free, LONGEST_PRESS_MS);
  }

  function free() {
    clearTimeout(holding);
    held = null;
    letGo();
  }

  function soonFree() {
    clearTimeout(holding);
    holding = setTimeout(free, CLICK_MS); // the click comes after the finger is gone
  }

  document.addEventListener("pointerdown", hold);
  document.addEventListener("pointerup", soonFree);
  document.addEventListener("pointercancel", soonFree);

  document.addEventListener("contextmenu", (event) => event.preventDefault());
  void watch();
})();
