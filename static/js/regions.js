// select[data-regions]: a long list of districts in groups "province" or "province · city" becomes
// province → city → district. The select itself stays and is what is sent; without JavaScript it
// is one list with headings.
const BETWEEN = " · ";

function chooser(label) {
  const made = document.createElement("select");
  made.className = "form-select";
  made.setAttribute("aria-label", label);
  return made;
}

function fill(select, names, hint) {
  select.replaceChildren(new Option(hint, ""), ...names.map((name) => new Option(name, name)));
  select.disabled = names.length === 0;
}

function build(select) {
  const groups = [...select.querySelectorAll("optgroup")].map((group) => {
    const [province, city = ""] = group.label.split(BETWEEN);
    return { province, city, options: [...group.querySelectorAll("option")] };
  });
  if (!groups.length) return;
  const blank = select.querySelector("option[value='']");
  const chosen = groups.find(({ options }) => options.some((option) => option.selected));
  const kept = select.value;
  const province = chooser("省份");
  const city = chooser("城市");
  const row = document.createElement("div");
  row.className = "sz-regions";
  select.before(row);
  row.append(province, city, select);
  select.classList.add("form-select");

  const cities = () => [...new Set(groups.filter((one) => one.province === province.value && one.city).map((one) => one.city))];
  function showDistricts() {
    const fit = groups.filter((one) => one.province === province.value && (one.city === "" || one.city === city.value));
    const options = fit.flatMap((one) => one.options);
    blank.textContent = "区县";
    select.replaceChildren(blank, ...options);
    select.value = options.some((option) => option.value === kept) ? kept : "";
    select.disabled = options.length === 0;
  }
  function showCities() {
    const names = cities();
    fill(city, names, "城市");
    city.hidden = province.value !== "" && names.length === 0;
    showDistricts();
  }
  const provinces = [...new Set(groups.map((one) => one.province))];
  fill(province, provinces, "省份");
  if (chosen) province.value = chosen.province;
  else if (provinces.length === 1) [province.value] = provinces;
  showCities();
  if (chosen?.city) {
    city.value = chosen.city;
    showDistricts();
  }
  if (kept) select.value = kept;
  province.addEventListener("change", showCities);
  city.addEventListener("change", showDistricts);
  // A disabled select is not sent: the server would not know that it is missing.
  select.form?.addEventListener("submit", () => { select.disabled = false; });
}

document.querySelectorAll("select[data-regions]").forEach(build);
