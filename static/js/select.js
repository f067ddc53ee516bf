// Table with rows to tick: [data-selectable] holds input[data-select-row], input[data-select-all],
// and a bar [data-select-bar] with [data-select-count], shown while something is ticked. Buttons
// [data-select-needed] are disabled while nothing is.
// With data-select-keep="name" the ticks outlive paging and filtering (in this tab); those that are on
// other pages go along in input[data-select-others], joined by dots. input[data-select-everything]
// ticked means every row of the filter. The cookie sz-ticks-done says they have served their purpose.
const MOST_KEPT = 300; // what fits into an address; more is what 选择全部 is for

function kept(area) {
  if (!area.dataset.selectKeep) return new Set();
  try {
    return new Set((sessionStorage.getItem(`ticks:${area.dataset.selectKeep}`) ?? "").split(".").filter(Boolean));
  } catch {
    return new Set(); // storage switched off: ticks last as long as the page
  }
}

function keep(area, codes) {
  if (!area.dataset.selectKeep) return;
  try {
    sessionStorage.setItem(`ticks:${area.dataset.selectKeep}`, [...codes].join("."));
  } catch { /* as above */ }
}

function forgetDone(area) {
  if (!area.dataset.selectKeep || !document.cookie.includes("sz-ticks-done=1")) return;
  document.cookie = "sz-ticks-done=; max-age=0; path=/";
  keep(area, []);
}

// What was ticked before this script was there. After going back or loading again the browser itself
// has ticked what was ticked then, and may since have served its purpose.
function takeEarly(area) {
  if (performance.getEntriesByType("navigation")[0]?.type !== "navigate") return;
  const early = [...area.querySelectorAll("input[data-select-row]:checked")].map((row) => row.value);
  keep(area, [...kept(area), ...early]);
}

function restore(area) {
  if (!area.dataset.selectKeep) return;
  const codes = kept(area);
  area.querySelectorAll("input[data-select-row]").forEach((row) => { row.checked = codes.has(row.value); });
}

function remember(area) {
  const codes = kept(area);
  area.querySelectorAll("input[data-select-row]").forEach((row) => (row.checked ? codes.add(row.value) : codes.delete(row.value)));
  keep(area, codes);
}

function refresh(area) {
  const rows = [...area.querySelectorAll("input[data-select-row]")];
  const here = rows.filter((row) => row.checked);
  const shown = new Set(rows.map((row) => row.value));
  const others = [...kept(area)].filter((code) => !shown.has(code));
  const ticked = [...here, ...others];
  const carrier = area.querySelector("[data-select-others]");
  if (carrier) carrier.value = others.join(".");
  const everything = area.querySelector("input[data-select-everything]");
  const tooMany = carrier && ticked.length > MOST_KEPT && !everything?.checked;
  area.querySelectorAll("[data-select-too-many]").forEach((node) => { node.hidden = !tooMany; });
  const all = area.querySelector("input[data-select-all]");
  if (all) {
    all.checked = rows.length > 0 && here.length === rows.length;
    all.indeterminate = here.length > 0 && !all.checked;
  }
  rows.forEach((row) => row.closest("tr")?.classList.toggle("is-selected", row.checked));
  area.querySelectorAll("[data-select-count]").forEach((node) => { node.textContent = ticked.length; });
  area.querySelectorAll("[data-select-bar]").forEach((bar) => { bar.hidden = ticked.length === 0; });
  area.querySelectorAll("[data-select-needed]").forEach((button) => { button.disabled = ticked.length === 0 || tooMany; });
}

document.addEventListener("change", (event) => {
  const area = event.target.closest("[data-selectable]");
  if (!area) return;
  if (event.target.matches("input[data-select-all]")) {
    area.querySelectorAll("input[data-select-row]").forEach((row) => { row.checked = event.target.checked; });
  }
  remember(area);
  refresh(area);
});
document.addEventListener("click", (event) => {
  const area = event.target.closest("[data-select-none]")?.closest("[data-selectable]");
  if (!area) return;
  area.querySelectorAll("input[data-select-row], input[data-select-everything]").forEach((row) => { row.checked = false; });
  keep(area, []);
  refresh(area);
});
const areas = () => document.querySelectorAll("[data-selectable]");
const refreshAll = () => areas().forEach((area) => {
  forgetDone(area);
  restore(area);
  refresh(area);
});
window.addEventListener("pageshow", refreshAll);
document.addEventListener("htmx:afterSwap", refreshAll);
areas().forEach((area) => {
  forgetDone(area);
  takeEarly(area);
});
refreshAll();
