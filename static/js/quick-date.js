// Buttons that set a date field: [data-quick-date="<id of the input>"] holds button[data-date].
for (const group of document.querySelectorAll("[data-quick-date]")) {
  const input = document.getElementById(group.dataset.quickDate);
  if (!input) continue;
  const buttons = [...group.querySelectorAll("button[data-date]")];
  const mark = () => buttons.forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.date === input.value));
  });
  group.hidden = false;
  group.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-date]");
    if (!button) return;
    input.value = button.dataset.date;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", mark);
  input.addEventListener("input", mark);
  mark();
}
