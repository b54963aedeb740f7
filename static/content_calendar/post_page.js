/* A post's page: dialogs for what a person does, and looking again while messages go out. */
"use strict";

(() => {
  const page = document.getElementById("cc-post");
  const progress = document.getElementById("cc-progress");
  const dialog = document.getElementById("cc-dialog");
  const form = dialog.querySelector("form");
  const part = (name) => dialog.querySelector(`[data-part="${name}"]`);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (!button || button.disabled) return;
    form.action = button.dataset.do;
    const asks = button.dataset.asks;
    document.getElementById("cc-dialog-title").textContent = button.textContent;
    document.getElementById("cc-dialog-question").textContent = button.dataset.question;
    part("time").hidden = asks !== "time";
    part("reason").hidden = asks !== "required" && asks !== "optional";
    part("optional").hidden = asks !== "optional";
    form.elements.reason.required = asks === "required";
    form.elements.reason.value = "";
    if (!asks) { form.submit(); return; }
    dialog.showModal();
  });
  document.getElementById("cc-dialog-close").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", () => { document.getElementById("cc-dialog-ok").disabled = true; });

  let seconds = Number(page.dataset.poll);
  async function look() {
    if (!document.hidden && !dialog.open) {
      try {
        const response = await fetch(page.dataset.progress + location.search, { headers: { Accept: "application/json" } });
        if (response.ok) {
          const body = await response.json();
          if (body.state !== page.dataset.state) { location.reload(); return; }
          const open = [...progress.querySelectorAll("details[open]")].map((item) => item.dataset.id);
          progress.innerHTML = body.html;
          open.forEach((id) => progress.querySelector(`details[data-id="${id}"]`)?.setAttribute("open", ""));
          seconds = body.poll_seconds;
        }
      } catch { /* offline: the next look will tell */ }
    }
    if (seconds) setTimeout(look, seconds * 1000);
  }
  if (seconds) setTimeout(look, seconds * 1000);
})();
