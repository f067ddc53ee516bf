// Opens [data-lightbox] links in a viewer with rotate, zoom, previous/next and keyboard; without
// JavaScript the link simply opens the full picture.
const viewer = document.getElementById("sz-lightbox");
const part = (name) => viewer.querySelector(`[data-lightbox-slot="${name}"]`);
let links = [];
let index = 0;
let turn = 0;

function show(at) {
  index = (at + links.length) % links.length;
  turn = 0;
  const image = part("image");
  image.className = "";
  image.src = links[index].href;
  image.alt = links[index].dataset.caption || "";
  const place = links.length > 1 ? `（${index + 1}/${links.length}）` : "";
  part("caption").textContent = `${image.alt}${place}`;
  for (const name of ["prev", "next"]) {
    viewer.querySelector(`[data-lightbox-do="${name}"]`).hidden = links.length < 2;
  }
}

const doings = {
  close: () => viewer.close(),
  prev: () => show(index - 1),
  next: () => show(index + 1),
  zoom: () => part("image").classList.toggle("is-zoomed"),
  rotate: () => {
    part("image").classList.remove(`turn-${turn}`);
    turn = (turn + 1) % 4;
    if (turn) part("image").classList.add(`turn-${turn}`);
  },
};
const keys = { ArrowLeft: "prev", ArrowRight: "next", r: "rotate", "+": "zoom" };

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-lightbox-do]");
  if (button) return void doings[button.dataset.lightboxDo]();
  const link = event.target.closest("a[data-lightbox]");
  if (!link || !viewer?.showModal || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const group = link.closest("[data-lightbox-group]");
  links = group ? [...group.querySelectorAll("a[data-lightbox]")] : [link];
  viewer.showModal();
  show(links.indexOf(link));
});
viewer?.addEventListener("keydown", (event) => {
  if (keys[event.key]) doings[keys[event.key]]();
});
