// Copies a fresh share link.
(() => {
  "use strict";
  const button = document.querySelector("[data-copy]");
  const field = document.querySelector("[data-link]");
  if (!button) return;
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
      button.textContent = button.dataset.done;
    } catch {
      field.focus(); // selected: the reader can copy by hand
    }
  });
})();
