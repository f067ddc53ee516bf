// button[data-countdown="37"]: stays disabled for as many seconds and says how long; without
// JavaScript the button works at once and the server answers how long to wait.
for (const button of document.querySelectorAll("button[data-countdown]")) {
  const label = button.textContent;
  const ready = Date.now() + Number(button.dataset.countdown) * 1000;
  const tick = () => {
    const left = Math.ceil((ready - Date.now()) / 1000);
    button.disabled = left > 0;
    button.textContent = left > 0 ? `${left} 秒后可${label}` : label;
    if (left > 0) setTimeout(tick, 250);
  };
  tick();
  window.addEventListener("pageshow", tick);
}
