// <button data-print>: opens the browser's print dialog for the page; hidden without JavaScript.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
