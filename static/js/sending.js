// Shared by the modules that send something of their own: what is on its way is asked after before
// its page is left, a token out of date is renewed, what was given before the script is found.

export const TIMEOUT = 180000;

// Asks whoever leaves the page while `isUnsent()` says that something would be lost with it.
export function askBeforeLeaving(isUnsent) {
  window.addEventListener("beforeunload", (event) => {
    if (!isUnsent()) return;
    event.preventDefault();
    event.returnValue = ""; // what browsers before 2024 ask for
  });
}

async function pageAt(url) {
  const answer = await fetchInTime(url, { headers: { "X-Requested-With": "fetch" }, cache: "no-store" });
  if (answer.status === 401) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html").body;
}

// A page that only says something has no account, and no form.
const isAnothers = ({ dataset }) => Boolean(dataset.account) && dataset.account !== document.body.dataset.account;

// After signing in again in another tab this page's token is out of date; a GET changes nothing.
// Gives the token that `selector` finds in the page at `url`: "" without one, null where nobody is
// signed in any more, or somebody else, in whose name nothing given here may be sent.
export async function freshToken(url, selector) {
  const body = await pageAt(url);
  if (!body || isAnothers(body)) return null;
  return body.querySelector(selector)?.value ?? "";
}

// The token of whoever is signed in now: "" if that is another account, null if nobody is.
export async function ownToken() {
  const body = await pageAt("/");
  if (!body?.dataset.account) return null;
  return isAnothers(body) ? "" : JSON.parse(body.getAttribute("hx-headers"))["X-CSRFToken"];
}

// fetch that gives up: what a connection that died without a word answers is never known. The time is
// for the body of the answer too, and nothing to what has arrived by then.
export function fetchInTime(url, options) {
  const abort = new AbortController();
  setTimeout(() => abort.abort(), TIMEOUT);
  return fetch(url, { ...options, signal: abort.signal });
}

export class Unsent extends Error {}
export const SIGNED_OUT = "登录已过期，尚未提交。请在另一个页面用原来的账号重新登录后再提交，已填写的内容还在本页。";
const CUT = "网络中断，尚未提交，请重试。已填写的内容还在本页。";

// Sends a form as the browser would, but its page stays until the server has it. Gives the answer,
// a redirect (it worked) as type "opaqueredirect"; throws Unsent with a sentence where none came.
export async function sendForm(form, submitter, headers = {}) {
  const data = new FormData(form);
  if (submitter?.name) data.append(submitter.name, submitter.value);
  const post = () => fetchInTime(form.action || location.href, { method: "POST", body: data, headers, redirect: "manual" });
  // No second tap, and no picture that would come too late to go along.
  const held = [...form.elements].filter((one) => one.matches("button, input[type=file]") && !one.disabled);
  held.forEach((one) => { one.disabled = true; });
  submitter?.setAttribute("aria-busy", "true");
  let isDone = false;
  try {
    let answer = await post();
    const token = answer.status === 403 ? await freshToken(location.href, "[name=csrfmiddlewaretoken]") : "";
    if (token) {
      form.elements.csrfmiddlewaretoken.value = token;
      data.set("csrfmiddlewaretoken", token);
      answer = await post();
    }
    if (answer.status === 401 || token === null) {
      throw new Unsent(SIGNED_OUT);
    }
    if (answer.status === 413) throw new Unsent("文件太大，没有提交成功。请换小一些的文件再提交，已填写的内容还在本页。");
    if (answer.status >= 500) throw new Unsent("没有提交成功，请稍后重试。已填写的内容还在本页。");
    isDone = answer.type === "opaqueredirect";
    return answer;
  } catch (error) {
    throw error instanceof Unsent ? error : new Unsent(CUT);
  } finally {
    if (isDone) stayHeld(form, held);
    else {
      held.forEach((one) => { one.disabled = false; });
      submitter?.removeAttribute("aria-busy");
    }
  }
}

// What is done must not be sent again while its page is being left; submit.js lets go of it where the
// page comes back.
export function stayHeld(form, held) {
  form.dataset.submitting = "1";
  held.forEach((one) => { one.dataset.held = "1"; });
}

export function tellUnsent(form, error) {
  form.querySelector("[data-unsent]")?.remove();
  const note = document.createElement("p");
  note.className = "sz-alert sz-alert--error";
  note.dataset.unsent = "";
  note.setAttribute("role", "alert");
  note.textContent = error instanceof Unsent ? error.message : CUT;
  form.prepend(note);
  note.scrollIntoView({ block: "center" });
}

// Whether a person has changed this input since the server sent it.
export function isTyped(input) {
  if (!input.name || input.type === "hidden") return false;
  if (input.type === "radio" || input.type === "checkbox") return input.checked !== input.defaultChecked;
  if (input.options) {
    const options = [...input.options];
    if (options.some((one) => one.defaultSelected)) return options.some((one) => one.selected !== one.defaultSelected);
    return input.selectedIndex > (input.multiple ? -1 : 0);
  }
  return input.defaultValue !== undefined && input.value !== input.defaultValue;
}

// 16 bytes as a UUID of a version (RFC 9562).
function written(bytes, version) {
  bytes[6] = (bytes[6] & 0x0f) | (version << 4);
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

export function newUuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  return written(crypto.getRandomValues(new Uint8Array(16)), 4); // pages without https
}

// The same picture of the same batch has the same uuid, of the bytes' hash. Pages without https
// cannot hash; the server knows the same bytes of a cylinder all the same.
export async function uuidOf(batch, file) {
  if (!crypto.subtle) return newUuid();
  const hash = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  const words = new TextEncoder().encode(batch);
  const all = new Uint8Array(words.length + hash.byteLength);
  all.set(words);
  all.set(new Uint8Array(hash), words.length);
  return written(new Uint8Array(await crypto.subtle.digest("SHA-256", all)).slice(0, 16), 5);
}
