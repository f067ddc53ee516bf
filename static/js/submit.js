// Prevents double submission. The first submit is never touched: buttons are disabled only after the
// submit event has been dispatched (so the pressed button's name and value are sent), and a page that
// comes back from the browser's cache is usable again.
//
// A page whose session may have ended, or gone on under a new token, asks before it sends a form: what
// was typed would be lost with the page. Not so [data-own-sending]: its script knows what to do, also
// where there is no line.
import { isTyped, ownToken, SIGNED_OUT, tellUnsent, Unsent } from "./sending.js";

const RELEASE_AFTER = 60000;
const ASK_AFTER = 10 * 60000;

const { account, csrfCookie } = document.body.dataset;
const cookieNow = () => document.cookie.split("; ").find((one) => one.startsWith(`${csrfCookie}=`));
let cookie = cookieNow();
let asked = Date.now();
const asking = new Set(); // forms whose second tap must not be a second form

async function renew() {
  const token = await ownToken();
  if (token === null) throw new Unsent(SIGNED_OUT);
  if (!token) throw new Unsent("现在登录的是另一个账号，尚未提交。请重新登录原来的账号后再提交，已填写的内容还在本页。");
  for (const input of document.querySelectorAll("[name=csrfmiddlewaretoken]")) input.value = token;
  document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token }));
  cookie = cookieNow();
  asked = Date.now();
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (!account || !form.elements.csrfmiddlewaretoken || "ownSending" in form.dataset) return;
  if (cookieNow() === cookie && Date.now() - asked < ASK_AFTER) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (asking.has(form)) return;
  asking.add(form);
  renew().then(() => {
    form.querySelector("[data-unsent]")?.remove();
    form.requestSubmit(submitter || undefined);
  }, (error) => {
    const isGiven = form.querySelector("canvas") || [...form.elements].some(isTyped);
    if (error instanceof Unsent && !isGiven) return void window.location.reload(); // to the entrance
    tellUnsent(form, error);
  }).finally(() => asking.delete(form));
}, true);

function release(form) {
  delete form.dataset.submitting;
  for (const one of form.elements) {
    one.removeAttribute("aria-busy");
    if (!one.dataset.held) continue;
    one.disabled = false;
    delete one.dataset.held;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || "allowResubmit" in form.dataset) return;
  if (form.dataset.submitting) {
    event.preventDefault();
    return;
  }
  form.dataset.submitting = "1";
  event.submitter?.setAttribute("aria-busy", "true");
  setTimeout(() => {
    for (const button of form.elements) { // also those outside of it
      if (button.disabled || !button.matches("button:not([type=button]), input[type=submit]")) continue;
      button.disabled = true;
      button.dataset.held = "1";
    }
  }, 0);
  setTimeout(() => release(form), RELEASE_AFTER);
});

// Said of a new page, too, once its last picture is there: what was sent by then stays held.
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  document.querySelectorAll("form[data-submitting]").forEach(release);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form[data-submitting]");
  if (form) release(form);
});

// A form that came back with errors: read its summary first.
document.querySelector("[data-focus-me]")?.focus();
