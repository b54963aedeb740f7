"use strict";
// The import wizard: everything here makes it livelier; without it every step still works.

function dropArea(area) {
  const input = area.querySelector("input[type=file]");
  const name = area.querySelector("[data-drop-name]");
  const show = () => {
    name.textContent = input.files.length ? input.files[0].name : name.dataset.empty;
  };
  // Captured above the input: Unfold's own listener on it expects a text field beside every file field.
  area.addEventListener(
    "change",
    (event) => {
      event.stopPropagation();
      show();
    },
    true,
  );
  for (const kind of ["dragenter", "dragover"]) {
    area.addEventListener(kind, (event) => {
      event.preventDefault();
      area.classList.add("im-drop--over");
    });
  }
  area.addEventListener("dragleave", () => area.classList.remove("im-drop--over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    area.classList.remove("im-drop--over");
    if (event.dataTransfer.files.length) {
      input.files = event.dataTransfer.files;
      show();
    }
  });
  show();
}

function livePreview(form) {
  const place = form.querySelector("[data-preview]");
  let latest = 0;
  form.addEventListener("change", async (event) => {
    if (!event.target.matches("select")) return;
    const mine = ++latest;
    const query = new URLSearchParams(new FormData(form));
    query.delete("csrfmiddlewaretoken");
    const answer = await fetch(`${form.dataset.livePreview}?${query}`, { credentials: "same-origin" });
    // A slower, older answer must not replace a newer one.
    if (answer.ok && mine === latest) place.innerHTML = await answer.text();
  });
}

function mapping(form) {
  form.addEventListener("change", (event) => {
    const pair = event.target.closest(".im-pair");
    if (pair) pair.classList.toggle("im-pair--off", !event.target.value);
  });
}

function busyButtons(form) {
  form.addEventListener("submit", () => {
    const button = form.querySelector("[data-busy]");
    if (!button) return;
    button.textContent = button.dataset.busy;
    // Disabled in the next turn: a disabled button would not be sent.
    setTimeout(() => { button.disabled = true; }, 0);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
}

function progress(section) {
  const bar = section.querySelector("[data-bar]");
  const phase = section.querySelector("[data-phase]");
  const rows = section.querySelector("[data-rows]");
  const tick = async () => {
    try {
      const answer = await fetch(section.dataset.progress, { credentials: "same-origin" });
      if (answer.ok) {
        const now = await answer.json();
        bar.value = now.percent;
        phase.textContent = now.label;
        rows.textContent = now.counts_rows ? `${now.done.toLocaleString()} / ${now.total.toLocaleString()}` : "";
        if (now.next) {
          window.location.replace(now.next);
          return;
        }
      }
    } catch {
      // The network is away for a moment: ask again.
    }
    setTimeout(tick, 1000);
  };
  tick();
}

document.querySelectorAll("[data-drop]").forEach(dropArea);
document.querySelectorAll("[data-live-preview]").forEach(livePreview);
document.querySelectorAll("[data-mapping]").forEach(mapping);
document.querySelectorAll(".im-page form").forEach(busyButtons);
document.querySelectorAll("[data-progress]").forEach(progress);
