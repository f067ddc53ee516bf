// Asks before a form is sent. On a form or on its button: data-confirm="sentence", and optionally
// data-confirm-title, data-confirm-yes (button word), data-confirm-word (to be typed), data-confirm-danger.
const dialog = document.getElementById("sz-confirm");
const slot = (name) => dialog.querySelector(`[data-confirm-slot="${name}"]`);

function asked(form, submitter) {
  return [submitter, form].find((node) => node?.dataset.confirm);
}

function ask(source) {
  const word = source.dataset.confirmWord || "";
  const input = slot("input");
  const yes = slot("yes");
  slot("title").textContent = source.dataset.confirmTitle || "请确认";
  slot("text").textContent = source.dataset.confirm;
  slot("word").textContent = word;
  slot("typed").hidden = !word;
  yes.textContent = source.dataset.confirmYes || "确定";
  yes.classList.toggle("btn-danger", "confirmDanger" in source.dataset);
  yes.classList.toggle("btn-primary", !("confirmDanger" in source.dataset));
  input.value = "";
  yes.disabled = Boolean(word);
  input.oninput = () => { yes.disabled = input.value.trim() !== word; };
  dialog.returnValue = "no";
  dialog.showModal();
  (word ? input : yes).focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  const submitter = event.submitter;
  const source = asked(form, submitter);
  if (!source || form.dataset.confirmed) return;
  if (!dialog?.showModal) { // a browser without <dialog> asks in its own way
    if (!window.confirm(source.dataset.confirm)) event.preventDefault();
    return;
  }
  event.preventDefault();
  event.stopPropagation();
  if (!(await ask(source))) return;
  form.dataset.confirmed = "1";
  try {
    if (form.requestSubmit) form.requestSubmit(submitter || undefined);
    else if (submitter) submitter.click();
    else form.submit();
  } finally {
    delete form.dataset.confirmed;
  }
}, true);
