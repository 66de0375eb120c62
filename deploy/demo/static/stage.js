// Shows a new paper as soon as it comes out; without this script a reload does the same.
"use strict";
const paper = document.getElementById("paper");
setInterval(async () => {
  try {
    const { name } = await (await fetch("/paper")).json();
    if (!name || name === paper.dataset.now) return;
    location.replace("/"); // the code on the paper is new too
  } catch { /* the demo has ended */ }
}, 1000);
