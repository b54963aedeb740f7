/* What is typed into the wizard outlives a log-in in between: it is kept in this tab until it has been saved. */
"use strict";

const caDraft = (() => {
  const SENT = "ca-draft-sent";
  const NOT_TYPED = ["csrfmiddlewaretoken", "seen_at"];
  let storage = null;
  try { storage = window.sessionStorage; } catch { /* Switched off in this browser: nothing is kept. */ }

  /* The server sends a saved campaign on to "…#saved"; only then is the draft that was sent let go. */
  if (location.hash === "#saved") {
    const sent = storage?.getItem(SENT);
    if (sent) storage.removeItem(sent);
    storage?.removeItem(SENT);
    history.replaceState(history.state, "", location.pathname + location.search);
  }

  /* Fields as the browser would send them, and groups with their names. */
  function read(form) {
    const fields = [...new FormData(form)].filter(([name, value]) => !NOT_TYPED.includes(name) && typeof value === "string");
    const groups = [...form.querySelectorAll("#ca-chosen [data-id]")].map((chip) => {
      const name = [...chip.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join("").trim();
      return { id: chip.dataset.id, name };
    });
    return { fields, groups };
  }

  /* Fields of one name are filled in order; rows that are missing are asked for. ``wanted`` narrows to some names. */
  function write(form, typed, grow, wanted = () => true) {
    const byName = new Map();
    typed.fields.filter(([name]) => wanted(name)).forEach(([name, value]) => byName.set(name, [...(byName.get(name) ?? []), value]));
    byName.forEach((values, name) => grow(name, values.length));
    const used = new Map();
    [...form.elements].filter((field) => field.name && !NOT_TYPED.includes(field.name) && field.name !== "groups" && wanted(field.name)).forEach((field) => {
      const values = byName.get(field.name) ?? [];
      if (field.type === "radio" || field.type === "checkbox") {
        field.checked = values.includes(field.value);
      } else {
        const index = used.get(field.name) ?? 0;
        used.set(field.name, index + 1);
        if (index < values.length) field.value = values[index];
      }
    });
  }

  /* ``restore(typed)`` puts kept fields back; it is the page's own affair, since slots depend on rules. */
  function open({ form, user, isTyped, restore }) {
    const key = ["ca-draft", user, location.pathname + location.search, form.elements.seen_at.value].join("|");
    const notice = document.getElementById("ca-restored");
    const fresh = read(form);
    document.getElementById("ca-discard").addEventListener("click", () => {
      storage?.removeItem(key);
      notice.hidden = true;
      restore(fresh);
    });
    form.addEventListener("submit", () => storage?.setItem(SENT, key));
    const kept = storage?.getItem(key);
    /* A page that answers a refused form shows what was typed already: it is newer than anything kept. */
    if (kept && !isTyped && kept !== JSON.stringify(fresh)) {
      restore(JSON.parse(kept));
      notice.hidden = false;
    }
    return {
      keep() {
        try { storage?.setItem(key, JSON.stringify(read(form))); } catch { /* Full: typing goes on. */ }
      },
    };
  }
  return { open, read, write };
})();
