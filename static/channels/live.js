// Keeps a page's content true: fetches it again every data-live seconds while the tab is visible.
(() => {
  const live = document.getElementById("ch-live");
  if (!live) return;
  let failures = 0;
  let timer = 0;
  const seconds = () => Number(live.querySelector("[data-live]")?.dataset.live) || 0;
  // Somebody is about to decide: the form must not vanish under their hands.
  const isBusy = () => live.querySelector("details[open]") !== null || live.contains(document.activeElement?.closest?.("form"));

  function plan() {
    clearTimeout(timer);
    if (seconds()) timer = setTimeout(look, Math.min(seconds() * 2 ** Math.min(failures, 3), 120) * 1000);
  }

  async function look() {
    if (document.hidden) return;
    try {
      if (!isBusy()) {
        const answer = await fetch(live.dataset.url, { redirect: "manual" });
        if (answer.type === "opaqueredirect") { location.reload(); return; } // logged out
        if (!answer.ok) throw new Error(String(answer.status));
        const html = await answer.text();
        if (!isBusy()) {
          const focused = document.activeElement;
          const id = live.contains(focused) ? focused.dataset.testid : "";
          live.innerHTML = html;
          if (id) live.querySelector(`[data-testid="${CSS.escape(id)}"]`)?.focus({ preventScroll: true });
        }
        failures = 0;
      }
    } catch {
      failures += 1;
      const stale = document.getElementById("ch-stale");
      if (stale) stale.hidden = false;
    }
    plan();
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden && seconds()) look(); });
  plan();
})();
