// Photographs of one cylinder: a picture is sent as soon as it is chosen, made smaller before (EXIF
// kept); what the browser cannot decode (HEIC) goes as it is. A picture that did not arrive stays in
// its tile and can be sent again. Without JavaScript the forms are plain ones.
import Compressor from "../vendor/compressorjs-1.3.0/compressor.esm.js";
import { askBeforeLeaving, freshToken, TIMEOUT, uuidOf } from "./sending.js";

const LONGEST_SIDE = 1600;

const SIGNED_OUT = "登录已失效，请重新登录后再上传。";

function smaller(file) {
  return new Promise((resolve) => {
    new Compressor(file, {
      quality: 0.8, maxWidth: LONGEST_SIDE, maxHeight: LONGEST_SIDE, retainExif: true,
      success: (made) => resolve(made.size < file.size ? made : file),
      error: () => resolve(file), // the server decides whether it is a photograph
    });
  });
}

function say(slot, word) {
  slot.querySelector("[data-photo-word]").textContent = word;
}

function tell(slot, text) {
  slot.classList.toggle("has-error", Boolean(text));
  slot.querySelector("[data-photo-error]").hidden = !text;
  slot.querySelector("[data-photo-error-text]").textContent = text;
}

// What the server said no to in words: sending the same again would not help.
class Refused extends Error {}
class Failed extends Error {}

function post(slot, photo, name) {
  return new Promise((resolve, reject) => {
    const data = new FormData(slot);
    data.set("photo", photo, name);
    data.set("page", "1");
    const request = new XMLHttpRequest();
    request.open("POST", slot.action);
    request.setRequestHeader("X-Requested-With", "fetch");
    request.timeout = TIMEOUT;
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) say(slot, `正在上传 ${Math.floor((event.loaded / event.total) * 100)}%`);
    });
    request.addEventListener("load", () => resolve(request));
    const lost = () => reject(new Failed("网络不通，照片没有上传成功。照片还在本页，请重试。"));
    for (const end of ["error", "timeout", "abort"]) request.addEventListener(end, lost);
    request.send(data);
  });
}

function understand(request) {
  if (request.status === 200) return;
  let answer = {};
  try { answer = JSON.parse(request.responseText); } catch { /* not ours: told below */ }
  if (answer.message) throw new Refused(answer.message);
  throw new Failed(request.status === 401 ? SIGNED_OUT : "照片没有上传成功，请重试。");
}

async function upload(slot, batch, file) {
  slot.elements.client_uuid.value = await uuidOf(batch, file);
  const photo = await smaller(file);
  let request = await post(slot, photo, file.name);
  if (request.status === 403) {
    const token = await freshToken(window.location.href, "[data-photo-slot] [name=csrfmiddlewaretoken]").catch(() => "");
    if (token === null) throw new Failed(SIGNED_OUT);
    if (token) {
      slot.elements.csrfmiddlewaretoken.value = token;
      request = await post(slot, photo, file.name);
    }
  }
  understand(request);
}

function fail(slot, error) {
  const isKnown = error instanceof Refused || error instanceof Failed;
  say(slot, "");
  tell(slot, isKnown ? error.message : "照片读取不出来，请重新拍摄或选择。");
  slot.classList.toggle("can-retry", error instanceof Failed);
  slot.querySelector("[data-photo-send-word]").textContent = "重新上传";
  if (!(error instanceof Failed)) inputOf(slot).value = "";
}

const area = document.querySelector("[data-item-photos]");
const slots = area ? [...area.querySelectorAll("[data-photo-slot]")] : [];
const inputOf = (slot) => slot.querySelector("input[type=file]");
// A picture stays in its input until the server has it, or will never have it.
const isUnsent = (slot) => inputOf(slot).files.length > 0;

async function send(slot) {
  const input = inputOf(slot);
  const [file] = input.files;
  if (!file || slot.dataset.busy) return;
  slot.dataset.busy = "1";
  input.disabled = true; // a second picture would take the place of the first
  slot.classList.remove("can-retry");
  tell(slot, "");
  say(slot, "正在处理");
  try {
    await upload(slot, area.dataset.batch, file);
    input.value = "";
    // The page that is loaded again shows the photograph, but not what other tiles still hold.
    if (!slots.some((one) => isUnsent(one) || one.matches(".has-error"))) {
      window.location.reload();
      return; // busy until the page is there again
    }
    say(slot, "已上传，刷新页面后显示。");
  } catch (error) {
    fail(slot, error);
  }
  input.disabled = false;
  delete slot.dataset.busy;
}

if (area) {
  area.classList.add("is-live");
  area.addEventListener("change", (event) => {
    const slot = event.target.closest("[data-photo-slot]");
    if (slot) send(slot);
  });
  area.addEventListener("submit", (event) => {
    const slot = event.target.closest("[data-photo-slot]");
    if (!slot) return;
    event.preventDefault();
    send(slot);
  }, true);
  askBeforeLeaving(() => slots.some(isUnsent));
  slots.forEach(send); // chosen before this module had loaded
}
