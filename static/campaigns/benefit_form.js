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
  const shown = document.querySelector(".field-kind .readonly");

  const cell = (name) => document.querySelector(`#id_${name}`)?.closest(`.field-${name}`) ?? document.querySelector(`.field-${name}`);
  function show(name, wanted) {
    const field = document.querySelector(`#id_${name}`);
    const box = field?.closest(".field-line, .form-row-field, [class*='field-']") ?? cell(name);
    if (box) box.hidden = !wanted;
  }
  function apply() {
    const value = kind ? kind.value : document.body.dataset.kind || "";
    if (!value || !(value in NEEDS)) return;
    ALL.forEach((name) => show(name, NEEDS[value].includes(name)));
    document.querySelectorAll(".ca-coupon-terms").forEach((box) => { box.hidden = value !== "coupon"; });
    show("coupon_cap", couponKind?.value === "percent");
  }
  kind?.addEventListener("change", apply);
  couponKind?.addEventListener("change", apply);
  if (!kind && shown) {
    // The kind is fixed once something was given: coupons' terms are the one block that is hidden for all others.
    const hasCoupon = Boolean(couponKind?.value);
    document.querySelectorAll(".ca-coupon-terms").forEach((box) => { box.hidden = !hasCoupon; });
  }
  apply();
});
