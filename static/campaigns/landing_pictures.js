/* Pictures of blocks: sent as soon as they are chosen, or taken from those sent before. */
"use strict";

const clPictures = (() => {
  let wanted = "";

  function start(form, { config, csrf, changed, say }) {
    const library = document.getElementById("cl-library");

    function show(name, token, url) {
      const shelf = form.querySelector(`[data-pictures="${CSS.escape(name)}"]`);
      if (!shelf) return;
      if ("one" in shelf.dataset) shelf.replaceChildren();
      if (shelf.children.length >= Number(shelf.dataset.most) && !("one" in shelf.dataset)) return;
      const item = Object.assign(document.createElement("span"), { className: "cl-picture" });
      const field = Object.assign(document.createElement("input"), { type: "hidden", name, value: token });
      const picture = Object.assign(document.createElement("img"), { src: url, alt: "", width: 96, height: 96 });
      const button = Object.assign(document.createElement("button"), { name: "do", value: `unpick:${name}:${token}`, textContent: "×" });
      item.append(field, picture, button);
      shelf.append(item);
    }
    function onShelf(token, url) {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.dataset.token = token;
      button.append(Object.assign(document.createElement("img"), { src: url, alt: "", width: 96, height: 96 }));
      library?.querySelector(".cl-shelf").prepend(button);
    }
    function wrong(name, sentence) {
      const place = form.querySelector(`[data-error="${CSS.escape(name)}"]`);
      if (place) { place.textContent = sentence; place.hidden = !sentence; }
    }

    async function send(input) {
      const name = input.dataset.upload;
      wrong(name, "");
      say(config.words.uploading);
      for (const file of [...input.files]) {
        const body = new FormData();
        body.append("file", file);
        try {
          const response = await fetch(config.upload, { method: "POST", body, headers: { "X-CSRFToken": csrf } });
          const answer = await response.json();
          if (response.ok) { show(name, answer.token, answer.url); onShelf(answer.token, answer.url); }
          else wrong(name, answer.error);
        } catch { wrong(name, config.words.failed); }
      }
      input.value = "";
      say("");
      changed();
    }

    /* Before it reaches the field: the admin's own script would write the file's name into a text field near it. */
    form.addEventListener("change", (event) => {
      if (!event.target.matches("[data-upload]")) return;
      event.stopPropagation();
      send(event.target);
    }, true);
    form.addEventListener("click", (event) => {
      const open = event.target.closest("[data-library]");
      if (open) { wanted = open.dataset.library; library.showModal(); }
      if (event.target.closest("#cl-library [data-close]")) library.close();
      const chosen = event.target.closest("#cl-library [data-token]");
      if (chosen) {
        show(wanted, chosen.dataset.token, chosen.querySelector("img").src);
        library.close();
        changed();
      }
    });
  }
  return { start };
})();
