/* Extending a run: what a new end brings about is asked of the server as soon as it is typed. */
"use strict";

(() => {
  document.querySelectorAll("[data-consequences]").forEach((list) => {
    const until = list.closest("form").querySelector("[name=closes_at]");
    if (!list.dataset.consequences || !until) return;
    let last = 0;
    async function ask() {
      const mine = ++last;
      const answer = await fetch(`${list.dataset.consequences}?closes_at=${encodeURIComponent(until.value)}`).catch(() => null);
      if (!answer?.ok || mine !== last) return;
      const { lines } = await answer.json();
      list.replaceChildren(...lines.map((text) => Object.assign(document.createElement("li"), { textContent: text })));
    }
    until.addEventListener("change", ask);
    ask();
  });
})();
