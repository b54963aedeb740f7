/* Parts of a page that stay true: each [data-live-url] is fetched again every data-seconds while the tab is seen. */
"use strict";

(() => {
  const stale = document.querySelector("[data-live-stale]");

  document.querySelectorAll("[data-live-url]").forEach((part) => {
    let timer = 0;
    let failures = 0;
    const seconds = () => Number(part.querySelector("[data-seconds]")?.dataset.seconds) || 10;

    function plan() {
      clearTimeout(timer);
      timer = setTimeout(look, Math.min(seconds() * 2 ** Math.min(failures, 4), 120) * 1000);
    }
    async function look() {
      clearTimeout(timer);
      if (document.hidden) return;
      try {
        const answer = await fetch(part.dataset.liveUrl, { redirect: "manual" });
        if (answer.type === "opaqueredirect") { location.reload(); return; } // logged out
        if (!answer.ok) throw new Error(String(answer.status));
        const html = await answer.text();
        const focused = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
        part.innerHTML = html;
        if (focused) part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
        failures = 0;
        if (stale) stale.hidden = true;
      } catch {
        failures += 1;
        if (stale) stale.hidden = false;
      }
      plan();
    }
    document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
    plan();
  });
})();
