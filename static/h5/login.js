// Until a new code may be asked for, the countdown stands in the button's place; without script the button stays.
(() => {
  "use strict";
  const button = document.querySelector("[data-resend]");
  const waiting = document.querySelector("[data-waiting]");
  if (!button || !waiting) return;
  const clock = waiting.querySelector("[data-until]");
  const show = (isWaiting) => {
    waiting.hidden = !isWaiting;
    button.hidden = isWaiting;
  };
  show(!clock.dataset.over);
  document.addEventListener("over", (event) => {
    if (event.detail === clock) show(false);
  });
})();
