// Shows a new receipt as soon as it comes out; without this script a reload does the same.
"use strict";
const paper = document.getElementById("paper");
setInterval(async () => {
  try {
    const { name } = await (await fetch("/paper")).json();
    if (!name || name === paper.dataset.now) return;
    paper.dataset.now = name;
    paper.src = "/paper/" + encodeURIComponent(name);
    paper.hidden = false;
    document.getElementById("no-paper").hidden = true;
  } catch { /* the demo has ended */ }
}, 1000);
