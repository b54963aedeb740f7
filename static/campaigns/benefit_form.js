/* A gift's form shows only what its kind needs; hidden fields keep their values and are sent all the same. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const kind = document.querySelector("#id_kind");
  const couponKind = document.querySelector("#id_coupon_kind");
  const NEEDS = {
    physical: ["stock", "low_stock"],
    code: ["low_stock"],
    coupon: ["stock", "low_stock"],
    points: ["amount", "stock", "low_stock"],
    membership: ["amount", "stock", "low_stock"],
    red_packet: ["provider", "daily_limit", "stock", "low_stock"],
  };
  const ALL = ["stock", "low_stock", "amount", "provider", "daily_limit"];

  function show(name, wanted) {
    const box = document.querySelector(`#id_${name}`)?.closest(".field-line");
    if (box) box.hidden = !wanted;
  }
  function apply() {
    const value = kind?.value;
    show("coupon_cap", couponKind?.value === "percent");
    if (!(value in NEEDS)) return; // a fixed kind: the server has left out the rest
    ALL.forEach((name) => show(name, NEEDS[value].includes(name)));
    document.querySelectorAll(".ca-coupon-terms").forEach((box) => { box.hidden = value !== "coupon"; });
  }
  kind?.addEventListener("change", apply);
  couponKind?.addEventListener("change", apply);
  apply();
});
