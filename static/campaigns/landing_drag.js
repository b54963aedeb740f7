/* Moving blocks: by a finger or a mouse on the grip, by arrow keys on it, by the two arrow buttons. */
"use strict";

const clDrag = (() => {
  const sectionOf = (list) => list.dataset.blocks;
  const accepts = (block, list) => block.dataset.sections.split(" ").includes(sectionOf(list));

  function settle(block, list) {
    const field = block.querySelector("[data-in-section]");
    field.value = sectionOf(list);
  }

  function step(block, by) {
    const other = by < 0 ? block.previousElementSibling : block.nextElementSibling;
    if (!other) return false;
    if (by < 0) other.before(block); else other.after(block);
    return true;
  }

  function place(block) {
    const all = [...document.querySelectorAll(".cl-sections [data-block]")];
    return { place: all.indexOf(block) + 1, count: all.length };
  }

  function start(form, { moved }) {
    const lists = [...form.querySelectorAll("[data-blocks]")];
    let held = null;

    function over(x, y) {
      const list = lists.find((one) => {
        const box = one.closest(".cl-section").getBoundingClientRect();
        return y >= box.top && y <= box.bottom && x >= box.left && x <= box.right;
      });
      if (!list || !accepts(held, list)) return;
      const next = [...list.children].find((one) => {
        if (one === held) return false;
        const box = one.getBoundingClientRect();
        return y < box.top + box.height / 2;
      });
      if (next) { if (next.previousElementSibling !== held) next.before(held); }
      else if (list.lastElementChild !== held) list.append(held);
      settle(held, list);
    }
    function release() {
      if (!held) return;
      const block = held;
      held = null;
      block.classList.remove("cl-held");
      lists.forEach((list) => list.classList.remove("cl-refuses"));
      moved(block, place(block));
    }
    form.addEventListener("pointerdown", (event) => {
      const grip = event.target.closest("[data-grip]");
      if (!grip || event.button) return;
      event.preventDefault();
      grip.focus();
      held = grip.closest("[data-block]");
      held.classList.add("cl-held");
      lists.forEach((list) => list.classList.toggle("cl-refuses", !accepts(held, list)));
    });
    document.addEventListener("pointermove", (event) => {
      if (!held) return;
      const edge = 60;
      if (event.clientY < edge) window.scrollBy(0, -12);
      if (event.clientY > window.innerHeight - edge) window.scrollBy(0, 12);
      over(event.clientX, event.clientY);
    });
    document.addEventListener("pointerup", release);
    document.addEventListener("pointercancel", release);

    form.addEventListener("keydown", (event) => {
      const grip = event.target.closest("[data-grip]");
      if (!grip || !["ArrowUp", "ArrowDown"].includes(event.key)) return;
      event.preventDefault();
      const block = grip.closest("[data-block]");
      if (step(block, event.key === "ArrowUp" ? -1 : 1)) {
        grip.focus();
        moved(block, place(block));
      }
    });
    form.querySelectorAll("[data-grip]").forEach((grip) => { grip.hidden = false; });
  }
  return { start, step, settle, place };
})();
