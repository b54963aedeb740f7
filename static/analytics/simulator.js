// Plays again a moment after something was changed, without losing the place on the page.
(() => {
  "use strict";

  const form = document.getElementById("lab-form");
  if (!form) return;
  const place = sessionStorage.getItem("lab-place");
  if (place !== null) {
    sessionStorage.removeItem("lab-place");
    const [top, open] = JSON.parse(place);
    form.querySelectorAll("details").forEach((box, index) => { if (index in open) box.open = open[index]; });
    window.scrollTo(0, top);
  }
  const busy = () => {
    form.classList.add("lab-busy");
    const open = [...form.querySelectorAll("details")].slice(0, form.querySelectorAll(".lab-form details").length).map((box) => box.open);
    sessionStorage.setItem("lab-place", JSON.stringify([window.scrollY, open]));
  };
  form.addEventListener("submit", busy);
  form.addEventListener("change", () => form.requestSubmit(form.querySelector("[data-testid=play]")));
  form.addEventListener("click", (event) => {
    const add = event.target.closest("[data-add-pair]");
    if (!add) return;
    const pairs = add.previousElementSibling;
    const row = pairs.querySelector(".ca-pair:last-child").cloneNode(true);
    row.querySelectorAll("input").forEach((field) => { field.value = ""; });
    pairs.append(row);
  });
  form.querySelectorAll("[data-add-pair]").forEach((button) => { button.hidden = false; });
})();
