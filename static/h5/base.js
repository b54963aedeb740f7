// What every member page has: countdowns by the server's clock, and forms that are sent once.
(() => {
  "use strict";
  const body = document.body;
  const begun = performance.now();
  const serverNow = () => Number(body.dataset.now) * 1000 + (performance.now() - begun);

  // <time data-until="seconds since 1970">: the text is replaced by what is left; the page is asked anew at zero.
  const pad = (n) => String(n).padStart(2, "0");
  function left(ms) {
    const s = Math.max(0, Math.floor(ms / 1000));
    const days = Math.floor(s / 86400);
    const clock = [Math.floor((s % 86400) / 3600), Math.floor((s % 3600) / 60), s % 60].map(pad).join(":");
    return days ? `${days} ${body.dataset.days} ${clock}` : clock;
  }
  function tick() {
    // Asked for each time: pages that move exchange their parts.
    for (const clock of document.querySelectorAll("[data-until]")) {
      const ms = Number(clock.dataset.until) * 1000 - serverNow();
      clock.textContent = left(ms);
      if (ms <= 0 && !clock.dataset.over) {
        clock.dataset.over = "1";
        document.dispatchEvent(new CustomEvent("over", { detail: clock }));
      }
    }
  }
  tick();
  setInterval(tick, 1000);

  // A double tap sends once; coming back by the back button frees the button again.
  addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) {
      delete form.dataset.sent;
      for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-busy");
    }
  });
})();
