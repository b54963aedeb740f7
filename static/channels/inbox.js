// Copy a card's text; ask once more before ticking it off. Without this script the buttons still work.
(() => {
  const page = document.querySelector(".ch-inbox");
  if (!page) return;

  const copy = async (text, source) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Not a secure context, or refused: select it, so that a long press copies.
      const range = document.createRange();
      range.selectNodeContents(source);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      return document.execCommand("copy");
    }
  };

  page.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = button.closest(".ch-card").querySelector(".ch-text");
    if (!(await copy(source.textContent, source))) return;
    const label = button.textContent;
    button.textContent = page.dataset.copied;
    setTimeout(() => { button.textContent = label; }, 1500);
  });

  page.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-confirm]");
    if (!form) return;
    const button = form.querySelector("button");
    if (button.classList.contains("is-asking")) return;
    event.preventDefault();
    const label = button.textContent;
    button.textContent = page.dataset.sure;
    button.classList.add("is-asking");
    setTimeout(() => {
      button.textContent = label;
      button.classList.remove("is-asking");
    }, 4000);
  });
})();
