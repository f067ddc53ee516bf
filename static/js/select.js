// Table with rows to tick: [data-selectable] holds input[data-select-row], input[data-select-all],
// and a bar [data-select-bar] with [data-select-count], shown while something is ticked. Buttons
// [data-select-needed] are disabled while nothing is.
function refresh(area) {
  const rows = [...area.querySelectorAll("input[data-select-row]")];
  const ticked = rows.filter((row) => row.checked);
  const all = area.querySelector("input[data-select-all]");
  if (all) {
    all.checked = rows.length > 0 && ticked.length === rows.length;
    all.indeterminate = ticked.length > 0 && !all.checked;
  }
  rows.forEach((row) => row.closest("tr")?.classList.toggle("is-selected", row.checked));
  area.querySelectorAll("[data-select-count]").forEach((node) => { node.textContent = ticked.length; });
  area.querySelectorAll("[data-select-bar]").forEach((bar) => { bar.hidden = ticked.length === 0; });
  area.querySelectorAll("[data-select-needed]").forEach((button) => { button.disabled = ticked.length === 0; });
}

document.addEventListener("change", (event) => {
  const area = event.target.closest("[data-selectable]");
  if (!area) return;
  if (event.target.matches("input[data-select-all]")) {
    area.querySelectorAll("input[data-select-row]").forEach((row) => { row.checked = event.target.checked; });
  }
  refresh(area);
});
document.addEventListener("click", (event) => {
  const area = event.target.closest("[data-select-none]")?.closest("[data-selectable]");
  if (!area) return;
  area.querySelectorAll("input[data-select-row]").forEach((row) => { row.checked = false; });
  refresh(area);
});
const refreshAll = () => document.querySelectorAll("[data-selectable]").forEach(refresh);
window.addEventListener("pageshow", refreshAll);
document.addEventListener("htmx:afterSwap", refreshAll);
refreshAll();
