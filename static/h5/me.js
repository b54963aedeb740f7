// One's own pages: copying codes, unwrapped gifts that stay so, waiting for a payment.
(() => {
  "use strict";
  const kept = (name) => {
    try {
      return JSON.parse(localStorage.getItem(name));
    } catch {
      return null;
    }
  };
  const keep = (name, value) => {
    try {
      localStorage.setItem(name, JSON.stringify(value));
    } catch {
      // Private browsing: it is only nicer with it.
    }
  };

  for (const button of document.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard) continue;
    const label = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        return; // refused: the code is on the page, to be selected
      }
      button.textContent = button.dataset.copied;
      setTimeout(() => (button.textContent = label), 2000);
    });
  }

  const unwrapped = new Set(kept("unwrapped") || []);
  for (const gift of document.querySelectorAll("details[data-gift]")) {
    if (unwrapped.has(gift.dataset.gift)) gift.open = true;
    gift.querySelector("summary").addEventListener("click", () => gift.classList.add("is-unwrapped"));
    gift.addEventListener("toggle", () => {
      if (!gift.open) return;
      unwrapped.add(gift.dataset.gift);
      keep("unwrapped", [...unwrapped].slice(-200));
    });
  }

  // The page is asked anew when the time of its order is over.
  document.addEventListener("over", (event) => {
    if (event.detail.hasAttribute("data-reload")) setTimeout(() => location.replace(location.pathname), 1500);
  });

  const bill = document.querySelector("[data-watch]");
  const EVERY = 4000;
  const MOST = 1800000;
  const begun = performance.now();
  async function look() {
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(bill.dataset.watch, { headers: { Accept: "application/json" } });
        const found = answer.ok && !answer.redirected ? await answer.json() : null;
        if (found && found.state !== bill.dataset.state) {
          location.replace(found.go);
          return;
        }
      } catch {
        // Offline: the next look may find it.
      }
    }
    if (performance.now() - begun < MOST) setTimeout(look, EVERY);
  }
  if (bill) setTimeout(look, EVERY);

  const wechat = document.querySelector("[data-wechat-pay]");
  if (wechat) {
    const button = wechat.querySelector("[data-pay-now]");
    const said = wechat.querySelector("[data-said]");
    const pay = () => {
      said.textContent = button.dataset.opening;
      window.WeixinJSBridge.invoke("getBrandWCPayRequest", JSON.parse(wechat.dataset.wechatPay), (answer) => {
        const words = { "get_brand_wcpay_request:ok": "checking", "get_brand_wcpay_request:cancel": "cancelled" };
        said.textContent = button.dataset[words[answer.err_msg] || "failed"];
        button.hidden = answer.err_msg === "get_brand_wcpay_request:ok"; // the provider's notice decides, not this
      });
    };
    const ready = () => {
      button.hidden = false;
      pay();
    };
    button.addEventListener("click", pay);
    if (window.WeixinJSBridge) ready();
    else document.addEventListener("WeixinJSBridgeReady", ready);
  }
})();
