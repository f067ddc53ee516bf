// Side menu: narrow column on wide screens (remembered), off-canvas on narrow ones. Without
// JavaScript the hamburger is a link to #side-menu and :target opens it. Also closes open drop-downs.
const KEY = "sz-menu-mini";
const side = document.querySelector("[data-menu]");
const wide = window.matchMedia("(min-width: 992px)");

function remembered() {
  try {
    return localStorage.getItem(KEY) === "1";
  } catch {
    return false; // storage may be switched off; the menu then starts open
  }
}

function remember(mini) {
  try {
    localStorage.setItem(KEY, mini ? "1" : "0");
  } catch {
    document.body.dataset.menuMini = mini ? "1" : "0";
  }
}

function setOpen(open) {
  side.classList.toggle("is-open", open);
  document.querySelector("[data-menu-toggle]").setAttribute("aria-expanded", String(open));
  if (open) side.querySelector("a").focus();
}

if (side) {
  if (remembered()) document.body.classList.add("is-mini");
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-menu-toggle]")) {
      event.preventDefault();
      if (wide.matches) remember(document.body.classList.toggle("is-mini"));
      else setOpen(!side.classList.contains("is-open"));
    } else if (event.target.closest("[data-menu-close]")) {
      if (location.hash !== "#side-menu") event.preventDefault();
      setOpen(false);
    }
  });
}

// A row of tabs wider than the screen starts with the open tab in sight.
for (const tab of document.querySelectorAll(".sz-tabs__item.is-active")) {
  const row = tab.closest(".sz-tabs");
  row.scrollLeft = tab.offsetLeft - row.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}

document.addEventListener("click", (event) => {
  for (const drop of document.querySelectorAll("details[data-drop][open]")) {
    if (!drop.contains(event.target)) drop.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll("details[data-drop][open]").forEach((drop) => { drop.open = false; });
  if (side?.classList.contains("is-open")) setOpen(false);
});
