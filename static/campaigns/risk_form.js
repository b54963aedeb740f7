/* The cards of risk rules: what differs from the recommended settings is marked as it is typed. */
"use strict";

(() => {
  const { form, changed } = caWizard;
  const section = document.getElementById("risk");

  const isChanged = (field) =>
    field.type === "checkbox" ? String(field.checked) !== field.dataset.default : field.value.trim() !== field.dataset.default;

  function mark() {
    section.querySelectorAll("[data-rule]").forEach((rule) => {
      const field = rule.querySelector("[data-default]");
      const sign = rule.querySelector("[data-changed]");
      if (field && sign) sign.hidden = !isChanged(field);
    });
    section.querySelectorAll("[data-risk]").forEach((card) => {
      const isOff = !card.querySelector("input[type=checkbox]").checked;
      const count = card.querySelectorAll("[data-changed]:not([hidden])").length;
      const state = isOff ? "off" : count ? "changed" : "same";
      card.querySelectorAll("[data-mark]").forEach((sign) => { sign.hidden = sign.dataset.mark !== state; });
      card.querySelector("[data-count]").textContent = count;
      card.querySelector("[data-recommended]").hidden = !isOff && !count;
      if ([...card.querySelectorAll("[data-error]")].some((error) => !error.hidden)) card.open = true;
    });
  }

  section.addEventListener("click", (event) => {
    const button = event.target.closest("[data-recommended]");
    if (!button) return;
    button.closest("[data-risk]").querySelectorAll("[data-default]").forEach((field) => {
      if (field.type === "checkbox") field.checked = field.dataset.default === "true";
      else field.value = field.dataset.default;
    });
    changed();
  });
  form.addEventListener("ca:shown", mark);
  mark();
})();
