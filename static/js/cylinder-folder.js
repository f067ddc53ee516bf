// A folder of photographs: the server says by the names which cylinder each is of, then they are sent
// file by file, several at once, with pause and retry. What a cylinder has already is skipped, so a
// reload or a lost connection costs nothing: the same folder is chosen again. A ZIP goes as one file.
import Compressor from "../vendor/compressorjs-1.3.0/compressor.esm.js";
import { askBeforeLeaving, fetchInTime, stayHeld, uuidOf } from "./sending.js";

const LONGEST_SIDE = 1600;
// Smaller files are sent as they are.
const SMALL = 1024 * 1024;
const AT_ONCE = 3;
const NAMES_AT_ONCE = 400;
const TRIES = 4;
const SHOWN = 30;
const PHOTO = /\.(jpe?g|jpe|jfif|png|webp|heic|heif)$/i;
const SIGNED_OUT = "登录已失效。请重新登录，再次选择同一个文件夹即可继续，已上传的自动跳过。";

// What a browser calls a file that was moved or changed after it was chosen.
const UNREADABLE = new Set(["NotFoundError", "NotReadableError"]);

class Refused extends Error {}
class Stopped extends Error {}

async function post(url, data) {
  const answer = await fetchInTime(url, { method: "POST", body: data, headers: { "X-Requested-With": "fetch" } });
  if (answer.ok) return answer.json();
  if (answer.status === 401 || answer.status === 403) throw new Stopped(SIGNED_OUT);
  const told = await answer.json().catch(() => null);
  if (told?.code === "batch_closed") throw new Stopped(told.message);
  if (told?.message) throw new Refused(told.message);
  if (answer.status === 404) throw new Refused("这只气瓶已从本批次删除，请指定另一只。");
  throw new Error(`status ${answer.status}`);
}

function smaller(file) {
  if (file.size <= SMALL) return Promise.resolve(file);
  return new Promise((resolve) => {
    new Compressor(file, {
      quality: 0.8, maxWidth: LONGEST_SIDE, maxHeight: LONGEST_SIDE, retainExif: true,
      success: (made) => resolve(made.size < file.size ? made : file),
      error: () => resolve(file),
    });
  });
}

