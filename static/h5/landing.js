// What scripts add to a landing page: live numbers, and which sections people look at. Reading needs neither.
(() => {
  "use strict";
  const page = document.getElementById("landing");
  if (!page) return;

  // Live blocks: asked for anew every ten seconds while somebody looks.
  const every = 10_000;
  let asked = Date.now();
  async function refresh() {
    if (!page.dataset.live || document.hidden || Date.now() - asked < every / 2) return;
    asked = Date.now();
    try {
      const answer = await fetch(page.dataset.live, { credentials: "same-origin" });
      if (!answer.ok) return;
      const { mood, blocks } = await answer.json();
      const typing = document.activeElement && document.activeElement.matches("input, textarea");
      if (mood !== page.dataset.mood && !typing) {
        location.reload();
        return;
      }
      for (const [id, html] of Object.entries(blocks)) replace(id, html);
    } catch {
      // Offline: the page stays as it is.
    }
  }
  function replace(id, html) {
    const old = page.querySelector(`[data-block="${CSS.escape(id)}"]`);
    if (!old || old.contains(document.activeElement)) return;
    const made = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
    if (!made || made.outerHTML === old.outerHTML) return;
    for (const list of made.querySelectorAll(".ticker")) list.classList.add("is-new");
    old.replaceWith(made);
    watch(made);
  }
  if (page.dataset.live) {
    setInterval(refresh, every);
    document.addEventListener("visibilitychange", refresh);
    // The countdown has reached zero: the run has begun or is over.
    let reloads = 0;
    document.addEventListener("over", () => {
      if (reloads++ === 0) setTimeout(() => location.reload(), 2_500);
    });
  }

  // Views, dwell and taps of blocks, in one small message when the page is left.
  const seen = new Map();
  let told = [];
  const note = (id, what, ms) => {
    if (told.length < 50) told.push([id, what, Math.round(ms)]);
  };
  const observer = new IntersectionObserver(
    (changes) => {
      for (const { target, isIntersecting } of changes) {
        const id = target.dataset.block;
        const state = seen.get(id) || { since: 0, total: 0, viewed: false };
        seen.set(id, state);
        if (isIntersecting && !document.hidden) {
          state.since = state.since || performance.now();
          if (!state.viewed) {
            state.viewed = true;
            note(id, "view", 0);
          }
        } else {
          stop(state);
        }
      }
    },
    { threshold: 0.2 },
  );
  function stop(state) {
    if (state.since) state.total += performance.now() - state.since;
    state.since = 0;
  }
  function watch(block) {
    observer.observe(block);
  }
  for (const block of page.querySelectorAll("[data-block]")) watch(block);
  page.addEventListener("click", (event) => {
    const block = event.target.closest("[data-block]");
    if (block && event.target.closest("a, button, summary, input, img")) {
      note(block.dataset.block, "tap", performance.now());
    }
  });
  function tell() {
    for (const [id, state] of seen) {
      stop(state);
      if (state.total >= 500) note(id, "dwell", state.total);
      state.total = 0;
    }
    if (!told.length || !page.dataset.beacon) return;
    const version = Number(page.dataset.version);
    // The page that nobody has published yet has no version, so no blocks to compare: only that it was opened counts.
    const message = { v: version, r: Number(page.dataset.run), s: version ? told : [] };
    told = [];
    navigator.sendBeacon(page.dataset.beacon, new Blob([JSON.stringify(message)], { type: "application/json" }));
  }
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      tell();
    } else {
      // What is in sight now is looked at again.
      observer.disconnect();
      for (const block of page.querySelectorAll("[data-block]")) watch(block);
    }
  });
  addEventListener("pagehide", tell);
})();
