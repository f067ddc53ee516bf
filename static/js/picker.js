// select[data-picker="hint"]: a search box above a long select narrows its options by code or name.
// Without JavaScript the select itself stays. A link a[data-pick="code"] (in the drawer) chooses.
function build(select) {
  const groups = [...select.querySelectorAll("optgroup")].map((group) => ({
    group, options: [...group.querySelectorAll("option")],
  }));
  if (!groups.length) return;
  const blank = select.querySelector(":scope > option[value='']");
  const box = document.createElement("input");
  box.type = "search";
  box.className = "form-control";
  box.placeholder = select.dataset.picker;
  box.setAttribute("aria-label", select.dataset.picker);
  box.setAttribute("aria-controls", select.id);
  box.autocomplete = "off";
  select.before(box);
  select.parentElement.classList.add("eq-picker");

  const normal = (text) => text.normalize("NFKC").trim().toLowerCase();
  const holds = (text, word) => { // letters in this order: 客梯 finds 乘客电梯
    let from = 0;
    return [...word].every((letter) => { from = text.indexOf(letter, from) + 1; return from > 0; });
  };
  function narrow() {
    const words = normal(box.value).split(/\s+/).filter(Boolean);
    const kept = select.value;
    const found = [];
    for (const { group, options } of groups) {
      const fit = options.filter((option) => words.every((word) => normal(group.label).includes(word) || holds(normal(option.text), word)));
      found.push(...fit);
      group.replaceChildren(...fit);
      if (fit.length) select.append(group);
      else group.remove();
    }
    if (words.length && found.length && !found.some((option) => option.value === kept)) found[0].selected = true;
    else if (!found.length && blank) blank.selected = true;
    else if (kept) select.value = kept;
    select.size = words.length && found.length ? Math.min(found.length + 3, 8) : 0;
    if (blank) blank.textContent = found.length ? "请选择" : "没有找到，请换个名称或代码";
  }
  box.addEventListener("input", narrow);
  function settle() { // chosen: the search is over, the select is one line again
    box.value = "";
    narrow();
  }
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (select.value) settle();
  });
  select.addEventListener("click", (event) => {
    if (box.value && event.target.closest("option")) settle();
  });
  select.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && box.value) {
      event.preventDefault();
      settle();
    }
  });
  select.addEventListener("picker:choose", (event) => {
    settle();
    select.value = event.detail;
    select.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

document.querySelectorAll("select[data-picker]").forEach(build);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-pick]");
  const select = document.querySelector("select[data-picker]");
  if (!link || !select) return;
  event.preventDefault();
  select.dispatchEvent(new CustomEvent("picker:choose", { detail: link.dataset.pick }));
  document.getElementById("sz-drawer")?.close();
  select.focus();
});
