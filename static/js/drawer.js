// Opens a[data-drawer] (or what a form[method=get][data-drawer] asks for) in the right drawer. The server sees HX-Request and answers with
// layouts/drawer.html; without JavaScript the same address is a plain page.
// Forms inside are sent from here: a redirect means it worked and the page below is loaded again
// (its filter stays), anything else is the form again with its errors.
import { sendForm, tellUnsent } from "./sending.js";

const drawer = document.getElementById("sz-drawer");
const body = document.getElementById("sz-drawer-body");
const HEADERS = { "HX-Request": "true", "HX-Target": "sz-drawer-body" };
let isSending = false;

function fill(html) {
  body.innerHTML = html;
  window.htmx?.process(body);
  const first = body.querySelector("[data-focus-me], [autofocus], .is-invalid, input:not([type=hidden]), select, textarea");
  first?.focus();
  if (!drawer.open) drawer.showModal(); // also when it was closed before the answer came
}

async function open(link) {
  if (isSending) { // another form in its place would be overwritten by the answer
    if (!drawer.open) drawer.showModal();
    return;
  }
  const answer = await fetch(link.href, { headers: HEADERS, cache: "no-store" });
  if (answer.redirected || !answer.ok) {
    location.href = link.href; // signed out meanwhile, or refused: let the page itself say so
    return;
  }
  fill(await answer.text());
}

async function send(form, submitter) {
  isSending = true;
  try {
    const answer = await sendForm(form, submitter, HEADERS);
    if (answer.type === "opaqueredirect") location.reload();
    else fill(await answer.text());
  } catch (error) {
    if (!drawer.open) drawer.showModal();
    tellUnsent(form, error);
  } finally {
    isSending = false;
  }
}

if (drawer?.showModal) {
  document.addEventListener("click", (event) => {
    const closer = event.target.closest("[data-drawer-close]");
    if (closer && drawer.open) event.preventDefault(); // a link that leads back where there is no drawer
    if (closer || event.target === drawer) return void drawer.close();
    const link = event.target.closest("a[data-drawer]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    open(link).catch(() => { location.href = link.href; });
  });
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "get" || !("drawer" in form.dataset)) return;
    event.preventDefault();
    const asked = new URLSearchParams(new FormData(form));
    if (event.submitter?.name) asked.append(event.submitter.name, event.submitter.value); // which button
    const href = `${form.action}?${asked}`;
    open({ href }).catch(() => { location.href = href; });
  });
  body.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    event.preventDefault();
    send(form, event.submitter);
  });
}
