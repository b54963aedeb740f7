// Keeps the front page true while posts go out: fetches its live part again while the tab is visible.
(() => {
  const live = document.getElementById("home-live");
  if (!live) return;
  const seconds = Number(live.dataset.seconds) || 15;
  let timer = 0;
  let failures = 0;

  const plan = () => {
    clearTimeout(timer);
    // After failures wait longer, up to two minutes: a server that comes back is not met by a stampede.
    timer = setTimeout(refresh, Math.min(seconds * 2 ** Math.min(failures, 3), 120) * 1000);
  };

  async function refresh() {
    if (document.hidden) return;
    try {
      const answer = await fetch(live.dataset.url, { headers: { "X-Requested-With": "fetch" }, redirect: "manual" });
      if (answer.type === "opaqueredirect") { location.reload(); return; } // logged out: show the log-in page
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      const focused = document.activeElement;
      const href = live.contains(focused) ? focused.getAttribute("href") : null;
      live.innerHTML = html;
      if (href) live.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
      failures = 0;
    } catch {
      failures += 1;
      const stale = document.getElementById("home-stale");
      if (stale) stale.hidden = false;
    }
    plan();
  }

  document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
  plan();
})();
