// Small ways to make elements. Text always goes in as text, so nothing received can become markup.

/** An element: attributes by name, `class` and `dataset` included; children are nodes or strings. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false || value === null) continue;
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `/assets/icons.svg#${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** A link that opens elsewhere; addresses other than http(s) stay plain text. */
export function outward(address, ...children) {
  if (!/^https?:\/\//i.test(address)) return el("span", {}, ...children);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

const pad = (number) => String(number).padStart(2, "0");

export function clockTime(epoch, seconds = false) {
  const at = new Date(epoch * 1000);
  const short = `${pad(at.getHours())}:${pad(at.getMinutes())}`;
  return seconds ? `${short}:${pad(at.getSeconds())}` : short;
}

/** 今天 / 昨天 / 3月5日 周二 / 2025年3月5日 */
export function dayName(epoch, now = Date.now()) {
  const at = new Date(epoch * 1000);
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const days = Math.round((midnight - new Date(at).setHours(0, 0, 0, 0)) / 86400000);
  if (days === 0) return "今天";
  if (days === 1) return "昨天";
  const date = `${at.getMonth() + 1}月${at.getDate()}日`;
  if (at.getFullYear() !== new Date(now).getFullYear()) return `${at.getFullYear()}年${date}`;
  return `${date} 周${"日一二三四五六"[at.getDay()]}`;
}
