// form[data-auto-submit]: sends the filter when a choice or a date changes (typing waits for Enter).
document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-auto-submit]");
  if (form && event.target.matches("select, input[type=checkbox], input[type=radio], input[type=date]")) {
    if (form.requestSubmit) form.requestSubmit();
    else form.submit();
  }
});
