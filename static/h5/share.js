// Copying by one tap; without it the field stands there to be selected.
(() => {
  "use strict";
  for (const button of document.querySelectorAll("[data-copy]")) {
    const field = document.getElementById(button.dataset.copy);
    const status = button.parentElement.querySelector("[role=status]");
    button.hidden = false;
    field.addEventListener("focus", () => field.select());
    button.addEventListener("click", async () => {
      let done = true;
      try {
        await navigator.clipboard.writeText(field.value);
      } catch {
        field.focus();
        field.select();
        done = document.execCommand("copy");
      }
      status.classList.toggle("by-hand", !done);
      status.textContent = done ? button.dataset.done : button.dataset.byHand;
    });
  }
})();
