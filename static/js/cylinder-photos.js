// Photographs of one cylinder: a picture is sent as soon as it is chosen, made smaller before (EXIF
// kept); what the browser cannot decode (HEIC) goes as it is. A picture that did not arrive stays in
// its tile and can be sent again. Without JavaScript the forms are plain ones.
import Compressor from "../vendor/compressorjs-1.3.0/compressor.esm.js";

const LONGEST_SIDE = 1600;
const TIMEOUT = 180000;

function smaller(file) {
  return new Promise((resolve) => {
    new Compressor(file, {
      quality: 0.8, maxWidth: LONGEST_SIDE, maxHeight: LONGEST_SIDE, retainExif: true,
      success: (made) => resolve(made.size < file.size ? made : file),
      error: () => resolve(file), // the server decides whether it is a photograph
    });
  });
}

// The same picture is the same photograph however often it is sent (RFC 9562, of the bytes' hash).
async function uuidOf(batch, file) {
  if (!crypto.subtle) return ""; // pages without https: the form's own uuid will do
  const hash = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  const words = new TextEncoder().encode(batch);
  const all = new Uint8Array(words.length + hash.byteLength);
  all.set(words);
  all.set(new Uint8Array(hash), words.length);
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", all)).slice(0, 16);
  bytes[6] = (bytes[6] & 0x0f) | 0x50;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function say(slot, word) {
  slot.querySelector("[data-photo-word]").textContent = word;
}

function tell(slot, text) {
  slot.classList.toggle("has-error", Boolean(text));
  slot.querySelector("[data-photo-error]").hidden = !text;
  slot.querySelector("[data-photo-error-text]").textContent = text;
}

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
    request.addEventListener("load", () => {
      if (request.status === 200) return void resolve();
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* not ours: told below */ }
      const known = request.status === 401 ? "登录已失效，请重新登录后再上传。" : answer.message;
      const error = new Error(known || "照片没有上传成功，请重试。");
      error.isFinal = Boolean(answer.message);
      reject(error);
    });
    const lost = () => reject(new Error("网络不通，照片没有上传成功。照片还在本页，请重试。"));
    request.addEventListener("error", lost);
    request.addEventListener("timeout", lost);
    request.send(data);
  });
}

async function send(slot, batch) {
  const input = slot.querySelector("input[type=file]");
  const [file] = input.files;
  if (!file || slot.dataset.busy) return;
  slot.dataset.busy = "1";
  slot.classList.remove("can-retry");
  tell(slot, "");
  say(slot, "正在处理");
  try {
    const key = await uuidOf(batch, file);
    if (key) slot.elements.client_uuid.value = key;
    await post(slot, await smaller(file), file.name);
    window.location.reload();
    return; // busy until the page is there again
  } catch (error) {
    say(slot, "");
    tell(slot, error.message);
    slot.classList.toggle("can-retry", !error.isFinal);
    slot.querySelector("[data-photo-send-word]").textContent = "重新上传";
    if (error.isFinal) input.value = "";
  }
  delete slot.dataset.busy;
}

const area = document.querySelector("[data-item-photos]");
if (area) {
  area.classList.add("is-live");
  area.addEventListener("change", (event) => {
    const slot = event.target.closest("[data-photo-slot]");
    if (slot) send(slot, area.dataset.batch);
  });
  area.addEventListener("submit", (event) => {
    const slot = event.target.closest("[data-photo-slot]");
    if (!slot) return;
    event.preventDefault();
    send(slot, area.dataset.batch);
  }, true);
}
