// Draws every chart of a page from its JSON, in the page's colours, and draws it anew when those change.
(() => {
  "use strict";

  const language = document.documentElement.lang || "zh-hans";
  const locale = language.startsWith("en") ? "en" : "zh-CN";
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const number = (digits) => new Intl.NumberFormat(locale, { maximumFractionDigits: digits });
  const [whole, tenths, cents] = [number(0), number(1), number(2)];

  /** A value by its unit. Shares come as fractions. */
  function say(value, unit) {
    if (value === null || value === undefined || value === "-" || Number.isNaN(value)) return "—";
    switch (unit) {
      case "percent": return `${tenths.format(value * 100)}%`;
      case "money": return `${value < 0 ? "-" : ""}¥${cents.format(Math.abs(value))}`;
      case "ratio": return cents.format(value);
      case "days": case "hours": return tenths.format(value);
      default: return Number.isInteger(value) ? whole.format(value) : tenths.format(value);
    }
  }

  /** Shorter, for axes. */
  function sayShort(value, unit) {
    if (unit === "percent" || Math.abs(value) < 10000) return say(value, unit).replace(/\.00$/, "");
    const short = new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }).format(value);
    return unit === "money" ? `¥${short}` : short;
  }

  const list = (value) => (Array.isArray(value) ? value : value ? [value] : []);
  const isNarrow = () => window.innerWidth < 640;

  function dressAxis(axis, colours) {
    axis.axisLine = { lineStyle: { color: colours.line }, ...axis.axisLine };
    axis.splitLine = { lineStyle: { color: colours.line, opacity: 0.6 }, ...axis.splitLine };
    axis.axisLabel = { color: colours.dim, hideOverlap: true, ...axis.axisLabel };
    axis.nameTextStyle = { color: colours.dim, ...axis.nameTextStyle };
    if (axis.type === "value") {
      if (axis.unit) axis.axisLabel.formatter = (value) => sayShort(value, axis.unit);
      if (["people", "count"].includes(axis.unit)) axis.minInterval = 1;
    } else if (axis.type === "category") {
      axis.splitLine = { show: false };
    }
    return axis;
  }

  /** Heat maps: the words of a cell and the colours of the scale. */
  function dressHeat(option, colours) {
    const [drawn] = option.series;
    option.visualMap = { calculable: false, orient: "horizontal", left: "center", bottom: 0, itemHeight: 120, itemWidth: 12,
      textStyle: { color: colours.dim }, inRange: { color: [colours.low, colours.mid, colours.high] },
      formatter: (value) => sayShort(value, option.visualMap.unit), ...option.visualMap };
    option.grid.bottom = 48;
    drawn.itemStyle = { borderColor: colours.face, borderWidth: 1, ...drawn.itemStyle };
    option.tooltip.formatter = (point) => {
      const [column, row, value] = point.value;
      return `${escape(option.yAxis[0].data[row])} · ${escape(option.xAxis[0].data[column])}<br><b>${say(value, drawn.unit)}</b>`;
    };
  }

  function escape(text) {
    const box = document.createElement("span");
    box.textContent = text;
    return box.innerHTML;
  }

  function dressSeries(series, option, colours) {
    if (series.unit) series.tooltip = { valueFormatter: (value) => say(Array.isArray(value) ? value.at(-1) : value, series.unit), ...series.tooltip };
    if (series.type === "line") {
      series.showSymbol = series.data.length < 32;
      series.symbolSize = 5;
    }
    if (series.type === "bar") series.barMaxWidth = 36;
    if (series.type === "funnel") {
      const top = Math.max(...series.data.map((step) => step.value), 1);
      Object.assign(series, { top: 8, bottom: 8, left: "4%", width: "92%", max: top, minSize: "2%", gap: 3 });
      series.label = { position: "inside", color: colours.text, textBorderColor: colours.face, textBorderWidth: 3,
        formatter: (step) => `${step.name}  ${say(step.value, series.unit)}`, ...series.label };
      series.tooltip.formatter = (step) => `${escape(step.name)}<br><b>${say(step.value, series.unit)}</b>`;
    }
    if (series.type === "scatter") {
      // Each dot is [x, y, size]: its area is in proportion to the size.
      const most = Math.max(1, ...option.series.flatMap((one) => one.data.map((dot) => dot.value[2] || 0)));
      series.symbolSize = (value) => 8 + 34 * Math.sqrt((value[2] || 0) / most);
      series.itemStyle = { opacity: 0.75, ...series.itemStyle };
      const [across, up] = [list(option.xAxis)[0], list(option.yAxis)[0]];
      series.tooltip = { formatter: (dot) => `${escape(dot.name)}<br>${escape(across.name)} <b>${say(dot.value[0], across.unit)}</b><br>${escape(up.name)} <b>${say(dot.value[1], up.unit)}</b>` };
    }
    if (["sankey", "tree", "graph"].includes(series.type)) series.label = { color: colours.text, ...series.label };
    return series;
  }

  function dressed(given) {
    const option = structuredClone(given);
    const colours = { text: css("--an-text"), dim: css("--an-dim"), line: css("--an-line"), face: css("--an-face"),
      low: css("--an-low"), mid: css("--an-mid"), high: css("--an-high") };
    option.color = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => css(`--an-c${n}`));
    option.backgroundColor = "transparent";
    option.textStyle = { fontFamily: getComputedStyle(document.body).fontFamily, color: colours.text };
    option.animationDuration = window.matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 300;
    option.aria = { enabled: true, decal: { show: false } };
    option.tooltip = { confine: true, backgroundColor: colours.face, borderColor: colours.line, textStyle: { color: colours.text }, ...option.tooltip };
    option.series = list(option.series).map((series) => dressSeries(series, option, colours));
    if (option.xAxis) {
      option.xAxis = list(option.xAxis).map((axis) => dressAxis({ nameLocation: "middle", nameGap: 28, ...axis }, colours));
      option.yAxis = list(option.yAxis).map((axis) => dressAxis({ ...axis }, colours));
      // Long names beside bars would leave no room for the bars.
      option.yAxis.filter((axis) => axis.type === "category").forEach((axis) => {
        Object.assign(axis, { name: "", axisLabel: { width: isNarrow() ? 88 : 180, overflow: "truncate", ...axis.axisLabel } });
      });
      const hasLegend = option.legend && option.legend.show !== false;
      option.grid = { left: 8, right: 16, top: hasLegend ? 44 : 28, bottom: option.xAxis.some((axis) => axis.name) ? 28 : 8,
        outerBoundsMode: "same", outerBoundsContain: "axisLabel", ...option.grid };
    }
    if (option.legend) {
      option.legend = { type: "scroll", top: 0, left: 0, right: 0, textStyle: { color: colours.text }, pageTextStyle: { color: colours.dim }, pageIconColor: colours.dim, ...option.legend };
    }
    if (option.visualMap) dressHeat(option, colours);
    if (isNarrow() && option.xAxis) option.xAxis.forEach((axis) => { if (axis.type === "category") axis.axisLabel.rotate = axis.data.some((name) => name.length > 5) ? 45 : 0; });
    return option;
  }

  function draw(box) {
    const given = document.getElementById(`chart-data-${box.dataset.chart}`);
    if (!given) return;
    const chart = echarts.getInstanceByDom(box) || echarts.init(box, null, { locale: locale === "en" ? "EN" : "ZH" });
    chart.setOption(dressed(JSON.parse(given.textContent)), true);
    box.dataset.drawn = "yes";
  }

  const boxes = () => document.querySelectorAll("[data-chart]");
  const drawAll = () => boxes().forEach(draw);

  function savePicture(key) {
    const chart = echarts.getInstanceByDom(document.querySelector(`[data-chart="${CSS.escape(key)}"]`));
    const link = document.createElement("a");
    link.href = chart.getDataURL({ type: "png", pixelRatio: 2, backgroundColor: css("--an-face") });
    link.download = `${document.getElementById(`an-title-${key}`).textContent}.png`;
    link.click();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-png]");
    if (button) savePicture(button.dataset.png);
    if (event.target.closest("[data-print]")) window.print();
    if (event.target.closest("[data-fullscreen]")) document.documentElement.requestFullscreen?.();
    document.querySelectorAll(".an-menu[open]").forEach((menu) => { if (!menu.contains(event.target)) menu.open = false; });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") document.querySelectorAll(".an-menu[open]").forEach((menu) => { menu.open = false; });
  });

  // A page that lives by itself fetches itself anew; a lost server is said, the figures stay.
  const page = document.querySelector(".an-page");
  const every = Number(page?.dataset.refresh || 0);
  async function refresh() {
    const stale = page.querySelector("[data-stale]");
    try {
      const answer = await fetch(location.href, { headers: { "X-Requested-With": "fetch" } });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".an-page");
      boxes().forEach((box) => echarts.getInstanceByDom(box)?.dispose());
      page.replaceChildren(...fresh.childNodes);
      drawAll();
    } catch {
      if (stale) stale.hidden = false;
    }
  }
  if (every) setInterval(() => { if (!document.hidden && !document.querySelector(".an-menu[open], .an-behind[open]")) refresh(); }, every * 1000);

  // Dates that somebody changed mean the range of one's own; untouched they must not stand in the address.
  document.querySelectorAll("[data-filters]").forEach((form) => {
    const preset = form.elements.preset;
    const dates = form.querySelectorAll("[data-custom]");
    dates.forEach((field) => field.addEventListener("change", () => { preset.value = "custom"; }));
    form.addEventListener("submit", () => {
      if (preset && preset.value !== "custom") dates.forEach((field) => { field.disabled = true; });
      form.querySelectorAll("select").forEach((field) => { field.disabled = !field.value; });
    });
    form.querySelectorAll("select").forEach((field) => field.addEventListener("change", () => form.requestSubmit()));
  });

  let waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => boxes().forEach((box) => echarts.getInstanceByDom(box)?.resize()), 100);
  });
  new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["class"] });
  window.addEventListener("beforeprint", () => boxes().forEach((box) => echarts.getInstanceByDom(box)?.resize()));
  window.analyticsBoard = { drawAll, refresh, say };
  drawAll();
})();
