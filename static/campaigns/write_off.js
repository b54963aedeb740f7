/* At the till: a scanner types a code and Enter; the next one may come at once. */
"use strict";

(() => {
  const form = document.querySelector("[data-testid=write-off-form]");
  if (!form) return;
  const code = form.querySelector("[name=code]");
  const confirm = form.querySelector("[data-testid=confirm]");
  const amount = form.querySelector("[name=amount]");
  if (confirm) {
    const shown = { code: code.value, amount: amount.value, sku: form.querySelector("[name=sku]").value };
    // What was quoted is what is used: after a change the form looks again instead.
    form.addEventListener("input", (event) => {
      if (!(event.target.name in shown)) return;
      form.method = "get";
      confirm.hidden = true;
      const look = form.querySelector("[data-testid=look]") || Object.assign(document.createElement("button"), { className: "ca-button ca-primary ca-wide" });
      look.dataset.testid = "look";
      look.textContent = form.dataset.lookWord || "→";
      if (!look.isConnected) form.append(look);
      form.querySelector("[data-testid=quote]").hidden = true;
      form.querySelector("[name=csrfmiddlewaretoken]")?.remove();
      form.querySelector("[name=once]")?.remove();
    });
    confirm.focus();
  } else if (document.querySelector("[data-testid=asks-amount]")) {
    amount.focus();
  } else {
    code.focus();
    code.select();
  }
})();
