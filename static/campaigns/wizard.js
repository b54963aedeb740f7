/* The wizard: panels that follow what is typed, groups by search, only the fields that the rhythm needs. */
"use strict";

const caWizard = (() => {
  const form = document.getElementById("ca-wizard");
  const config = JSON.parse(document.getElementById("ca-config").textContent);
  const words = config.words;
  const csrf = form.elements.csrfmiddlewaretoken.value;
  const slots = document.getElementById("ca-slots");
  const screens = document.getElementById("ca-screens");
  const offline = document.getElementById("ca-offline");
  let dirty = false;
  let draft = null;
  let shown = "before";

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

  /* Only what the rhythm needs. */
  function relevant() {
    form.querySelectorAll("[data-repeats]").forEach((part) => {
      part.hidden = !part.dataset.repeats.split(" ").includes(form.elements.repeat.value);
    });
    document.querySelectorAll(".ca-steps a").forEach((link) => {
      const section = document.querySelector(link.hash);
      link.classList.toggle("ca-wrong", [...section.querySelectorAll(".ca-error")].some((error) => !error.hidden && error.textContent.trim()));
    });
    form.dispatchEvent(new CustomEvent("ca:shown"));
  }

  /* One screen of the phone at a time; the choice survives a refresh. */
  function choose(key) {
    const tabs = [...screens.querySelectorAll("[data-screen]")];
    if (!tabs.some((tab) => tab.dataset.screen === key)) key = tabs[0]?.dataset.screen;
    tabs.forEach((tab) => tab.setAttribute("aria-selected", String(tab.dataset.screen === key)));
    screens.querySelectorAll("[data-of]").forEach((phone) => { phone.hidden = phone.dataset.of !== key; });
  }
  screens.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-screen]");
    if (tab) { shown = tab.dataset.screen; choose(shown); }
  });

  const slotKeys = () => [...slots.querySelectorAll("[data-slot]")].map((slot) => slot.dataset.slot).join("|");

  function putSlots(html) {
    slots.innerHTML = html;
    slots.dispatchEvent(new CustomEvent("ca:slots"));
  }

  /* The panels. Answers that arrive out of order are dropped. */
  let asked = 0;
  async function refresh({ withSlots = false } = {}) {
    const mine = ++asked;
    const data = new FormData(form);
    data.set("mechanic", config.mechanic);
    if (config.campaign) data.set("campaign", config.campaign);
    try {
      const response = await fetch(config.live, { method: "POST", body: data, headers: { "X-CSRFToken": csrf } });
      if (mine !== asked) return;
      if (!response.ok || response.redirected) throw new Error(response.status);
      const answer = await response.json();
      if (mine !== asked) return;
      screens.innerHTML = answer.screens;
      document.getElementById("ca-economics").innerHTML = answer.economics;
      document.getElementById("ca-schedule").innerHTML = answer.schedule;
      const verdict = document.getElementById("ca-verdict");
      const sentence = document.querySelector("[data-testid=economics-sentence]");
      verdict.textContent = sentence.textContent;
      verdict.className = sentence.className.replace("ca-note", "ca-verdict");
      form.querySelectorAll("[data-rule]").forEach((rule) => {
        const error = rule.querySelector("[data-error]");
        error.textContent = answer.errors[rule.dataset.rule] ?? "";
        error.hidden = !error.textContent;
      });
      if (withSlots || answer.slot_keys.join("|") !== slotKeys()) putSlots(answer.slots);
      offline.hidden = true;
      choose(shown);
      relevant();
    } catch {
      if (mine !== asked) return;
      offline.textContent = words.failed;
      offline.hidden = false;
      refreshLater();
    }
  }
  const refreshSoon = later(refresh, 350);
  const refreshLater = later(refresh, 8000);

  /* Rows of prices and ranks. */
  function growPairs(pairs) {
    const rows = pairs.querySelectorAll(".ca-pair:not(.ca-pair-head)");
    const row = rows[rows.length - 1].cloneNode(true);
    row.querySelectorAll("input").forEach((input) => { input.value = ""; });
    pairs.append(row);
    return row;
  }
  form.querySelectorAll("[data-add-pair]").forEach((button) => {
    button.hidden = false;
    button.addEventListener("click", () => growPairs(button.closest("[data-rule]").querySelector("[data-pairs]")).querySelector("input").focus());
  });

  /* Groups by search. */
  const search = document.getElementById("ca-group-search");
  const found = document.getElementById("ca-found");
  const chosen = document.getElementById("ca-chosen");

  function pick(group) {
    if (chosen.querySelector(`[data-id="${CSS.escape(group.id)}"]`)) return;
    const chip = make("span", "ca-pick", group.name);
    chip.dataset.id = group.id;
    const input = Object.assign(make("input"), { type: "hidden", name: "groups", value: group.id });
    const remove = Object.assign(make("button", "", "×"), { type: "button" });
    remove.setAttribute("aria-label", words.remove);
    chip.prepend(input);
    chip.append(remove);
    chosen.append(chip);
  }
  chosen.addEventListener("click", (event) => {
    if (event.target.tagName !== "BUTTON") return;
    event.target.closest("[data-id]").remove();
    changed();
  });
  const find = later(async () => {
    const response = await fetch(`${config.groups}?q=${encodeURIComponent(search.value.trim())}`);
    if (!response.ok || response.redirected) return;
    const answer = await response.json();
    found.replaceChildren(...answer.groups.map((group) => {
      const item = make("li");
      const button = Object.assign(make("button", "", group.name), { type: "button" });
      button.append(make("small", "", group.about));
      button.addEventListener("click", () => { pick({ id: String(group.id), name: group.name }); changed(); });
      item.append(button);
      return item;
    }));
    if (!answer.groups.length) found.append(make("li", "ca-help", words.none));
    if (answer.count > answer.groups.length) found.append(make("li", "ca-help", words.more.replace("%(count)s", answer.count)));
    found.hidden = false;
  }, 200);
  search.addEventListener("input", find);
  search.addEventListener("focus", find);
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); found.querySelector("button")?.click(); }
    if (event.key === "Escape") found.hidden = true;
  });
  document.addEventListener("click", (event) => { if (!event.target.closest(".ca-search")) found.hidden = true; });

  function changed() {
    dirty = true;
    draft?.keep();
    relevant();
    refreshSoon();
  }
  form.addEventListener("input", (event) => { if (event.target !== search) changed(); });
  form.addEventListener("submit", () => {
    dirty = false;
    setTimeout(() => { form.querySelector("[data-testid=save]").disabled = true; });
  });
  window.addEventListener("pageshow", () => { form.querySelector("[data-testid=save]").disabled = false; });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });

  function start({ growGifts }) {
    const grow = (name, count) => {
      const have = () => form.querySelectorAll(`[name="${CSS.escape(name)}"]`).length;
      const rule = form.querySelector(`[data-rule="${CSS.escape(name.replace(/\.[ab]$/, ""))}"] [data-pairs]`);
      if (rule) while (have() < count) growPairs(rule);
      else if (name.startsWith("gift.")) growGifts(name.slice(5), count);
    };
    /* First the rules, so that the server makes their slots; then the gifts into them. */
    async function restore(typed) {
      chosen.replaceChildren();
      typed.groups.forEach(pick);
      caDraft.write(form, typed, grow);
      await refresh();
      caDraft.write(form, typed, grow, (name) => /^(gift|quantity)\./.test(name));
      relevant();
      refresh();
      dirty = true;
    }
    choose(shown);
    relevant();
    draft = caDraft.open({ form, user: config.user, isTyped: config.is_typed, restore });
  }
  return { form, config, csrf, slots, start, changed, refresh };
})();
