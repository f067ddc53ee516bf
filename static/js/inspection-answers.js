// Answers of a round as the page holds them: read, write, what is missing. The server decides
// (duties/answers.py); this says the same at once, and without the network.
export const ROUND = "round";
const FIELDS = ["result", "handling", "handling_result", "note", "no_photo_reason"];
const ROUND_FIELDS = ["round_status", "stop_reason", "no_photo_reason", "backfill_reason"];
const WORDS = { done: "无问题", fail: "不合格", todo: "未完成" };

export const fieldsOf = (key) => (key === ROUND ? ROUND_FIELDS : FIELDS);
export const wordOf = (state) => WORDS[state];

const controls = (form, key, field) => [...form.querySelectorAll(`[name="${CSS.escape(`${key}-${field}`)}"]`)];

// { field: value } of a step; a text is trimmed as the server trims it.
export function read(form, key) {
  const values = {};
  for (const field of fieldsOf(key)) {
    const found = controls(form, key, field);
    const chosen = found[0]?.type === "radio" ? found.find((input) => input.checked) : found[0];
    values[field] = (chosen?.value ?? "").trim();
  }
  return values;
}

export function write(form, key, values) {
  for (const field of fieldsOf(key)) {
    for (const input of controls(form, key, field)) {
      if (input.type === "radio") input.checked = input.value === values[field];
      else input.value = values[field] ?? "";
    }
  }
}

export function baseOf(form, key) {
  return form.elements[`${key}-base`];
}

// What is missing at one step, in words; the same rules and sentences as the server's.
export function missing(form, key, photos) {
  const values = read(form, key);
  const found = [];
  if (key === ROUND) {
    if ("missed" in form.dataset && !values.backfill_reason) found.push("请填写补录原因。");
    if (!("status" in form.dataset)) return found;
    if (!values.round_status) found.push("请选择使用状态。");
    if (values.round_status !== "stopped") return found;
    if (!("declared" in form.dataset)) {
      if (!values.stop_reason) found.push("选择停用时，请填写停用原因。");
    } else if (!photos && !values.no_photo_reason) {
      found.push("请拍照确认，不能拍照的请说明原因。");
    }
    return found;
  }
  if (!values.result) found.push("还没有选择检查结果。");
  if (values.result !== "fail") return found;
  if (!photos && !values.no_photo_reason) found.push("不合格的项目请拍照，不能拍照的请说明原因。");
  if (!values.handling) found.push("请选择立即处理或待处理。");
  if (values.handling === "immediate" && !values.handling_result) found.push("选择立即处理时，请填写处理结果。");
  return found;
}

export function stateOf(form, key, photos) {
  if (missing(form, key, photos).length) return "todo";
  return read(form, key).result === "fail" ? "fail" : "done";
}

export const isStopped = (form) => read(form, ROUND).round_status === "stopped";
