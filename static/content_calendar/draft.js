/* What is typed into the editor outlives a log-in in between: it is kept in this tab until it has been saved. */
"use strict";

const ccDraft = (() => {
  const SENT = "cc-draft-sent";
  const NOT_TYPED = ["csrfmiddlewaretoken", "seen_at", "confirmed", "preview_group", "groups", "action"];
  let storage = null;
  try { storage = window.sessionStorage; } catch { /* Switched off in this browser: nothing is kept. */ }

  /* The server sends a saved post on to "…#saved"; only then is the draft that was sent let go. */
  if (location.hash === "#saved") {
    const sent = storage?.getItem(SENT);
    if (sent) storage.removeItem(sent);
    storage?.removeItem(SENT);
    history.replaceState(history.state, "", location.pathname + location.search);
  }

  /* Everything typed: fields as the browser would send them, groups with their names. */
  function read(form, chosen) {
    const fields = [...new FormData(form)].filter(([name, value]) => !NOT_TYPED.includes(name) && typeof value === "string");
    const groups = [...chosen.querySelectorAll("[data-id]")].map((chip) => {
      const name = [...chip.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("");
      return { id: chip.dataset.id, name };
    });
    return { fields, groups };
  }

  function write(form, chosen, choose, typed) {
    const has = (name, value) => typed.fields.some((field) => field[0] === name && field[1] === value);
    [...form.elements].filter((field) => field.name && !NOT_TYPED.includes(field.name)).forEach((field) => {
      if (field.type === "radio" || field.type === "checkbox") {
        field.checked = has(field.name, field.value);
      } else {
        const found = typed.fields.find(([name]) => name === field.name);
        if (found) field.value = found[1];
      }
    });
    chosen.replaceChildren();
    typed.groups.forEach(choose);
  }

  function open({ form, chosen, choose, user, onRestored }) {
    const key = ["cc-draft", user, location.pathname, form.elements.seen_at.value].join("|");
    const notice = document.getElementById("cc-restored");
    const fresh = read(form, chosen);

    document.getElementById("cc-discard").addEventListener("click", () => {
      write(form, chosen, choose, fresh);
      onRestored(false);
      storage?.removeItem(key);
      notice.hidden = true;
    });
    form.addEventListener("submit", () => storage?.setItem(SENT, key));

    const kept = storage?.getItem(key);
    if (kept && kept !== JSON.stringify(fresh)) {
      write(form, chosen, choose, JSON.parse(kept));
      onRestored(true);
      notice.hidden = false;
    }
    return {
      keep() {
        try { storage?.setItem(key, JSON.stringify(read(form, chosen))); } catch { /* Full: typing goes on. */ }
      },
    };
  }
  return { open };
})();
