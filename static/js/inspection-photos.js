// Photos of a round: taken or chosen one by one, made smaller in the browser with their EXIF kept,
// shown as tiles with their state in words, sent through the outbox. A picture the browser cannot
// decode (HEIC) goes up as it is. The picture stays in the page until the server has it.
import Compressor from "../vendor/compressorjs-1.3.0/compressor.esm.js";
import { newUuid } from "./sending.js";

const EDGE = 1600;
const QUALITY = 0.8;
// Larger than the server takes even when the browser cannot make it smaller.
const MOST_BYTES = 20 * 1024 * 1024;

function compress(file) {
  return new Promise((resolve) => {
    new Compressor(file, {
      maxWidth: EDGE, maxHeight: EDGE, quality: QUALITY, retainExif: true, convertSize: 2 * 1024 * 1024,
      success: resolve,
      error: () => resolve(file),
    });
  });
}

export class Photos {
  constructor(form, outbox, onChange) {
    this.form = form;
    this.outbox = outbox;
    this.onChange = onChange;
    form.addEventListener("change", (event) => {
      if (event.target.matches("[data-photo-input]")) this.add(event.target);
    });
    form.addEventListener("click", (event) => {
      const button = event.target.closest(".insp-photo__remove");
      if (!button) return;
      event.preventDefault();
      this.remove(button.closest("[data-photo]"));
    });
  }

  list(key) {
    return this.form.querySelector(`[data-key="${CSS.escape(key)}"] [data-photos]`);
  }

  // Tiles that count as evidence: on the server, or on their way there.
  count(key) {
    return this.list(key)?.querySelectorAll("[data-photo]:not(.has-failed)").length ?? 0;
  }

  word(tile, text) {
    let word = tile.querySelector(".insp-photo__word");
    if (!text) return void word?.remove();
    if (!word) {
      word = document.createElement("span");
      word.className = "insp-photo__word";
      tile.querySelector(".insp-photo__link").append(word);
    }
    word.textContent = text;
  }

  add(input) {
    const [file] = input.files;
    const step = input.closest("[data-key]");
    input.value = "";
    if (!file) return;
    const key = step.dataset.key;
    const most = Number(this.form.dataset.maxPhotos);
    if (this.count(key) >= most) {
      document.dispatchEvent(new CustomEvent("toast", { detail: { text: `每项最多 ${most} 张照片。` } }));
      return;
    }
    const tile = this.tile(step, file);
    this.onChange(key);
    // On its way from now on: who leaves while it is made smaller is asked first.
    const smaller = compress(file);
    const job = {
      tile,
      run: async (outbox) => {
        outbox.on.state("uploading", 0);
        await this.send(outbox, tile, key, await smaller, file.name);
      },
      refused: (error) => this.refuse(tile, key, error),
    };
    tile.job = job;
    smaller.then(() => { if (tile.job === job) this.word(tile, "等待上传"); });
    this.outbox.push(job);
  }

  async send(outbox, tile, key, photo, name) {
    if (photo.size <= MOST_BYTES) return this.upload(outbox, tile, key, photo, name);
    tile.job = null;
    this.fail(tile, `照片有 ${(photo.size / 1048576).toFixed(1)} MB，超过 20 MB 的上限，请重新拍摄。`);
    return this.onChange(key);
  }

  tile(step, file) {
    const tile = document.createElement("li");
    tile.className = "insp-photo";
    tile.dataset.photo = "";
    tile.dataset.uuid = newUuid();
    const link = document.createElement("a");
    link.className = "insp-photo__link";
    link.dataset.lightbox = "";
    link.dataset.caption = `${step.dataset.name} 照片`;
    link.href = URL.createObjectURL(file);
    const image = document.createElement("img");
    image.src = link.href;
    image.alt = link.dataset.caption;
    // A picture this browser cannot decode (HEIC) is shown once the server has made its copy.
    image.addEventListener("error", () => { image.hidden = true; });
    image.addEventListener("load", () => { image.hidden = false; });
    link.append(image);
    const button = document.createElement("button");
    button.type = "button";
    button.className = "insp-photo__remove";
    button.textContent = "移除";
    tile.append(link, button);
    const list = step.querySelector("[data-photos]");
    list.insertBefore(tile, list.querySelector(".insp-add"));
    this.word(tile, "处理中");
    this.relabel(list);
    return tile;
  }

  relabel(list) {
    const word = list.querySelector("[data-add-word]");
    if (word) word.textContent = list.querySelector("[data-photo]") ? "再拍一张" : "拍照";
  }

  async upload(outbox, tile, key, photo, name) {
    const data = outbox.body([]);
    data.append("item_key", key);
    data.append("photo_uuid", tile.dataset.uuid);
    data.append("photo", photo, name || "photo.jpg");
    outbox.on.state("uploading", 0);
    const answer = await outbox.post(this.form.dataset.photoUrl, data, (percent) => {
      this.word(tile, `${percent}%`);
      outbox.on.state("uploading", percent);
    });
    outbox.on.receipt(answer.saved_at);
    tile.job = null;
    tile.dataset.photo = answer.code;
    tile.dataset.removeUrl = answer.remove_url;
    this.word(tile, "");
    const link = tile.querySelector(".insp-photo__link");
    const image = link.querySelector("img");
    // What the server shows from now on; also the first sight of a HEIC the browser cannot decode.
    const local = link.href;
    image.addEventListener("load", () => URL.revokeObjectURL(local), { once: true });
    image.src = answer.url;
    link.href = answer.url;
    if (tile.hidden) this.takeBack(tile, key); // removed while it was on its way
  }

  // True when the refusal is about this picture; a closed to-do stops the whole page instead.
  refuse(tile, key, error) {
    if (["already_done", "waived", "not_yours", "backfill_closed", "deregistered", "checklist_changed", "gone"].includes(error.code)) {
      return false;
    }
    tile.job = null;
    this.fail(tile, error.message);
    this.onChange(key);
    return true;
  }

  fail(tile, text) {
    tile.classList.add("has-failed");
    this.word(tile, "未上传");
    const why = document.createElement("p");
    why.className = "insp-photo__why";
    why.setAttribute("role", "alert");
    why.textContent = text;
    tile.querySelector(".insp-photo__link").after(why);
  }

  remove(tile) {
    const key = tile.closest("[data-key]").dataset.key;
    const list = tile.parentElement;
    if (tile.dataset.photo || (tile.job && !this.outbox.drop(tile.job))) {
      tile.hidden = true;
      tile.classList.add("has-failed"); // no longer evidence
      if (tile.dataset.photo) this.takeBack(tile, key);
    } else {
      tile.remove();
    }
    this.relabel(list);
    this.onChange(key);
  }

  takeBack(tile, key) {
    const url = tile.dataset.removeUrl || tile.querySelector("[data-remove-url]").dataset.removeUrl;
    this.outbox.push({
      run: async (outbox) => {
        outbox.on.state("saving");
        const answer = await outbox.post(url, outbox.body([]));
        outbox.on.receipt(answer.saved_at);
        const list = tile.parentElement;
        tile.remove();
        this.relabel(list);
        this.onChange(key);
      },
      refused: () => false,
    });
  }
}