const nameOf = (file) => file.webkitRelativePath || file.name;
const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Folder {
  constructor(form) {
    this.form = form;
    this.run = document.querySelector("[data-folder-run]");
    this.jobs = [];
    this.active = 0;
    this.isPaused = true;
    this.others = 0;
    form.addEventListener("change", (event) => {
      if (event.target.matches("[data-pick]")) this.pick([event.target]);
      if (event.target.matches("[data-default-kind]")) this.sort();
    });
    this.part("start").addEventListener("click", () => this.start());
    this.part("pause").addEventListener("click", () => this.pause());
    this.part("retry").addEventListener("click", () => this.retry());
    this.run.addEventListener("submit", (event) => this.assign(event));
    askBeforeLeaving(() => this.active > 0);
    this.pick(this.picks()); // chosen before this module had loaded
  }

  part(name) {
    return this.run.querySelector(`[data-run-${name}]`);
  }

  picks() {
    return [...this.form.querySelectorAll("[data-pick]")];
  }

  body(pairs) {
    const data = new FormData();
    data.append("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    for (const [name, value, file] of pairs) file ? data.append(name, value, file) : data.append(name, value);
    return data;
  }

  // ---------------------------------------------------------------- choosing and matching
  async pick(inputs) {
    const files = inputs.flatMap((input) => [...input.files]);
    for (const input of inputs) input.value = "";
    if (!files.length) return;
    const known = new Set(this.jobs.map((job) => this.same(job.file)));
    const photos = files.filter((file) => PHOTO.test(file.name) && !file.name.startsWith("._"));
    this.others = files.length - photos.length;
    const fresh = photos
      .filter((file) => !this.replace(file) && !known.has(this.same(file)))
      .map((file) => ({ file, name: nameOf(file), state: "matching", why: "" }));
    this.jobs.push(...fresh);
    this.run.hidden = false;
    this.run.scrollIntoView({ block: "start", behavior: "smooth" });
    this.isMatching = true;
    this.show();
    try {
      for (let at = 0; at < fresh.length; at += NAMES_AT_ONCE) {
        this.word(`正在核对文件名：${at} / ${fresh.length}`);
        await this.match(fresh.slice(at, at + NAMES_AT_ONCE));
      }
      this.isMatching = false;
    } catch (error) {
      this.isMatching = false;
      this.jobs = this.jobs.filter((job) => job.state !== "matching");
      const text = error instanceof Stopped || error instanceof Refused ? error.message : "网络不通，没有核对完，请重新选择。";
      this.show();
      this.word(text);
      return;
    }
    this.show();
  }

  // Two pictures may bear one name: a mended one, or those of two cameras.
  same(file) {
    return [nameOf(file), file.size, file.lastModified].join("/");
  }

  // What could not be read any more and is chosen again goes on where it was.
  replace(file) {
    const job = this.jobs.find((one) => one.isUnreadable && one.name === nameOf(file));
    if (job) Object.assign(job, { file, state: "ready", isUnreadable: false });
    return Boolean(job);
  }

  async match(jobs) {
    const answer = await post(this.form.action, this.body(jobs.map((job) => ["name", job.name])));
    answer.rows.forEach((row, at) => Object.assign(jobs[at], {
      url: row.url, label: row.label, kind: row.kind, said: row.kind, there: row.there, why: row.reason,
      state: row.url && row.kind ? "ready" : "open",
    }));
    this.sort(false);
  }

  // Those whose names say no kind get the one chosen above.
  sort(isShown = true) {
    const chosen = this.form.elements.default_kind.value;
    for (const job of this.jobs) {
      if (job.said || job.byHand || !job.url || !["ready", "open"].includes(job.state)) continue;
      job.kind = chosen;
      job.state = chosen ? "ready" : "open";
    }
    if (isShown) this.show();
  }

  // ---------------------------------------------------------------- sending
  start() {
    this.isPaused = false;
    this.stopped = "";
    this.tick();
  }

  pause() {
    this.isPaused = true;
    this.show();
  }

  retry() {
    for (const job of this.jobs) if (job.state === "failed") job.state = "ready";
    this.start();
  }

  tick() {
    while (!this.isPaused && this.active < AT_ONCE) {
      const job = this.jobs.find((one) => one.state === "ready");
      if (!job) break;
      job.state = "sending";
      this.active += 1;
      this.send(job).finally(() => {
        this.active -= 1;
        this.tick();
      });
    }
    if (!this.active && !this.jobs.some((job) => job.state === "ready")) this.isPaused = true;
    this.show();
  }

  async send(job) {
    try {
      const key = await uuidOf(this.form.dataset.batch, job.file);
      if (job.there.includes(key)) {
        job.state = "there";
        return;
      }
      const photo = await smaller(job.file);
      const answer = await this.tryTo(() => post(job.url, this.body([
        ["kind", job.kind], ["client_uuid", key], ["photo", photo, job.file.name],
      ])));
      job.state = answer.is_new ? "done" : "there";
    } catch (error) {
      job.why = error.message;
      if (error instanceof Refused) {
        job.state = "open";
      } else {
        job.state = "failed";
        job.isUnreadable = UNREADABLE.has(error.name);
        if (job.isUnreadable) job.why = "文件读取不出来，请重新选择。";
        else if (!(error instanceof Stopped)) job.why = "网络不通，没有上传成功。";
        if (error instanceof Stopped) {
          this.isPaused = true;
          this.stopped = error.message;
        }
      }
    }
  }

  async tryTo(act) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await act();
      } catch (error) {
        if (error instanceof Refused || error instanceof Stopped || tries >= TRIES) throw error;
        await wait(1000 * 2 ** (tries - 1));
      }
    }
  }

  // ---------------------------------------------------------------- by hand
  async assign(event) {
    const form = event.target.closest("[data-row-form]");
    if (!form) return;
    event.preventDefault();
    const row = form.closest("li");
    const job = this.jobs[Number(row.dataset.at)];
    const kind = form.querySelector("[data-row-kind]").value;
    const why = row.querySelector("[data-row-why]");
    const text = form.querySelector("[data-row-text]").value;
    if (!kind) return void (why.textContent = "请选择照片拍的是什么。");
    try {
      const [found] = (await post(this.form.action, this.body([["text", text]]))).rows;
      Object.assign(job, { url: found.url, label: found.label, there: found.there, kind, byHand: true, state: "ready", why: "" });
      this.start();
    } catch (error) {
      why.textContent = error instanceof Refused || error instanceof Stopped ? error.message : "网络不通，请重试。";
    }
  }

  // ---------------------------------------------------------------- showing
  word(text) {
    const place = this.part("word");
    if (place.textContent !== text) place.textContent = text;
  }

  show() {
    // What is chosen while others are matched or sent would be dropped.
    for (const input of this.picks()) {
      input.disabled = this.isMatching || this.active > 0;
      input.closest("label").classList.toggle("disabled", input.disabled);
    }
    if (this.isMatching) return;
    const count = (...states) => this.jobs.filter((job) => states.includes(job.state)).length;
    const numbers = {
      ready: count("ready", "sending"), done: count("done"), there: count("there"), open: count("open"), failed: count("failed"),
    };
    for (const [key, number] of Object.entries(numbers)) {
      this.run.querySelector(`[data-count="${key}"]`).textContent = number;
    }
    const bar = this.part("bar");
    bar.max = Math.max(this.jobs.length, 1);
    bar.value = numbers.done + numbers.there;
    const isRunning = this.active > 0 || (!this.isPaused && numbers.ready > 0);
    this.part("start").hidden = isRunning || !numbers.ready;
    this.part("start-word").textContent = numbers.done ? `继续上传 ${numbers.ready} 张` : `开始上传 ${numbers.ready} 张`;
    this.part("pause").hidden = !isRunning || this.isPaused;
    this.part("retry").hidden = isRunning || !numbers.failed;
    this.part("back").hidden = isRunning || !(numbers.done + numbers.there);
    this.word(this.sentence(numbers, isRunning));
    this.list();
  }

  sentence(numbers, isRunning) {
    if (this.stopped && !isRunning) return this.stopped;
    const total = this.jobs.length;
    const done = numbers.done + numbers.there;
    if (isRunning) return `${this.isPaused ? "正在暂停" : "正在上传"}：${done} / ${total} 张`;
    const others = this.others ? `，另有 ${this.others} 个文件不是照片，已忽略` : "";
    if (!total) return `没有找到照片${others}。`;
    if (numbers.ready) return done ? `已暂停：${done} / ${total} 张` : `共 ${total} 张照片，${numbers.ready} 张已对应到气瓶${others}。`;
    if (numbers.open + numbers.failed) return `已上传 ${done} / ${total} 张，其余请按下面的原因处理${others}。`;
    return `全部 ${total} 张照片都已上传${others}。`;
  }

  list() {
    const open = this.jobs.map((job, at) => [job, at]).filter(([job]) => ["open", "failed"].includes(job.state));
    const list = this.run.querySelector("[data-open-list]");
    const wanted = new Set(open.slice(0, SHOWN).map(([, at]) => String(at)));
    for (const row of [...list.children]) if (!wanted.has(row.dataset.at)) this.drop(row);
    const shown = new Map([...list.children].map((row) => [row.dataset.at, row]));
    for (const [job, at] of open.slice(0, SHOWN)) {
      const row = shown.get(String(at)) || list.appendChild(this.row(job, at));
      const why = `${job.label ? `气瓶 ${job.label}：` : ""}${job.why}`;
      if (row.dataset.why !== why) {
        row.dataset.why = why;
        row.querySelector("[data-row-why]").textContent = why;
      }
    }
    this.run.querySelector("[data-open]").hidden = !open.length;
    const more = this.run.querySelector("[data-open-more]");
    more.hidden = open.length <= SHOWN;
    more.textContent = `还有 ${open.length - SHOWN} 张，处理完上面的会接着列出。`;
  }

  row(job, at) {
    const row = document.querySelector("[data-open-row]").content.cloneNode(true).firstElementChild;
    row.dataset.at = at;
    row.querySelector("[data-row-name]").textContent = job.name;
    row.querySelector("[data-row-text]").value = job.label || "";
    row.querySelector("[data-row-kind]").value = job.kind || "";
    const image = row.querySelector("[data-row-image]");
    image.src = URL.createObjectURL(job.file);
    image.addEventListener("error", () => { image.hidden = true; });
    return row;
  }

  drop(row) {
    URL.revokeObjectURL(row.querySelector("[data-row-image]").src);
    row.remove();
  }
}

