// The operator inbox: copy, ask once more, tick off without leaving the page, count down, tell what is new.
// Without this script the buttons still work.
(() => {
  const page = document.querySelector(".ch-inbox");
  if (!page) return;
  const words = page.dataset;
  const toast = document.getElementById("ch-toast");
  const skew = Number(words.now) * 1000 - Date.now(); // the server's clock decides
  const LOOK_SECONDS = 15;
  // What already waited beyond this page when it was opened is not new.
  const first = new Set(words.waiting.split(",").map(Number));
  let toastTimer = 0;

  function say(text) {
    toast.textContent = text;
    toast.hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { toast.hidden = true; }, 2500);
  }

  async function copy(source) {
    try {
      await navigator.clipboard.writeText(source.textContent);
      return true;
    } catch {
      // Not a secure context, or refused: select it, so that a long press copies.
      const range = document.createRange();
      range.selectNodeContents(source);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      try { return document.execCommand("copy"); } catch { return false; }
    }
  }

  function leave(card) {
    if (card.classList.contains("is-leaving")) return;
    card.classList.add("is-leaving");
    setTimeout(() => {
      card.remove();
      // The last one is gone: the page itself says what comes next.
      if (!page.querySelector(".ch-card:not(.ch-card--missed)")) location.reload();
    }, 260);
  }

  page.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    say(await copy(button.closest(".ch-card").querySelector(".ch-text")) ? words.copied : words.selected);
  });

  function ask(button) {
    const label = button.textContent;
    button.textContent = words.sure;
    button.classList.add("is-asking");
    setTimeout(() => {
      button.textContent = label;
      button.classList.remove("is-asking");
    }, 4000);
  }

  page.addEventListener("submit", async (event) => {
    const form = event.target.closest("[data-act]");
    if (!form) return;
    event.preventDefault();
    const button = form.querySelector("button");
    if (form.hasAttribute("data-confirm") && !button.classList.contains("is-asking")) { ask(button); return; }
    const card = form.closest(".ch-card");
    const problem = card.querySelector(".ch-error");
    const buttons = card.querySelectorAll("button");
    buttons.forEach((item) => { item.disabled = true; });
    problem.hidden = true;
    let message = words.failed;
    try {
      const answer = await fetch(location.pathname, {
        method: "POST", body: new FormData(form), headers: { Accept: "application/json" }, redirect: "manual",
      });
      if (answer.ok) { leave(card); return; }
      if (answer.type === "opaqueredirect") { location.reload(); return; } // logged out
      if (answer.status === 409) message = (await answer.json()).message;
    } catch { /* offline: say so and let them tap again */ }
    problem.textContent = message;
    problem.hidden = false;
    buttons.forEach((item) => { item.disabled = false; });
  });

  const two = (number) => String(number).padStart(2, "0");

  function countDown() {
    const now = Date.now() + skew;
    for (const place of page.querySelectorAll("[data-cutoff]")) {
      const left = Math.floor((Number(place.dataset.cutoff) * 1000 - now) / 1000);
      const clock = `${Math.floor(left / 3600)}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`;
      place.textContent = left > 0 ? words.left.replace("{}", clock) : words.over;
      place.classList.toggle("is-near", left < 300);
    }
  }

  async function look() {
    if (document.hidden) return;
    try {
      const answer = await fetch(words.url, { headers: { Accept: "application/json" }, redirect: "manual" });
      if (!answer.ok) return;
      const body = await answer.json();
      const waiting = new Set(body.ids);
      const shown = [...page.querySelectorAll(".ch-card:not(.ch-card--missed)")];
      const known = new Set(shown.map((card) => Number(card.dataset.id)));
      const isNew = body.ids.some((id) => !known.has(id) && !first.has(id));
      document.getElementById("ch-fresh").hidden = !isNew;
      for (const card of body.is_complete ? shown : []) {
        if (waiting.has(Number(card.dataset.id)) || card.classList.contains("is-leaving")) continue;
        say(words.gone);
        leave(card);
      }
    } catch { /* offline: the next look will tell */ }
  }

  setInterval(countDown, 1000);
  setInterval(look, LOOK_SECONDS * 1000);
  document.addEventListener("visibilitychange", look);
  countDown();
})();
