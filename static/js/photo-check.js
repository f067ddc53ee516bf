// 审核附件: [data-photo-check] shows one photograph. Zoom, turn and drag; keys 1, 2, 3–9, ← →; how long
// the picture was on a visible page goes with the form; the next picture is loaded in advance.
// Without this file the page is a plain form, and the server bounds the time by itself.
const MOST = 8;
const STEP = 1.25;

let stage = null;
let image = null;
let view = { scale: 1, x: 0, y: 0, turn: 0 };
let watch = { base: 0, total: 0, since: 0, isShown: false };
let ahead = null;

// ------------------------------------------------------------------ how long it was looked at
function run() {
  if (watch.since || !watch.isShown || document.hidden) return;
  watch.since = performance.now();
}
function pause() {
  if (!watch.since) return;
  watch.total += performance.now() - watch.since;
  watch.since = 0;
}
function elapsed() {
  const now = watch.since ? performance.now() - watch.since : 0;
  return Math.round(watch.base + watch.total + now);
}
document.addEventListener("visibilitychange", () => (document.hidden ? pause() : run()));

// ------------------------------------------------------------------ the picture
function paint() {
  const { clientWidth: width, clientHeight: height } = image;
  const isAcross = view.turn % 2 === 1;
  const fit = isAcross ? Math.min(stage.clientWidth / height, stage.clientHeight / width) : 1;
  const scale = fit * view.scale;
  // As far as the picture reaches beyond the stage it can be drawn, and no further.
  const [wide, high] = isAcross ? [height, width] : [width, height];
  const spareX = Math.max(0, (wide * scale - stage.clientWidth) / 2);
  const spareY = Math.max(0, (high * scale - stage.clientHeight) / 2);
  view.x = Math.min(spareX, Math.max(-spareX, view.x));
  view.y = Math.min(spareY, Math.max(-spareY, view.y));
  image.style.transform = `translate(${view.x}px, ${view.y}px) rotate(${view.turn * 90}deg) scale(${scale})`;
  stage.classList.toggle("is-zoomed", view.scale > 1);
}
function zoom(factor, at = { x: 0, y: 0 }) {
  const scale = Math.min(MOST, Math.max(1, view.scale * factor));
  const by = scale / view.scale;
  view.x = at.x - (at.x - view.x) * by;
  view.y = at.y - (at.y - view.y) * by;
  view.scale = scale;
  paint();
}
const doings = {
  larger: () => zoom(STEP),
  smaller: () => zoom(1 / STEP),
  turn: () => { view.turn = (view.turn + 1) % 4; paint(); },
  reset: () => { view = { scale: 1, x: 0, y: 0, turn: 0 }; paint(); },
};
function fromMiddle(event) {
  const box = stage.getBoundingClientRect();
  return { x: event.clientX - box.left - box.width / 2, y: event.clientY - box.top - box.height / 2 };
}
function listen() {
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(event.deltaY < 0 ? STEP : 1 / STEP, fromMiddle(event));
  }, { passive: false });
  stage.addEventListener("dblclick", (event) => {
    zoom(view.scale > 1 ? 1 / MOST : 3, fromMiddle(event));
  });
  stage.addEventListener("pointerdown", (event) => {
    if (view.scale === 1 || event.button) return;
    stage.setPointerCapture(event.pointerId);
    stage.classList.add("is-dragged");
  });
  stage.addEventListener("pointermove", (event) => {
    if (!stage.classList.contains("is-dragged")) return;
    view.x += event.movementX;
    view.y += event.movementY;
    paint();
  });
  for (const name of ["pointerup", "pointercancel"]) {
    stage.addEventListener(name, () => stage.classList.remove("is-dragged"));
  }
}

// ------------------------------------------------------------------ a page
function shown() {
  watch.isShown = true;
  run();
  paint();
}
function setUp() {
  const root = document.querySelector("[data-photo-check]:not([data-ready])");
  if (!root) return;
  root.dataset.ready = "1";
  stage = root.querySelector("[data-check-stage]");
  image = root.querySelector("[data-check-image]");
  root.querySelector("[data-check-tools]").hidden = false;
  view = { scale: 1, x: 0, y: 0, turn: 0 };
  const field = root.querySelector("[data-check-seen]");
  watch = { base: Number(field?.value) || 0, total: 0, since: 0, isShown: false };
  listen();
  if (image.complete && image.naturalWidth) shown();
  else if (image.complete) broken();
  image.addEventListener("load", shown);
  image.addEventListener("error", broken);
  if (root.dataset.next) {
    ahead = new Image();
    ahead.src = root.dataset.next;
  }
}
function broken() {
  image.hidden = true;
  stage.querySelector("[data-check-broken]").hidden = false;
}

// ------------------------------------------------------------------ buttons and keys
function choose(verdict) {
  const choice = document.getElementById(`ck-${verdict}`);
  if (choice) choice.checked = true;
  return choice;
}
function reason(number) {
  const chip = document.getElementById(`ck-reason-${number}`);
  if (chip && choose("wrong")) {
    chip.checked = true;
    chip.scrollIntoView({ block: "nearest" });
  }
}
function ask() {
  const first = document.getElementById("ck-reason-1");
  first.focus({ preventScroll: true });
  first.closest(".ck-reasons").scrollIntoView({ block: "nearest" });
}
const press = (id) => document.getElementById(id)?.click();
const keys = {
  1: () => choose("correct"),
  2: () => choose("wrong") && ask(),
  ArrowRight: () => press("ck-next"),
  ArrowLeft: () => press("ck-prev"),
  "+": doings.larger,
  "=": doings.larger,
  "-": doings.smaller,
  0: doings.reset,
  r: doings.turn,
  R: doings.turn,
};
for (let digit = 3; digit <= 9; digit += 1) keys[digit] = () => reason(digit - 2);

document.addEventListener("keydown", (event) => {
  if (!stage || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.repeat && event.key.startsWith("Arrow")) return void event.preventDefault();
  if (event.target.closest("input[type=text], textarea, select, dialog[open]")) return;
  if (!keys[event.key]) return;
  event.preventDefault();
  keys[event.key]();
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-check-do]");
  if (button) doings[button.dataset.checkDo]();
});
// A chosen chip can be let go again.
document.addEventListener("click", (event) => {
  const chip = event.target.closest("input[data-check-reason]");
  if (!chip) return;
  if (chip.dataset.was) chip.checked = false;
  for (const one of document.querySelectorAll("[data-check-reason]")) delete one.dataset.was;
  if (chip.checked) chip.dataset.was = "1";
});
document.addEventListener("submit", (event) => {
  const field = event.target.querySelector?.("[data-check-seen]");
  if (field) field.value = elapsed();
}, true);
window.addEventListener("resize", () => image && paint());

// ------------------------------------------------------------------ turned by htmx
document.addEventListener("htmx:load", (event) => {
  const root = event.detail.elt;
  if (root.id !== "photo-check") return;
  setUp();
  // On a phone the buttons lie below the picture: begin at the picture again.
  const refusal = root.querySelector("[role=alert]");
  if (refusal) refusal.scrollIntoView({ block: "center" });
  else if (root.getBoundingClientRect().top < 0) root.scrollIntoView();
});
function say(text) {
  document.dispatchEvent(new CustomEvent("toast", { detail: { text } }));
}
document.addEventListener("htmx:sendError", () => say("没有保存成功，请检查网络后再翻页。"));
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 401) say("登录已过期，这张没有保存。请刷新页面重新登录后继续。");
  else if (status >= 500) say("系统繁忙，这张没有保存，请稍后再翻页。");
});

setUp();