// A ZIP: the same form, with the progress of its way to the server.
let isZipOnItsWay = false;

function sendZip(form) {
  const part = (name) => form.querySelector(`[data-zip-${name}]`);
  const button = form.querySelector("button");
  const tell = (text) => {
    part("error").hidden = !text;
    part("error-text").textContent = text;
    part("progress").hidden = Boolean(text);
    isZipOnItsWay = !text;
    button.disabled = isZipOnItsWay;
  };
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("X-Requested-With", "fetch");
  request.upload.addEventListener("progress", (event) => {
    if (!event.lengthComputable) return;
    const share = Math.floor((event.loaded / event.total) * 100);
    part("bar").value = share;
    part("word").textContent = share < 100 ? `正在上传压缩包：${share}%` : "正在核对压缩包里的文件名";
  });
  request.addEventListener("load", () => {
    let answer = {};
    try { answer = JSON.parse(request.responseText); } catch { /* not ours: told below */ }
    isZipOnItsWay = false;
    if (answer.url) {
      stayHeld(form, [button]);
      return void window.location.assign(answer.url);
    }
    if (request.status === 401) return tell("登录已失效，请重新登录后再上传。");
    if (request.status === 413) return tell("压缩包太大，请分成几个压缩包。");
    tell(answer.message || "压缩包没有上传成功，请重试。");
  });
  request.addEventListener("error", () => tell("网络不通，压缩包没有上传成功，请重试。"));
  tell("");
  part("word").textContent = "正在上传压缩包";
  request.send(new FormData(form));
}

const folder = document.querySelector("[data-photo-folder]");
if (folder) new Folder(folder);
askBeforeLeaving(() => isZipOnItsWay);
document.querySelector("[data-photo-zip]")?.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  sendZip(event.target);
});
