/* Gifts by slot: further rows, and a new gift without leaving the page. */
"use strict";

(() => {
  const { form, config, csrf, slots, start, changed } = caWizard;
  const slotOf = (key) => slots.querySelector(`[data-slot="${CSS.escape(key)}"]`);

  function addRow(slot) {
    const rows = slot.querySelectorAll("[data-gift]");
    const row = rows[rows.length - 1].cloneNode(true);
    row.querySelector(".ca-error")?.remove();
    row.querySelector("select").value = "";
    row.querySelector("input").value = "1";
    rows[rows.length - 1].after(row);
    row.querySelectorAll("[data-testid]").forEach((part) => {
      part.dataset.testid = part.dataset.testid.replace(/\d+$/, rows.length + 1);
    });
    return row;
  }
  function ready() {
    slots.querySelectorAll(".ca-slot-more").forEach((line) => { line.hidden = false; });
  }
  slots.addEventListener("ca:slots", ready);
  slots.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-gift]");
    if (button) addRow(button.closest("[data-slot]")).querySelector("select").focus();
  });

  start({
    growGifts(key, count) {
      const slot = slotOf(key);
      while (slot && slot.querySelectorAll("[data-gift]").length < count) addRow(slot);
    },
  });
  ready();

  /* A new gift. */
  const dialog = document.getElementById("ca-gift-dialog");
  if (!dialog) return;
  const inner = document.getElementById("ca-gift-form");
  function relevant() {
    inner.querySelectorAll("[data-gift-kinds]").forEach((part) => {
      part.hidden = !part.dataset.giftKinds.split(" ").includes(inner.elements.kind.value);
    });
  }
  function tell(errors) {
    inner.querySelectorAll("[data-gift-error]").forEach((line) => {
      line.textContent = errors[line.dataset.giftError] ?? "";
      line.hidden = !line.textContent;
    });
  }
  document.getElementById("ca-new-gift").addEventListener("click", () => { tell({}); relevant(); dialog.showModal(); });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  inner.addEventListener("input", relevant);
  inner.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = inner.querySelector("[data-testid=create-gift]");
    button.disabled = true;
    const data = new FormData(inner);
    data.set("team", form.elements.team.value);
    try {
      const response = await fetch(config.benefit, { method: "POST", body: data, headers: { "X-CSRFToken": csrf } });
      const answer = response.redirected ? {} : await response.json();
      if (!answer.id) { tell(answer.errors ?? { __all__: config.words.failed }); return; }
      const value = String(answer.id);
      slots.querySelectorAll("select[name^='gift.']").forEach((list) => list.append(new Option(answer.label, value)));
      /* It goes into the first slot that has none. */
      const empty = [...slots.querySelectorAll("[data-slot]")].find((slot) => [...slot.querySelectorAll("select")].every((list) => !list.value));
      if (empty) empty.querySelector("select").value = value;
      inner.reset();
      dialog.close();
      changed();
    } catch {
      tell({ __all__: config.words.failed });
    } finally {
      button.disabled = false;
    }
  });
})();
