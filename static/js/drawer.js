// Opens a[data-drawer] (or what a form[method=get][data-drawer] asks for) in the right drawer. The server sees HX-Request and answers with
// layouts/drawer.html; without JavaScript the same address is a plain page.
// Forms inside are sent from here: a redirect means it worked and the page below is loaded again
// (its filter stays), anything else is the form again with its errors.
const drawer = document.getElementById("sz-drawer");
const body = document.getElementById("sz-drawer-body");
const HEADERS = { "HX-Request": "true", "HX-Target": "sz-drawer-body" };

function fill(html) {
  body.innerHTML = html;
  window.htmx?.process(body);
  const first = body.querySelector("[data-focus-me], [autofocus], .is-invalid, input:not([type=hidden]), select, textarea");
  first?.focus();
}

function say(form, text) {
  form.querySelector("[data-drawer-note]")?.remove();
  const note = document.createElement("p");
  note.className = "sz-alert sz-alert--error";
  note.dataset.drawerNote = "";
  note.setAttribute("role", "alert");
  note.textContent = text;
  form.prepend(note);
}

async function open(link) {
  const answer = await fetch(link.href, { headers: HEADERS, cache: "no-store" });
  if (answer.redirected || !answer.ok) {
    location.href = link.href; // signed out meanwhile, or refused: let the page itself say so
    return;
  }
  fill(await answer.text());
  if (!drawer.open) drawer.showModal();
}

async function send(form, submitter) {
  const data = new FormData(form);
  if (submitter?.name) data.append(submitter.name, submitter.value);
  const held = form.querySelectorAll("button");
  held.forEach((button) => { button.disabled = true; });
  try {
    const answer = await fetch(form.action || location.href, {
      method: "POST", body: data, headers: HEADERS, redirect: "manual",
    });
    if (answer.type === "opaqueredirect") location.reload();
    else if (answer.status === 401) location.reload();
    else fill(await answer.text());
  } catch {
    say(form, "网络中断，尚未提交，请重试。");
  } finally {
    held.forEach((button) => { button.disabled = false; });
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
