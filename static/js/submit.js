// Prevents double submission. The first submit is never touched: buttons are disabled only after the
// submit event has been dispatched (so the pressed button's name and value are sent), and a page that
// comes back from the browser's cache is usable again.
const RELEASE_AFTER = 60000;

function release(form) {
  delete form.dataset.submitting;
  for (const button of form.querySelectorAll("[data-held]")) {
    button.disabled = false;
    delete button.dataset.held;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || "allowResubmit" in form.dataset) return;
  if (form.dataset.submitting) {
    event.preventDefault();
    return;
  }
  form.dataset.submitting = "1";
  setTimeout(() => {
    for (const button of form.querySelectorAll("button:not([type=button]), input[type=submit]")) {
      if (button.disabled) continue;
      button.disabled = true;
      button.dataset.held = "1";
    }
  }, 0);
  setTimeout(() => release(form), RELEASE_AFTER);
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-submitting]").forEach(release);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.target.closest?.("form[data-submitting]");
  if (form) release(form);
});

// A form that came back with errors: read its summary first.
document.querySelector("[data-focus-me]")?.focus();
