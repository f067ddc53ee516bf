// Short notes that go away by themselves: event `toast` with {text}, also sent by the server in the
// HX-Trigger header. What must be read stays on the page as a message instead.
const box = document.getElementById("sz-toasts");
const SHOWN_FOR = 3200;

function show(text) {
  const note = document.createElement("p");
  note.className = "sz-toast";
  note.textContent = text;
  box.append(note);
  setTimeout(() => note.remove(), SHOWN_FOR);
}

document.addEventListener("toast", (event) => {
  if (box && event.detail?.text) show(event.detail.text);
});
