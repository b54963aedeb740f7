// Drag a card to another column to change the group's stage. A refusal puts it back with the server's sentence.
(() => {
  const board = document.getElementById("board");
  if (!board || !("mayMove" in board.dataset)) return;
  const message = document.getElementById("board-message");
  const token = () => (document.cookie.match(/(?:^|; )csrftoken=([^;]+)/) || [])[1] || "";
  let card = null;

  const recount = () => {
    for (const column of board.querySelectorAll(".board__column")) {
      const empty = column.querySelector(".board__empty");
      if (empty) empty.hidden = column.querySelector(".board__card") !== null;
    }
  };
  const shift = (column, by) => {
    const total = column.querySelector(".board__total");
    total.textContent = String(Number(total.textContent) + by);
  };

  board.addEventListener("dragstart", (event) => {
    card = event.target.closest(".board__card");
    if (!card) return;
    card.classList.add("is-moving");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.dataset.group);
  });
  board.addEventListener("dragend", () => {
    if (card) card.classList.remove("is-moving");
    card = null;
    for (const column of board.querySelectorAll(".is-target")) column.classList.remove("is-target");
  });
  for (const column of board.querySelectorAll(".board__column")) {
    column.addEventListener("dragover", (event) => { event.preventDefault(); column.classList.add("is-target"); });
    column.addEventListener("dragleave", () => column.classList.remove("is-target"));
    column.addEventListener("drop", async (event) => {
      event.preventDefault();
      const moved = card;
      const home = moved && moved.closest(".board__column");
      if (!moved || home === column) return;
      const next = moved.nextSibling;
      column.querySelector(".board__cards").prepend(moved);
      shift(home, -1); shift(column, 1); recount();
      message.textContent = "";
      const body = new FormData();
      body.set("group", moved.dataset.group);
      body.set("stage", column.dataset.stage);
      let refusal = "";
      try {
        const answer = await fetch(location.href, { method: "POST", body, headers: { "X-CSRFToken": token() } });
        if (!answer.ok) refusal = (await answer.text()).slice(0, 200);
      } catch {
        refusal = board.dataset.offline;
      }
      if (refusal) {
        home.querySelector(".board__cards").insertBefore(moved, next);
        shift(home, 1); shift(column, -1); recount();
        message.textContent = refusal;
      }
    });
  }
})();
