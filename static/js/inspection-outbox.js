// Sends what was filled in, one request at a time and in order, and tries again until the server has
// said that it has it. Everything unsent stays in memory; nothing is called saved before the receipt.
import { freshToken } from "./sending.js";

const FIRST_WAIT = 2000;
const LONGEST_WAIT = 30000;
const SAVE_TIMEOUT = 20000;
const PHOTO_TIMEOUT = 180000;

// The server said no, in words; sending the same again would not help.
export class Refused extends Error {
  constructor(code, message, status) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

class SignedOut extends Error {}

export class Outbox {
  // `describe(key)` gives the form fields of a step; `on` holds saved, state, refused.
  constructor(form, { describe, on }) {
    this.form = form;
    this.describe = describe;
    this.on = on;
    this.dirty = new Set();
    this.jobs = [];
    this.seq = 0;
    this.failures = 0;
    this.running = false;
    this.stopped = false;
    this.waiters = [];
    window.addEventListener("online", () => this.kick());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.lastChance() : this.kick()));
    window.addEventListener("pagehide", () => this.lastChance());
  }

  get pending() {
    return this.dirty.size + this.jobs.length;
  }

  get isIdle() {
    return !this.running && this.pending === 0;
  }

  // A step changed; texts wait a moment for the next letter.
  touch(key, wait = 0) {
    if (this.stopped) return;
    this.dirty.add(key);
    clearTimeout(this.debounce);
    if (wait) {
      this.debounce = setTimeout(() => this.kick(), wait);
      if (!this.running) this.on.state("saving"); // nothing is called saved while it waits
    } else {
      this.kick();
    }
  }

  push(job) {
    if (this.stopped) return;
    this.jobs.push(job);
    this.kick();
  }

  drop(job) {
    const at = this.jobs.indexOf(job);
    if (at < 0 || (at === 0 && this.current === job)) return false;
    this.jobs.splice(at, 1);
    return true;
  }

  // Resolves when everything has arrived, rejects with what keeps it from arriving.
  flush() {
    clearTimeout(this.debounce);
    if (this.isIdle) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiters.push({ resolve, reject });
      this.kick();
    });
  }

  kick() {
    clearTimeout(this.timer);
    if (!this.running && !this.stopped && this.pending) this.work();
  }

  async work() {
    this.running = true;
    let trouble = null;
    try {
      while (this.pending && !this.stopped) {
        if (this.dirty.size) await this.save();
        else await this.runJob();
        this.failures = 0;
      }
    } catch (error) {
      trouble = error;
    }
    this.running = false;
    this.current = null;
    if (trouble) this.settle(trouble);
    else this.on.state("saved");
    const waiters = this.waiters.splice(0);
    waiters.forEach(({ resolve, reject }) => (trouble ? reject(trouble) : resolve()));
  }

  settle(trouble) {
    if (trouble instanceof Refused) {
      this.stopped = true;
      this.on.refused(trouble);
    } else if (trouble instanceof SignedOut) {
      this.on.state("signed-out");
    } else {
      this.failures += 1;
      const wait = Math.min(FIRST_WAIT * 2 ** (this.failures - 1), LONGEST_WAIT);
      this.timer = setTimeout(() => this.kick(), wait * (0.8 + 0.4 * Math.random()));
      this.on.state("offline");
    }
  }

  async save() {
    const keys = [...this.dirty];
    this.dirty.clear();
    this.seq += 1;
    this.on.state("saving");
    try {
      const answer = await this.post(this.form.dataset.draftUrl, this.body(keys));
      this.on.saved(keys, answer);
    } catch (error) {
      keys.forEach((key) => this.dirty.add(key));
      throw error;
    }
  }

  async runJob() {
    const [job] = this.jobs;
    this.current = job;
    try {
      await job.run(this);
    } catch (error) {
      // A photo the server does not want is no reason to stop: its tile says why.
      if (!(error instanceof Refused) || !job.refused(error)) throw error;
    }
    this.jobs.splice(this.jobs.indexOf(job), 1);
    this.current = null;
  }

  // The page's header fields and those of some steps, as the long form would post them.
  body(keys) {
    const data = new FormData();
    const all = this.form.elements;
    for (const name of ["csrfmiddlewaretoken", "client_uuid", "version_hash", "tab", "device_started_at"]) {
      data.append(name, all[name].value);
    }
    data.append("seq", this.seq);
    for (const key of keys) {
      for (const [name, value] of Object.entries(this.describe(key))) data.append(name, value);
    }
    return data;
  }

  async post(url, data, onProgress) {
    try {
      return await this.send(url, data, onProgress);
    } catch (error) {
      if (!(error instanceof Refused) || error.code !== "csrf") throw error;
      await this.renewToken();
      data.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
      return this.send(url, data, onProgress);
    }
  }

  // XMLHttpRequest because only it tells how much of a photo has gone up.
  send(url, data, onProgress) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", url);
      request.timeout = onProgress ? PHOTO_TIMEOUT : SAVE_TIMEOUT;
      request.setRequestHeader("X-Requested-With", "fetch");
      if (onProgress) {
        request.upload.addEventListener("progress", (event) => {
          if (event.lengthComputable) onProgress(Math.round((100 * event.loaded) / event.total));
        });
      }
      request.addEventListener("load", () => {
        try {
          resolve(this.understand(request));
        } catch (error) {
          reject(error);
        }
      });
      for (const name of ["error", "timeout", "abort"]) {
        request.addEventListener(name, () => reject(new Error(name)));
      }
      request.send(data);
    });
  }

  understand(request) {
    const isJson = (request.getResponseHeader("Content-Type") || "").startsWith("application/json");
    if (request.status === 200 && isJson) return JSON.parse(request.responseText);
    if (request.status === 401) throw new SignedOut();
    if (isJson && request.status < 500) {
      const said = JSON.parse(request.responseText);
      throw new Refused(said.code, said.message, request.status);
    }
    if (request.status === 403) throw new Refused("csrf", "您没有权限填写这条待办。", 403);
    if (request.status === 413) throw new Refused("too_large", "内容超过上限，未能保存。", 413);
    if (request.status === 404) throw new Refused("gone", "这条待办已不存在，请返回待办列表查看。", 404);
    throw new Error(`status ${request.status}`);
  }

  async renewToken() {
    const token = await freshToken(this.form.action, "#inspection [name=csrfmiddlewaretoken]");
    if (token === null) throw new SignedOut();
    if (!token) throw new Refused("not_yours", "当前登录的人员不能填写这条待办。", 403);
    this.form.elements.csrfmiddlewaretoken.value = token;
  }

  // The page is being put away: hand the answers to the browser to send on its own. They stay
  // pending, so if the page lives on they are sent again, which the server takes as the same save.
  lastChance() {
    if (this.stopped || !this.dirty.size) return;
    this.seq += 1;
    fetch(this.form.dataset.draftUrl, {
      method: "POST", body: this.body([...this.dirty]), headers: { "X-Requested-With": "fetch" }, keepalive: true,
    }).catch(() => this.on.state("offline"));
  }
}
