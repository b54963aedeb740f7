// Play pages without a full reload: what moves is fetched anew, and a form survives a lost network.
(() => {
  "use strict";
  const main = document.getElementById("main");
  const page = (text) => new DOMParser().parseFromString(text, "text/html");

  // --- what moves: elements marked data-live are replaced when the server says something else ---------------------
  // Resolves to whether the page has become another one.
  async function refresh() {
    let answer;
    try {
      answer = await fetch(location.pathname, { headers: { Accept: "text/html" } });
    } catch {
      return false;
    }
    if (!answer.ok) return false;
    const fresh = page(await answer.text());
    if (fresh.body.className !== document.body.className) {
      show(fresh);
      return true;
    }
    for (const old of main.querySelectorAll("[data-live]")) {
      const now = fresh.getElementById(old.id);
      const isBusy = old.contains(document.activeElement) || old.querySelector(".cut-off, .is-opening");
      if (now && !isBusy && told(old) !== told(now)) old.replaceWith(document.adoptNode(now));
    }
    return false;
  }

  // A running clock shows other digits than the server wrote: its end is what counts.
  function told(element) {
    const copy = element.cloneNode(true);
    for (const clock of copy.querySelectorAll("[data-until]")) clock.textContent = "";
    return copy.innerHTML;
  }

  function show(fresh) {
    document.body.className = fresh.body.className;
    document.title = fresh.title;
    main.replaceChildren(...fresh.getElementById("main").childNodes);
  }

  let typed = false;
  document.addEventListener("input", () => (typed = true));

  // --- time is up while the page is open --------------------------------------------------------------------------
  document.addEventListener("over", async () => {
    for (const wait of [400, 1500, 4000, 10000]) {
      await new Promise((done) => setTimeout(done, wait));
      if (await refresh()) return;
    }
  });

  const lively = document.querySelector("[data-live]");
  if (lively) {
    const every = Number(document.querySelector("[data-every]")?.dataset.every || 15) * 1000;
    let rounds = 0;
    setInterval(() => {
      if (!document.hidden && !typed && navigator.onLine && rounds++ < 120) refresh();
    }, every);
  }

  // --- forms ------------------------------------------------------------------------------------------------------
  const offline = () => document.querySelector("[data-offline]");
  const online = () => document.querySelector("[data-online]");

  function free(form) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("button")) button.removeAttribute("aria-busy");
  }

  // Before base.js hears of it (that listens at the window): the same rule, sent once.
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("[data-play]")) return;
    event.preventDefault();
    if (form.dataset.sent) return;
    const body = new FormData(form, event.submitter);
    for (const input of form.querySelectorAll("input[type=file]")) if (!input.files.length) body.delete(input.name);
    let answer;
    try {
      answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
    } catch {
      free(form);
      offline().hidden = false;
      offline().scrollIntoView({ block: "center" });
      return;
    }
    typed = false;
    if (answer.redirected) {
      location.assign(answer.url);
      return;
    }
    show(page(await answer.text()));
    const told = main.querySelector("[role=alert]");
    if (told) {
      told.tabIndex = -1;
      told.focus();
    }
    scrollTo(0, 0);
  });

  addEventListener("online", () => {
    if (!offline() || offline().hidden) return;
    offline().hidden = true;
    online().hidden = false;
  });

  // --- pictures before they are sent ------------------------------------------------------------------------------
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches("input[type=file]")) return;
    const list = input.closest(".field").querySelector("[data-preview]");
    list.replaceChildren();
    for (const file of [...input.files].slice(0, Number(input.dataset.most))) {
      const picture = document.createElement("img");
      picture.src = URL.createObjectURL(file);
      picture.alt = "";
      const item = document.createElement("li");
      item.append(picture);
      list.append(item);
    }
  });

  // --- the price falls --------------------------------------------------------------------------------------------
  const price = document.querySelector("[data-cut]");
  if (price && !matchMedia("(prefers-reduced-motion: reduce)").matches) {
    const end = Number(price.dataset.price);
    const begin = end + Number(price.dataset.cut);
    const since = performance.now();
    const step = (now) => {
      const done = Math.min((now - since) / 900, 1);
      price.textContent = (begin + (end - begin) * (1 - (1 - done) ** 3)).toFixed(2);
      if (done < 1) requestAnimationFrame(step);
      else price.textContent = price.dataset.price;
    };
    requestAnimationFrame(step);
  }
})();
