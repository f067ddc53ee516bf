// Keeps what is typed in a report as a draft: [data-report-form] with data-draft-url and data-kind.
// A save goes out a moment after the last letter, one at a time; what did not arrive is tried again
// and said in words. Photographs and the signature go with the form itself.
import { freshToken, isTyped } from "./sending.js";

const WAIT = 1500;
const RETRY = 10000;
const SKIPPED = /^(csrfmiddlewaretoken|signature_|photo_|drop$|do$)/;

const form = document.querySelector("[data-report-form]");
const line = document.querySelector("[data-draft-state]");
let timer = 0;
let running = false;
let dirty = false;
let stopped = false;

function say(text, bad = false) {
  line.textContent = text;
  line.classList.toggle("is-bad", bad);
}

function fields() {
  const data = new FormData();
  for (const [name, value] of new FormData(form)) {
    if (!SKIPPED.test(name) && typeof value === "string") data.append(name, value);
  }
  data.append("kind", form.dataset.kind);
  return data;
}

function later(wait) {
  clearTimeout(timer);
  timer = setTimeout(save, wait);
}

async function save() {
  if (running || stopped || !dirty) return;
  running = true;
  dirty = false;
  let wait = WAIT;
  try {
    const answer = await fetch(form.dataset.draftUrl, {
      method: "POST",
      body: fields(),
      headers: { "X-Requested-With": "fetch", "X-CSRFToken": form.elements.csrfmiddlewaretoken.value },
    });
    const token = answer.status === 403 ? await freshToken(window.location.href, "[data-report-form] [name=csrfmiddlewaretoken]") : "";
    if (token) { // the form itself, with its photographs, is not refused for its token either
      form.elements.csrfmiddlewaretoken.value = token;
      dirty = true;
      return;
    }
    if (answer.status === 401 || token === null) {
      dirty = true;
      say("登录已过期，草稿未保存；请在另一个页面用原来的账号重新登录，已填写的内容还在本页。", true);
      wait = RETRY;
      return;
    }
    if (answer.status === 403) {
      stopped = true;
      say("您现在不能填写这份报告，草稿未保存；已填写的内容还在本页。", true);
      return;
    }
    const said = await answer.json();
    if (!answer.ok) {
      stopped = true; // the server said no, in words; the same again would not help
      say(said.message, true);
      return;
    }
    form.elements.rev.value = said.rev;
    say(`草稿已存 ${said.saved_at}`);
  } catch {
    dirty = true;
    say("网络不通，草稿未保存，稍后自动重试。", true);
    wait = RETRY;
  } finally {
    running = false;
    if (dirty && !stopped) later(wait);
  }
}

function touched(event) {
  if (SKIPPED.test(event.target.name || "")) return;
  dirty = true;
  later(event.type === "change" ? 200 : WAIT);
}

if (form) {
  form.addEventListener("input", touched);
  form.addEventListener("change", touched);
  // What was typed before this script had loaded.
  if ([...form.elements].some((one) => isTyped(one) && !SKIPPED.test(one.name))) {
    dirty = true;
    later(WAIT);
  }
  // A save that is on its way must arrive first: the form carries the number of the last one.
  document.addEventListener("submit", (event) => {
    if (event.target !== form) return;
    clearTimeout(timer);
    dirty = false;
    stopped = true;
    if (!running) return;
    const { submitter } = event;
    event.preventDefault();
    event.stopImmediatePropagation();
    const again = setInterval(() => {
      if (running) return;
      clearInterval(again);
      form.requestSubmit(submitter || undefined);
    }, 50);
  }, true);
  window.addEventListener("pageshow", () => {
    stopped = false;
  });
  form.addEventListener("unsent", () => {
    stopped = false;
    dirty = true;
    later(WAIT);
  });
}
