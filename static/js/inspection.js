// The form of a round, one item a screen: 上一项 / 下一项 … 完成, answer sheet, 立即提交. Every change is
// saved as a draft through the outbox. The page is one server-rendered form: without this module it is
// a long one, and nothing here asks the server before the next item is shown.
import { baseOf, isStopped, missing, read, ROUND, stateOf, wordOf, write } from "./inspection-answers.js";
import { Outbox } from "./inspection-outbox.js";
import { Photos } from "./inspection-photos.js";
import { askBeforeLeaving, isTyped, newUuid } from "./sending.js";

const form = document.querySelector("[data-inspection]");
const one = (selector, root = document) => root.querySelector(selector);
const all = (selector, root = document) => [...root.querySelectorAll(selector)];
const steps = all("[data-step]", form);
const items = steps.filter((step) => step.dataset.key && step.dataset.key !== ROUND);
const round = steps.find((step) => step.dataset.key === ROUND); // a licence or a category in time has none
const keys = [...(round ? [ROUND] : []), ...items.map((step) => step.dataset.key)];
const stepOf = (key) => form.querySelector(`[data-key="${CSS.escape(key)}"]`);
const line = one("[data-state]");
const notice = one("[data-notice]");
const conflicts = new Map();
let here = null;
let savedAt = line.textContent.match(/\d\d:\d\d/)?.[0] ?? "";
const asked = new Set(); // steps the person has left: only those are told what is missing

// ------------------------------------------------------------------ state in words
function say(kind, percent) {
  const left = outbox.pending ? `（${outbox.pending} 项待保存）` : "";
  const words = {
    saved: savedAt ? `草稿已存 ${savedAt}` : "尚未填写",
    saving: "正在保存…",
    uploading: `正在上传照片 ${percent ?? 0}%`,
    offline: `未保存，网络不通，稍后自动重试${left}`,
    "signed-out": "登录已过期，未保存。",
    conflict: "有内容在另一个页面被修改，请先选择保留哪一个",
    stopped: "未保存，这条待办不能再填写",
  };
  const shown = kind === "saved" && conflicts.size ? "conflict" : kind;
  line.textContent = words[shown];
  line.classList.toggle("is-bad", !["saved", "saving", "uploading"].includes(shown));
  if (shown === "signed-out") {
    const link = document.createElement("a");
    link.href = form.dataset.signInUrl;
    link.target = "_blank";
    link.textContent = "请重新登录";
    line.append(link, "，已填写的内容还在本页");
  }
}

// ------------------------------------------------------------------ saving
const outbox = new Outbox(form, {
  describe(key) {
    const fields = { [`${key}-base`]: baseOf(form, key).value };
    for (const [name, value] of Object.entries(read(form, key))) fields[`${key}-${name}`] = value;
    return fields;
  },
  on: { state: say, saved: onSaved, refused: onRefused, receipt: (at) => { savedAt = at; } },
});
const photos = new Photos(form, outbox, refresh);

function onSaved(sent, answer) {
  savedAt = answer.saved_at;
  form.elements.client_uuid.value = answer.client_uuid;
  for (const key of sent) {
    const again = outbox.dirty.has(key); // changed once more while this was on its way
    if (answer.conflicts[key]) showConflict(key, answer.conflicts[key]);
    else if (!answer.kept[key]) setBase(key, answer.bases[key]);
    else if (!again) {
      write(form, key, answer.kept[key]);
      setBase(key, answer.bases[key]);
      refresh(key);
    }
    showErrors(key, answer.errors[key]);
  }
  if (answer.reload) outbox.flush().then(() => location.reload(), () => {});
}

function setBase(key, base) {
  if (base) baseOf(form, key).value = base;
}

function showErrors(key, errors) {
  const box = stepOf(key).querySelector("[data-problems]");
  if (!box) return;
  if (errors) fill(box, Object.values(errors));
}

