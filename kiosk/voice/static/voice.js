// Records a clip as 16-bit mono WAV in this page. The microphone is asked for at the first press, on this machine only.
"use strict";

const RATE = 16000;
const LONGEST_S = 8;
let stopNow = null;

function wav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
  const text = (at, letters) => [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  view.setUint32(4, 36 + samples.length * 2, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * 2, true);
  view.setUint16(32, 2, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, samples.length * 2, true);
  samples.forEach((sample, i) => view.setInt16(44 + i * 2, Math.max(-1, Math.min(1, sample)) * 32767, true));
  return new Blob([view], { type: "audio/wav" });
}

async function record(button) {
  if (stopNow) {
    stopNow();
    return;
  }
  const row = button.closest("li");
  const state = row.querySelector(".state");
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
  const context = new AudioContext({ sampleRate: RATE });
  const source = context.createMediaStreamSource(stream);
  const taker = context.createScriptProcessor(4096, 1, 1);
  const taken = [];
  taker.onaudioprocess = (event) => {
    taken.push(...event.inputBuffer.getChannelData(0));
    state.textContent = `正在录 ${Math.floor(taken.length / context.sampleRate)} 秒`;
  };
  source.connect(taker);
  taker.connect(context.destination);
  state.textContent = "正在录";
  button.textContent = "录完了";
  button.dataset.on = "";
  await new Promise((done) => {
    stopNow = done;
    setTimeout(done, LONGEST_S * 1000);
  });
  stopNow = null;
  taker.onaudioprocess = null;
  taker.disconnect();
  stream.getTracks().forEach((track) => track.stop());
  await context.close();
  button.textContent = "录";
  delete button.dataset.on;
  const answer = await fetch(`/voice/${row.dataset.clip}`, {
    method: "POST", body: wav(taken, context.sampleRate), headers: { Accept: "application/json", "Content-Type": "audio/wav" },
  });
  if (answer.ok) location.reload();
  else state.textContent = (await answer.json().catch(() => ({}))).words || "没存上，再录一次";
}

const canRecord = Boolean(navigator.mediaDevices && window.AudioContext);
document.querySelector(".no-mic").hidden = canRecord;
document.querySelectorAll(".record").forEach((button) => {
  button.hidden = !canRecord;
  button.addEventListener("click", () => record(button).catch(() => {
    stopNow = null;
    button.textContent = "录";
    delete button.dataset.on;
    button.closest("li").querySelector(".state").textContent = "话筒没有打开";
  }));
});

// Whoever leaves this page open leaves the counter without its screen: after a quarter of an hour untouched it goes back.
let idle;
const touched = () => {
  clearTimeout(idle);
  idle = setTimeout(() => location.assign("/"), 15 * 60 * 1000);
};
for (const kind of ["pointerdown", "keydown", "scroll"]) addEventListener(kind, touched, { passive: true });
touched();
