// File inputs of a form as tiles with previews: [data-photo-slots] > [data-photo-slot] with an
// input[type=file] and input[data-photo-uuid]. One empty tile is offered at a time. The picture is
// made smaller here (EXIF kept); what the browser cannot decode (HEIC) is sent as it is. The form
// waits for pictures that are still being made smaller, and leads to data-done-url when it is done.
// Without JavaScript the inputs simply stand one under the other.
import Compressor from "../vendor/compressorjs-1.3.0/compressor.esm.js";
import { askBeforeLeaving, newUuid, sendForm, tellUnsent } from "./sending.js";

const LONGEST_SIDE = 1600;
const pending = new Set();

function smaller(file) {
  return new Promise((resolve) => {
    new Compressor(file, {
      quality: 0.8,
      maxWidth: LONGEST_SIDE,
      maxHeight: LONGEST_SIDE,
      retainExif: true,
      success: (blob) => resolve(new File([blob], file.name, { type: blob.type })),
      error: () => resolve(file), // the server decides whether it is a photo
    });
  });
}

function preview(slot, file) {
  slot.querySelector(".hz-slot__preview")?.remove();
  slot.querySelector(".hz-slot__note")?.remove();
  const image = new Image();
  image.className = "hz-slot__preview";
  image.alt = "已选择的照片";
  image.onload = () => URL.revokeObjectURL(image.src);
  image.onerror = () => {
    image.remove();
    const note = document.createElement("p");
    note.className = "hz-slot__note";
    note.textContent = `已选择 ${file.name}`;
    slot.append(note);
  };
  image.src = URL.createObjectURL(file);
  slot.querySelector(".hz-slot__box").append(image);
}

async function take(slot, input) {
  const file = input.files[0];
  slot.querySelector("[data-photo-uuid]").value = newUuid();
  slot.classList.toggle("is-filled", Boolean(file));
  const label = slot.querySelector("[data-photo-label]");
  label.textContent = file ? "更换照片" : label.dataset.photoLabel;
  if (!file) {
    slot.querySelector(".hz-slot__preview")?.remove();
    slot.querySelector(".hz-slot__note")?.remove();
    return;
  }
  preview(slot, file);
  const work = smaller(file).then((made) => {
    if (input.files[0] !== file || made.size >= file.size) return;
    const box = new DataTransfer();
    box.items.add(made);
    input.files = box.files;
  });
  pending.add(work);
  await work.finally(() => pending.delete(work));
}

for (const area of document.querySelectorAll("[data-photo-slots]")) {
  const slots = [...area.querySelectorAll("[data-photo-slot]")];
  const inputOf = (slot) => slot.querySelector("input[type=file]");
  const offer = () => {
    let offered = false;
    for (const slot of slots) {
      const filled = inputOf(slot).files.length > 0;
      slot.hidden = !filled && offered && !slot.classList.contains("has-error");
      offered = offered || !filled;
    }
  };
  area.classList.add("is-live");
  for (const label of area.querySelectorAll("[data-photo-label]")) {
    label.textContent = label.dataset.photoLabel;
  }
  area.addEventListener("change", (event) => {
    const slot = event.target.closest("[data-photo-slot]");
    if (!slot) return;
    take(slot, inputOf(slot));
    offer();
  });
  for (const slot of slots) if (inputOf(slot).files.length) take(slot, inputOf(slot));
  offer();
}

// ------------------------------------------------------------------ the form
const chosen = (root) => [...root.querySelectorAll("[data-photo-slots] input[type=file]")].filter((input) => input.files.length);
let isSending = false;
let isPlain = false;

// A form with photographs is sent from here: they stay in its page until the server has them. What
// the server does not take goes once more the plain way, for the page that says why.
async function send(form, submitter) {
  submitter?.setAttribute("aria-busy", "true"); // pictures may still be made smaller
  document.dispatchEvent(new CustomEvent("toast", { detail: { text: "正在提交，请不要离开本页。" } }));
  await Promise.allSettled([...pending]);
  try {
    const answer = await sendForm(form, submitter);
    if (answer.type === "opaqueredirect") {
      for (const input of chosen(form)) input.value = "";
      window.location.assign(form.querySelector("[data-photo-slots]").dataset.doneUrl);
      return;
    }
    isPlain = true;
    form.requestSubmit(submitter || undefined);
    isPlain = false;
  } catch (error) {
    tellUnsent(form, error);
    form.dispatchEvent(new Event("unsent"));
  }
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (isPlain || !chosen(form).length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (isSending) return;
  isSending = true;
  send(form, submitter).finally(() => { isSending = false; });
}, true);

// submit.js marks a form that goes the plain way.
askBeforeLeaving(() => chosen(document).some((input) => !input.form.dataset.submitting));
