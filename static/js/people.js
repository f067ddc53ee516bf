// [data-people]: a list of people to tick, by department. A search box narrows what is seen (what is
// ticked stays ticked), 全选 ticks what is seen of a department. Without JavaScript the list stays.
function start(area) {
  const search = area.querySelector("[data-people-search]");
  if (!search) return;
  const none = area.querySelector("[data-people-none]");
  const count = area.querySelector("[data-people-count]");
  const groups = [...area.querySelectorAll("[data-people-group]")].map((group) => ({
    group, all: group.querySelector("[data-people-all]"), rows: [...group.querySelectorAll("[data-people-text]")],
  }));
  const box = (row) => row.querySelector("input");
  const normal = (text) => text.normalize("NFKC").trim().toLowerCase();

  function refresh() {
    count.textContent = area.querySelectorAll("input[name='people']:checked").length;
    for (const { all, rows } of groups) {
      const seen = rows.filter((row) => !row.hidden);
      all.textContent = seen.length && seen.every((row) => box(row).checked) ? "取消全选" : "全选";
    }
  }
  function narrow() {
    const words = normal(search.value).split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { group, rows } of groups) {
      for (const row of rows) row.hidden = !words.every((word) => normal(row.dataset.peopleText).includes(word));
      const seen = rows.filter((row) => !row.hidden).length;
      group.hidden = seen === 0;
      found += seen;
    }
    none.hidden = found > 0;
    refresh();
  }
  search.hidden = false;
  for (const { all, rows } of groups) {
    all.hidden = false;
    all.addEventListener("click", () => {
      const seen = rows.filter((row) => !row.hidden);
      const tick = !seen.every((row) => box(row).checked);
      seen.forEach((row) => { box(row).checked = tick; });
      refresh();
    });
  }
  search.addEventListener("input", narrow);
  search.addEventListener("keydown", (event) => { if (event.key === "Enter") event.preventDefault(); });
  area.addEventListener("change", refresh);
  window.addEventListener("pageshow", narrow);
  narrow();
}
document.querySelectorAll("[data-people]").forEach(start);