function fill(list, sentences) {
  list.replaceChildren(...sentences.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
  list.hidden = !sentences.length;
}

function showConflict(key, { mine, theirs, values, base }) {
  const box = one("[data-conflict]", stepOf(key));
  one("[data-conflict-theirs]", box).textContent = theirs;
  one("[data-conflict-mine]", box).textContent = mine;
  conflicts.set(key, { values, base });
  box.hidden = false;
  go(stepOf(key).id);
}

function settleConflict(key, take) {
  const { values, base } = conflicts.get(key);
  conflicts.delete(key);
  one("[data-conflict]", stepOf(key)).hidden = true;
  setBase(key, base);
  if (take === "theirs") {
    write(form, key, values);
    refresh(key);
    say("saved");
  } else {
    outbox.touch(key);
  }
}

function onRefused(error) {
  if (error.code === "checklist_changed") {
    submitWith("save"); // the server brings the page back on the new list with everything in it
    return;
  }
  say("stopped");
  const dialog = one("[data-refused]");
  one("[data-refused-text]").textContent = `${error.message}您填写的内容还在本页，可以查看。`;
  if (dialog.open) return;
  if (dialog.showModal) dialog.showModal();
  else dialog.setAttribute("open", "");
}

// ------------------------------------------------------------------ one screen at a time
function refresh(key) {
  const step = stepOf(key);
  const values = read(form, key);
  for (const fold of all("[data-when]", step)) {
    const [field, wanted] = fold.dataset.when.split(":");
    fold.hidden = values[field] !== wanted;
  }
  if (key === ROUND) {
    refreshBar();
    refreshSheet();
    return;
  }
  const state = stateOf(form, key, photos.count(key));
  const cell = form.querySelector(`[data-grid="${CSS.escape(key)}"]`);
  cell.dataset.mark = state;
  one("[data-grid-word]", cell).textContent = wordOf(state);
  const box = one("[data-problems]", step);
  if (asked.has(key)) fill(box, missing(form, key, photos.count(key)));
  else box.hidden = true;
  refreshSheet();
}

function refreshSheet() {
  const stopped = isStopped(form);
  one("[data-sum-items]").hidden = stopped;
  const { round_status: status, stop_reason: reason } = read(form, ROUND);
  const said = one("[data-sum-status]");
  if (said) said.textContent =
    `${said.dataset.what}：${stopped ? `${said.dataset.still}（当日不逐项巡查）${reason ? `，原因：${reason}` : ""}` : status ? said.dataset.running : "未选择"}`;
  const states = all("[data-grid]", form).map((cell) => cell.dataset.mark);
  for (const box of all("[data-count]", form)) {
    box.textContent = states.filter((state) => state === box.dataset.count).length;
  }
}

function stillMissing() {
  return keys
    .filter((key) => key === ROUND || !isStopped(form))
    .flatMap((key) => missing(form, key, photos.count(key)).map((text) => ({ key, text })));
}

function showMissing(found) {
  const list = one("[data-sum-list]");
  list.replaceChildren(
    ...found.map(({ key, text }) => {
      const entry = document.createElement("li");
      const link = document.createElement("a");
      link.href = `#${stepOf(key).id}`;
      link.textContent = stepOf(key).dataset.name;
      entry.append(link, `：${text}`);
      return entry;
    }),
  );
  one("[data-sum-missing]").hidden = !found.length;
}

function refreshBar() {
  const at = steps.indexOf(here);
  const isSum = here.dataset.step === "sum";
  const isRound = here === round;
  const isLast = at === steps.length - 2 || (isRound && isStopped(form));
  one("[data-prev]").hidden = at === 0;
  one("[data-prev]").textContent = isSum ? "返回检查" : "上一项";
  one("[data-next]").hidden = isSum;
  one("[data-next]").textContent = isRound && !isLast ? "下一步" : isLast ? "完成" : "下一项";
  one("[data-finish]").hidden = !isSum;
  one("[data-to-sheet]").hidden = isSum;
  const progress = one("[data-progress]");
  progress.hidden = isRound || isSum;
  const number = isRound || isSum ? 0 : Number(here.dataset.step);
  one("[data-progress-bar]").value = number;
  one("[data-progress-text]").textContent = `${number}/${form.dataset.total}`;
}

function show(step) {
  if (here?.dataset.key && here !== step && here.dataset.key !== ROUND && read(form, here.dataset.key).result) {
    asked.add(here.dataset.key);
    refresh(here.dataset.key);
  }
  here = step;
  steps.forEach((other) => other.classList.toggle("is-here", other === step));
  if (step.dataset.step === "sum") {
    form.elements.device_finished_at.value = new Date().toISOString();
    showMissing([]);
    refreshSheet();
  }
  if (notice) notice.hidden = !(step.id === form.dataset.open || step.dataset.step === "sum");
  form.elements.at.value = step.dataset.step === "sum" ? "" : step.dataset.step;
  refreshBar();
  window.scrollTo(0, 0);
  step.focus({ preventScroll: true });
}

// Every screen has its own address, so Back, Forward and reload stay where one is.
function go(id, { replace = false } = {}) {
  const step = steps.find((other) => other.id === id);
  if (!step || step === here) return;
  const state = { from: here?.id };
  if (replace) history.replaceState(state, "", `#${id}`);
  else history.pushState(state, "", `#${id}`);
  show(step);
}

function back() {
  const to = here.dataset.step === "sum" && isStopped(form) ? steps[0] : steps[steps.indexOf(here) - 1];
  if (history.state?.from === to.id) history.back();
  else go(to.id, { replace: true });
}

let moved = false; // by the last tap on 下一项

function next(event) {
  if (event.detail > 1 && moved) return; // the second half of a double tap
  const [lacking] = here === round ? missing(form, ROUND, photos.count(ROUND)) : [];
  moved = !lacking;
  if (lacking) {
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: lacking } }));
    return;
  }
  go((here === round && isStopped(form) ? steps[steps.length - 1] : steps[steps.indexOf(here) + 1]).id);
}

const byAddress = () => steps.find((step) => step.id === location.hash.slice(1));

