// 导出 takes the filter as the address bar has it: lists are filtered without loading the page anew.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-follows-filter]");
  if (link) link.search = window.location.search;
});
