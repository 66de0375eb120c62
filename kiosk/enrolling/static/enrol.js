// The screen of a machine that is being enrolled: it looks whether something has happened, and goes to the counter once there is one.
// Nothing here is needed: every button is a form of its own, and 再看一眼 does the same.
"use strict";

(() => {
  const EVERY_MS = 400;

  async function look() {
    try {
      const answer = await fetch("/enrol/turn", { cache: "no-store", credentials: "same-origin" });
      if (answer.status === 404) return location.replace("/"); // it is a counter now
      if (answer.ok && (await answer.text()) !== document.body.dataset.turn) return location.reload();
    } catch {
      // it starts anew
    }
    setTimeout(look, EVERY_MS);
  }

  setTimeout(look, EVERY_MS);
})();
