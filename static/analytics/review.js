/* A review's text saves itself; what could not be saved stays in the fields, and leaving asks first. */
"use strict";

(() => {
  document.querySelectorAll("[data-print]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });

  const form = document.querySelector("[data-autosave]");
  if (!form) return;
  const state = form.querySelector("[data-state]");
  const words = form.dataset;
  let timer = 0;
  let saving = false;
  let dirty = false;

  function say(text, bad) {
    state.textContent = text;
    state.classList.toggle("st-bad", Boolean(bad));
  }

  async function save() {
    if (saving) return later(1000);
    saving = true;
    dirty = false;
    say(words.saving);
    try {
      const response = await fetch(form.action, {
        method: "POST", body: new FormData(form), headers: { Accept: "application/json" },
      });
      const body = await response.json();
      if (response.ok) {
        form.elements.revision.value = body.revision;
        if (!dirty) say(words.saved);
      } else {
        // Somebody else saved: the button shows both texts side by side.
        dirty = true;
        say(body.message || words.failed, true);
      }
    } catch {
      dirty = true;
      say(words.failed, true);
      later(15000);
    }
    saving = false;
  }

  function later(wait) {
    clearTimeout(timer);
    timer = setTimeout(save, wait);
  }

  form.addEventListener("input", (event) => {
    dirty = true;
    const paper = form.querySelector(`[data-paper="${event.target.name}"]`);
    if (paper) paper.textContent = event.target.value;
    say(words.unsaved);
    later(1500);
  });
  form.addEventListener("submit", () => { dirty = false; clearTimeout(timer); });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
})();
