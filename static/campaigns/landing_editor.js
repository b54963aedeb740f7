/* The editor of a landing page: blocks come, go and move in the page, and the draft saves itself.
   What is typed outlives a lost connection or a log-in in between: this tab keeps it until it has been saved. */
"use strict";

(() => {
  const form = document.getElementById("cl-form");
  const config = JSON.parse(document.getElementById("cl-config").textContent);
  const csrf = form.querySelector("[name=csrfmiddlewaretoken]").value;
  const status = document.getElementById("cl-status");
  const words = config.words;
  const KEY = ["cl-draft", config.user, location.pathname].join("|");
  const SAVE_AFTER = 1200;
  const phone = document.querySelector("iframe[name=cl-phone]");
  let storage = null;
  try { storage = window.sessionStorage; } catch { /* Switched off in this browser: nothing is kept. */ }
  let timer = 0, running = null, again = false, dirty = false;

  function say(text, isBad = false) {
    status.textContent = text;
    status.classList.toggle("cl-bad", isBad);
  }

  /* --- what is kept in the tab */
  const fields = () => [...new FormData(form)].filter(([name, value]) => name !== "csrfmiddlewaretoken" && typeof value === "string");
  function keep() { try { storage?.setItem(KEY, JSON.stringify(fields())); } catch { /* Full: typing goes on. */ } }
  function forget() { storage?.removeItem(KEY); }

  /* --- saving */
  function changed() {
    dirty = true;
    say(words.unsaved);
    keep();
    clearTimeout(timer);
    timer = setTimeout(save, SAVE_AFTER);
  }
  async function save() {
    clearTimeout(timer);
    if (running) { again = true; return; }
    say(words.saving);
    const body = new FormData(form);
    [...body].forEach(([name, value]) => { if (typeof value !== "string") body.delete(name); });
    body.set("do", "save");
    const sent = JSON.stringify(fields());
    try {
      running = fetch(location.pathname, { method: "POST", body, headers: { Accept: "application/json", "X-CSRFToken": csrf } });
      const response = await running;
      if (!response.ok || response.redirected) throw new Error(response.status);
      const answer = await response.json();
      show(answer.errors);
      if (answer.sentence) {
        say(answer.sentence, true);
      } else {
        form.elements.seen_at.value = answer.seen_at;
        if (JSON.stringify(fields().filter(([name]) => name !== "seen_at")) === JSON.stringify(JSON.parse(sent).filter(([name]) => name !== "seen_at"))) {
          dirty = false;
          forget();
          say(words.saved);
        }
        redraw(answer.preview);
      }
    } catch {
      say(words.failed, true);
    } finally {
      running = null;
      if (again) { again = false; save(); }
    }
  }
  /* The draft may be a new row: its address replaces that of what the page was begun from. */
  function redraw(preview) {
    if (!phone || !preview) return;
    const states = [...document.querySelectorAll("[data-state]")];
    states.forEach((link) => { link.href = `${preview}${new URL(link.href).search}`; });
    phone.src = states.find((link) => link.hasAttribute("aria-current")).href;
  }
  function show(errors) {
    form.querySelectorAll("[data-error]").forEach((place) => {
      const text = errors[place.dataset.error] ?? "";
      place.textContent = text;
      place.hidden = !text;
    });
    form.querySelectorAll("[data-block]").forEach((block) => {
      const isWrong = Object.keys(errors).some((name) => name === block.dataset.block || name.startsWith(`${block.dataset.block}.`));
      block.classList.toggle("cl-wrong", isWrong);
    });
  }

  /* --- blocks */
  const newId = () => [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  function make(kind, section, id = newId()) {
    const template = document.querySelector(`template[data-kind="${CSS.escape(kind)}"]`);
    if (!template) return null;
    const holder = document.createElement("ol");
    holder.innerHTML = template.innerHTML.replaceAll("00000000", id);
    const block = holder.firstElementChild;
    block.querySelector("[data-in-section]").value = section;
    block.querySelectorAll("[data-grip], [data-more-rows], [data-library]").forEach((one) => { one.hidden = false; });
    return block;
  }
  const listOf = (section) => form.querySelector(`[data-blocks="${CSS.escape(section)}"]`);
  function add(section, kind) {
    const block = make(kind, section);
    listOf(section).append(block);
    block.scrollIntoView({ block: "center", behavior: "smooth" });
    block.querySelector(".cl-fields input:not([type=hidden]), .cl-fields textarea")?.focus({ preventScroll: true });
  }
  function moved(block, { place, count }) {
    changed();
    say(words.moved.replace("%(place)s", place).replace("%(count)s", count));
  }
  form.addEventListener("click", (event) => {
    const more = event.target.closest("[data-more-rows]");
    if (more) addRow(more.dataset.moreRows);
    const button = event.target.closest("button[name=do]");
    if (!button) return;
    const [verb, ...rest] = button.value.split(":");
    const block = button.closest("[data-block]");
    if (verb === "up" || verb === "down") {
      if (clDrag.step(block, verb === "up" ? -1 : 1)) { button.focus(); moved(block, clDrag.place(block)); }
    } else if (verb === "add") {
      add(rest[0], rest[1]);
      button.closest("details").open = false;
      changed();
    } else if (verb === "remove") {
      const next = block.nextElementSibling ?? block.previousElementSibling;
      block.remove();
      next?.querySelector("summary").focus();
      changed();
      say(words.removed);
    } else if (verb === "to") {
      listOf(rest[0]).append(block);
      clDrag.settle(block, listOf(rest[0]));
      moved(block, clDrag.place(block));
    } else if (verb === "unpick") {
      button.closest(".cl-picture").remove();
      changed();
    } else {
      return; /* Saving and publishing go to the server as they are. */
    }
    event.preventDefault();
  });
  function addRow(name) {
    const rows = form.querySelector(`[data-pairs="${CSS.escape(name)}"]`);
    if (rows.children.length >= Number(rows.dataset.most)) return;
    const row = rows.lastElementChild.cloneNode(true);
    row.querySelectorAll("input, textarea").forEach((field) => { field.value = ""; });
    rows.append(row);
    row.querySelector("input").focus();
  }

  /* --- coming back to what was typed */
  function restore(kept) {
    const byName = new Map();
    kept.forEach(([name, value]) => byName.set(name, [...(byName.get(name) ?? []), value]));
    document.querySelectorAll("[data-blocks]").forEach((list) => list.replaceChildren());
    (byName.get("block") ?? []).forEach((id) => {
      const kind = byName.get(`${id}.kind`)?.[0], section = byName.get(`${id}.section`)?.[0];
      const block = kind && section && /^[0-9a-f]{8}$/.test(id) ? make(kind, section, id) : null;
      if (!block) return;
      block.querySelector("details").open = false;
      listOf(section).append(block);
      block.querySelectorAll("[data-pairs]").forEach((rows) => {
        const wanted = byName.get(`${rows.dataset.pairs}.a`)?.length ?? 1;
        while (rows.children.length < wanted) rows.append(rows.lastElementChild.cloneNode(true));
      });
      block.querySelectorAll("[data-pictures]").forEach((shelf) => {
        (byName.get(shelf.dataset.pictures) ?? []).filter(Boolean).forEach((token) => {
          const item = Object.assign(document.createElement("span"), { className: "cl-picture" });
          item.append(
            Object.assign(document.createElement("input"), { type: "hidden", name: shelf.dataset.pictures, value: token }),
            Object.assign(document.createElement("img"), { src: `${config.upload}${encodeURIComponent(token)}/`, alt: "", width: 96, height: 96 }),
            Object.assign(document.createElement("button"), { name: "do", value: `unpick:${shelf.dataset.pictures}:${token}`, textContent: "×" }),
          );
          shelf.append(item);
        });
      });
    });
    const used = new Map();
    [...form.elements].filter((field) => field.name && !["csrfmiddlewaretoken", "do", "seen_at", "block"].includes(field.name) && field.type !== "file").forEach((field) => {
      const values = byName.get(field.name) ?? [];
      if (field.type === "checkbox" || field.type === "radio") { field.checked = values.includes(field.value); return; }
      const index = used.get(field.name) ?? 0;
      used.set(field.name, index + 1);
      if (index < values.length) field.value = values[index];
    });
  }

  form.querySelectorAll("[data-more-rows], [data-library]").forEach((one) => { one.hidden = false; });
  clDrag.start(form, { moved });
  clPictures.start(form, { config, csrf, changed, say });
  form.addEventListener("input", (event) => {
    if (event.target.matches("[type=file], [name=publish_at]")) return;
    const block = event.target.closest("[data-block]");
    const first = block?.querySelector(".cl-fields input[type=text], .cl-fields input:not([type]), .cl-fields textarea");
    if (first === event.target) block.querySelector("[data-excerpt]").textContent = first.value.slice(0, 40);
    changed();
  });
  form.addEventListener("submit", () => {
    dirty = false;
    clearTimeout(timer);
    keep();
    try { storage?.setItem("cl-draft-sent", KEY); } catch { /* Full. */ }
  });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
  window.addEventListener("pageshow", () => form.querySelectorAll("button").forEach((button) => { button.disabled = false; }));

  document.querySelectorAll("[data-state]").forEach((link) => link.addEventListener("click", () => {
    document.querySelectorAll("[data-state]").forEach((other) => other.removeAttribute("aria-current"));
    link.setAttribute("aria-current", "true");
  }));

  if (location.hash === "#saved" || location.hash.startsWith("#b-")) {
    forget();
    if (location.hash === "#saved") history.replaceState(history.state, "", location.pathname);
    else { const fold = document.querySelector(`${location.hash} details`); if (fold) fold.open = true; }
  }
  const kept = storage?.getItem(KEY);
  const notice = document.getElementById("cl-restored");
  const same = (a, b) => JSON.stringify(a.filter(([name]) => name !== "seen_at" && name !== "publish_at")) === JSON.stringify(b.filter(([name]) => name !== "seen_at" && name !== "publish_at"));
  /* A page that answers a refused form shows what was typed already: it is newer than anything kept. */
  if (kept && !config.is_typed && !same(JSON.parse(kept), fields())) {
    const fresh = fields();
    restore(JSON.parse(kept));
    notice.hidden = false;
    dirty = true;
    document.getElementById("cl-discard").addEventListener("click", () => {
      restore(fresh);
      forget();
      dirty = false;
      notice.hidden = true;
      say("");
    });
  }
})();
