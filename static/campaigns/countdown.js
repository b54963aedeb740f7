/* Times that run: <time data-until="…" data-word="还剩 %s" data-over="…">, on the server's clock (data-now). */
"use strict";

(() => {
  const lang = document.documentElement.lang || "zh-Hans";
  const unit = (n, name) => new Intl.NumberFormat(lang, { style: "unit", unit: name, unitDisplay: "long" }).format(n);
  const two = (n) => String(n).padStart(2, "0");
  const loaded = Date.now();

  function words(ms) {
    const seconds = Math.floor(ms / 1000);
    const days = Math.floor(seconds / 86400);
    const clock = `${two(Math.floor(seconds / 3600) % 24)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
    return days ? `${unit(days, "day")} ${clock}` : clock;
  }
  function tick() {
    document.querySelectorAll("time[data-until]").forEach((time) => {
      const now = Date.parse(time.dataset.now) + (Date.now() - loaded);
      const left = Date.parse(time.dataset.until) - now;
      time.textContent = left > 0 ? time.dataset.word.replace("%s", words(left)) : time.dataset.over;
    });
  }
  function start() {
    tick();
    if (document.querySelector("time[data-until]")) setInterval(tick, 1000);
  }
  /* Lists load their scripts in the head, before there is anything to count. */
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
