/* The editor: variables by click, groups by search, a preview that follows what is typed. */
"use strict";

(() => {
  const config = JSON.parse(document.getElementById("cc-config").textContent);
  const words = config.words;
  const form = document.getElementById("cc-editor");
  const body = document.getElementById("id_body");
  const preview = document.getElementById("cc-preview");
  const skew = Date.parse(config.now + "Z") - Date.now();
  const csrf = form.elements.csrfmiddlewaretoken.value;
  let dirty = false;
  let draft = null;

  function later(call, wait) {
    let timer;
    return () => { clearTimeout(timer); timer = setTimeout(call, wait); };
  }
  function make(tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  }

  /* Only what the kind and the way of choosing groups need. */
  function relevant() {
    form.querySelectorAll("[data-kinds]").forEach((part) => {
      part.hidden = !part.dataset.kinds.split(" ").includes(form.elements.kind.value);
    });
    form.querySelectorAll("[data-selections]").forEach((part) => {
      part.hidden = part.dataset.selections !== form.elements.selection.value;
    });
  }

  function count() {
    const text = body.value;
    const size = new TextEncoder().encode(text).length;
    document.getElementById("cc-counter").textContent = `${[...text].length} ${words.characters} · ${size} ${words.bytes}`;
  }

  /* Variables go where the cursor is: in the text, or in the link's title if that was typed in last. */
  let writing = body;
  [body, form.elements.link_title].forEach((field) => field.addEventListener("focus", () => { writing = field; }));
  form.querySelectorAll("[data-insert]").forEach((chip) => chip.addEventListener("click", () => {
    const target = writing.closest("[hidden]") ? body : writing;
    target.setRangeText(chip.dataset.insert, target.selectionStart, target.selectionEnd, "end");
    target.focus();
    changed();
  }));

  /* The preview. Answers that arrive out of order are dropped. */
  let asked = 0;
  const refresh = later(async () => {
    const mine = ++asked;
    const data = new FormData(form);
    if (config.post) data.set("post", config.post);
    try {
      const response = await fetch(config.preview, { method: "POST", body: data, headers: { "X-CSRFToken": csrf } });
      if (mine !== asked) return;
      if (!response.ok || response.redirected) throw new Error(response.status);
      const html = await response.text();
      if (mine === asked) preview.innerHTML = html;
    } catch {
      if (mine === asked) preview.replaceChildren(make("p", "cc-note cc-bad", words.failed));
    }
  }, 350);

  /* Groups by search. */
  const search = document.getElementById("cc-group-search");
  const found = document.getElementById("cc-found");
  const list = document.getElementById("cc-found-list");
  const chosen = document.getElementById("cc-chosen");
  const isChosen = (id) => Boolean(chosen.querySelector(`[data-id="${id}"]`));

  function choose(group) {
    if (isChosen(group.id)) return;
    const chip = make("span", "cc-chip cc-on", group.name);
    chip.dataset.id = group.id;
    const input = make("input");
    input.type = "hidden";
    input.name = "groups";
    input.value = group.id;
    const remove = make("button", "", "×");
    remove.type = "button";
    remove.setAttribute("aria-label", words.remove);
    chip.prepend(input);
    chip.append(remove);
    chosen.append(chip);
    changed();
  }
  chosen.addEventListener("click", (event) => {
    if (event.target.tagName !== "BUTTON") return;
    event.target.closest("[data-id]").remove();
    changed();
  });

  let groups = [];
  async function find() {
    const response = await fetch(`${config.groups}?q=${encodeURIComponent(search.value.trim())}`);
    if (!response.ok || response.redirected) return;
    const answer = await response.json();
    groups = answer.groups;
    list.replaceChildren(...groups.map((group) => {
      const item = make("li");
      const button = make("button", isChosen(group.id) ? "cc-on" : "", group.name);
      button.type = "button";
      button.append(make("small", "", [group.kind, group.channel, group.member_count].filter(Boolean).join(" · ")));
      button.addEventListener("click", () => { choose(group); button.className = "cc-on"; });
      item.append(button);
      return item;
    }));
    if (!groups.length) list.append(make("li", "cc-help", words.none));
    if (answer.count > groups.length) list.append(make("li", "cc-help", `${words.more} ${answer.count}`));
    found.hidden = false;
  }
  const findSoon = later(find, 200);
  search.addEventListener("input", findSoon);
  search.addEventListener("focus", findSoon);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      const first = groups.find((group) => !isChosen(group.id));
      if (first) { choose(first); find(); }
    } else if (event.key === "Escape") {
      found.hidden = true;
    }
  });
  document.getElementById("cc-all").addEventListener("click", () => { groups.forEach(choose); found.hidden = true; });
  document.addEventListener("click", (event) => { if (!event.target.closest(".cc-search")) found.hidden = true; });

  /* Groups by filter: how many, and which. */
  const matching = document.getElementById("cc-matching");
  const match = later(async () => {
    if (form.elements.selection.value !== "filter") return;
    const params = new URLSearchParams();
    form.querySelectorAll("[name^=filter_]:checked").forEach((box) => params.append(box.name.slice(7), box.value));
    const response = await fetch(`${config.groups}?${params}`);
    if (!response.ok || response.redirected) return;
    const answer = await response.json();
    const names = answer.groups.slice(0, 8).map((group) => group.name).join(words.and);
    matching.textContent = answer.count
      ? words.matching.replace("%(count)s", answer.count).replace("%(names)s", () => names + (answer.count > 8 ? "…" : ""))
      : words.none;
  }, 200);

  /* Times on the house clock. */
  document.getElementById("cc-quick").addEventListener("click", (event) => {
    const chip = event.target.closest("button");
    if (!chip) return;
    let at = new Date(Date.now() + skew);
    if (chip.dataset.minutes) {
      at = new Date(at.getTime() + Number(chip.dataset.minutes) * 60e3);
    } else {
      const [hour, minute] = chip.dataset.at.split(":").map(Number);
      const then = new Date(at);
      then.setUTCHours(hour, minute, 0, 0);
      then.setUTCDate(then.getUTCDate() + Number(chip.dataset.days || 0));
      if (then <= at) then.setUTCDate(then.getUTCDate() + 1);
      at = then;
    }
    form.elements.scheduled_at.value = at.toISOString().slice(0, 16);
    changed();
  });

  /* Pictures are sent at once, so that an error elsewhere never loses them. */
  const upload = document.getElementById("cc-upload");
  const note = document.getElementById("cc-upload-note");
  upload.addEventListener("change", async () => {
    if (!upload.files.length) return;
    const label = note.textContent;
    note.textContent = words.uploading;
    const data = new FormData();
    data.set("file", upload.files[0]);
    try {
      const response = await fetch(config.upload, { method: "POST", body: data, headers: { "X-CSRFToken": csrf } });
      const answer = await response.json();
      if (!response.ok) throw new Error([answer.message, answer.hint].filter(Boolean).join(""));
      const tile = make("label", "cc-picture");
      const radio = make("input");
      Object.assign(radio, { type: "radio", name: "image", value: answer.id, checked: true });
      const image = make("img");
      Object.assign(image, { src: answer.url + "?thumb=1", alt: answer.name, title: answer.name });
      tile.append(radio, image);
      document.getElementById("cc-pictures").prepend(tile);
      note.textContent = label;
      changed();
    } catch (error) {
      note.textContent = error.message;
    }
    upload.value = "";
  });

  function changed() {
    dirty = true;
    draft?.keep();
    relevant();
    count();
    match();
    refresh();
  }
  form.addEventListener("input", (event) => {
    if (event.target === search || event.target === upload || event.target.name === "confirmed") return;
    changed();
  });
  form.addEventListener("submit", () => {
    dirty = false;
    setTimeout(() => form.querySelectorAll("button[name=action]").forEach((button) => { button.disabled = true; }));
  });
  window.addEventListener("pageshow", () => form.querySelectorAll("button[name=action]").forEach((button) => { button.disabled = false; }));
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  relevant();
  count();
  match();
  refresh();
  draft = ccDraft.open({
    form, chosen, choose, user: config.user,
    onRestored(isDraft) { changed(); dirty = isDraft; },
  });
})();
