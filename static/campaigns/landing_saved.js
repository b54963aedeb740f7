/* The page was published or scheduled: what the editor kept of it in this tab is let go. */
"use strict";

if (location.hash === "#saved") {
  try {
    const sent = window.sessionStorage.getItem("cl-draft-sent");
    if (sent) window.sessionStorage.removeItem(sent);
    window.sessionStorage.removeItem("cl-draft-sent");
  } catch { /* Switched off in this browser: nothing was kept. */ }
  history.replaceState(history.state, "", location.pathname + location.search);
}