// ------------------------------------------------------------------ 立即提交
function submitWith(word) {
  leaving = true;
  outbox.seq += 1;
  form.elements.seq.value = outbox.seq;
  const button = document.createElement("button");
  Object.assign(button, { type: "submit", name: "do", value: word, hidden: true });
  form.append(button);
  button.click();
  button.remove();
}

let leaving = false;
let submitting = false;

async function finish(event) {
  if (leaving) return;
  event.preventDefault();
  if (submitting) return;
  const found = stillMissing();
  if (found.length) {
    found.forEach(({ key }) => asked.add(key));
    items.forEach((step) => refresh(step.dataset.key));
    go("q-sum");
    showMissing(found);
    one("[data-sum-missing]").scrollIntoView({ block: "center" });
    return;
  }
  submitting = true;
  one("[data-finish]").disabled = true;
  one("[data-finish]").setAttribute("aria-busy", "true");
  try {
    await outbox.flush();
    await new Promise((done) => { setTimeout(done); }); // a form cannot be sent while it is being sent
    if (conflicts.size) go(stepOf([...conflicts.keys()][0]).id);
    else submitWith("finish");
  } catch {
    document.dispatchEvent(new CustomEvent("toast", { detail: { text: "还有内容没有传到服务器，尚未提交；网络恢复后请再点立即提交。" } }));
  }
  submitting = false;
  one("[data-finish]").disabled = false; // submit.js holds it while the form is on its way
  if (!form.dataset.submitting) one("[data-finish]").removeAttribute("aria-busy");
}

// ------------------------------------------------------------------ wiring
function onInput(event) {
  const step = event.target.closest("[data-key]");
  if (!step || !event.target.name) return;
  const key = step.dataset.key;
  if (!form.elements.device_started_at.value) form.elements.device_started_at.value = new Date().toISOString();
  const isText = event.target.matches("textarea");
  if (isText !== (event.type === "input")) {
    if (isText) outbox.kick(); // left the text: no need to wait for the next letter
    return;
  }
  one("[data-waiting]", form)?.remove(); // a change takes the round back from waiting for its signature
  if (conflicts.has(key)) one("[data-conflict-mine]", step).textContent = "（本页刚修改的内容）";
  else outbox.touch(key, isText ? 900 : 0);
  refresh(key);
}

function start() {
  form.elements.tab.value = newUuid();
  all("[data-long]").forEach((part) => {
    part.hidden = true;
    all("input, button", part).forEach((input) => { input.disabled = true; });
  });
  all("[data-script]").forEach((part) => { part.hidden = false; });
  all(".insp-error", form).forEach((text) => {
    const key = text.closest("[data-key]")?.dataset.key;
    if (key) asked.add(key);
  });
  form.addEventListener("input", onInput);
  form.addEventListener("change", onInput);
  form.addEventListener("submit", finish);
  form.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#q-"]');
    const choice = event.target.closest("[data-conflict-take]");
    if (choice) settleConflict(choice.closest("[data-key]").dataset.key, choice.dataset.conflictTake);
    if (!link) return;
    event.preventDefault();
    go(link.hash.slice(1));
  });
  one("[data-to-sheet]").addEventListener("click", (event) => {
    event.preventDefault();
    go("q-sum");
  });
  one("[data-prev]").addEventListener("click", back);
  one("[data-next]").addEventListener("click", next);
  one("[data-refused-stay]").addEventListener("click", () => {
    const dialog = one("[data-refused]");
    if (dialog.close) dialog.close();
    else dialog.removeAttribute("open");
  });
  line.addEventListener("click", () => outbox.kick());
  window.addEventListener("popstate", () => show(byAddress() ?? (location.hash ? here : steps[0])));
  window.addEventListener("pageshow", (event) => {
    leaving = false;
    if (event.persisted && outbox.isIdle) location.reload(); // another page may have gone on
  });
  askBeforeLeaving(() => !leaving && !outbox.isIdle);
  form.classList.add("is-ready", "is-stepped");
  keys.forEach(refreshQuietly);
  // A draft goes on where the first answer is missing; Back and Forward lead to where one was.
  const isNew = notice || performance.getEntriesByType("navigation")[0]?.type === "navigate";
  show(byAddress() ?? (isNew && steps.find((step) => step.id === form.dataset.open) || steps[0]));
  for (const box of all("[data-conflict-base]", form)) {
    const key = box.closest("[data-key]").dataset.key;
    conflicts.set(key, { values: JSON.parse(box.dataset.conflictValues), base: box.dataset.conflictBase });
  }
  all("[data-unsaved]", form).forEach((step) => { if (!conflicts.has(step.dataset.key)) outbox.touch(step.dataset.key); });
  if (conflicts.size) say("saved");
  all("input, textarea", form).filter(isTyped).forEach(takeUp);
}

// What was answered or photographed in the long form, before this module had loaded.
function takeUp(input) {
  if (input.type === "file") photos.add(input);
  else input.dispatchEvent(new Event(input.matches("textarea") ? "input" : "change", { bubbles: true }));
}

function refreshQuietly(key) {
  here ??= steps[0];
  refresh(key);
}

start();
