// One message → one bubble or one system line.
import { clockTime, el, icon, outward } from "./dom.js";
import { blocks, inline, mentions } from "./markdown.js";
import { PLATFORMS, faultWords, refusalWords } from "./words.js";

export function avatar(robot, label, small = false) {
  const badge = el("span", { class: `badge p-${robot.platform}` }, PLATFORMS[robot.platform].mark);
  const first = [...label.replace(/[^\p{L}\p{N}]/gu, "")][0] ?? "群";
  const node = el("span", { class: `avatar tone-${robot.id % 8}${small ? " small" : ""}`, "aria-hidden": "true" }, first);
  if (!small) node.append(badge);
  return node;
}

function picture(address) {
  const art = el("span", { class: "card-art" }, icon("link"));
  let host = "";
  try {
    host = new URL(address).hostname;
  } catch {
    return art;
  }
  if (!["127.0.0.1", "localhost", location.hostname].includes(host)) return art; // other hosts are not called
  const image = el("img", { class: "card-art", src: address, alt: "", loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(art));
  return image;
}

const card = (article) =>
  outwardCard(article.url, el("strong", {}, article.title), article.description ? el("span", {}, article.description) : null, picture(article.picture));

function outwardCard(address, ...children) {
  const node = outward(address, ...children.filter(Boolean));
  node.classList.add("card");
  return node;
}

function imageBubble(message) {
  if (!message.image) return el("div", { class: "bubble" }, "[图片已清理]");
  const image = el("img", { src: message.image, alt: "图片消息", loading: "lazy" });
  image.addEventListener("error", () => image.parentElement.replaceWith(el("span", {}, "[图片无法显示]")));
  return el("div", { class: "bubble image" }, el("button", { type: "button", "data-view": message.image, "aria-label": "放大图片" }, image));
}

const KINDS = {
  text: (message) => {
    const content = el("div", { class: "bubble text" }, ...inline(message.text, false));
    if (message.extra.mentions?.length) content.append(" ", ...mentions(message.extra.mentions));
    return content;
  },
  markdown: (message) => {
    const title = message.extra.title;
    const content = el("div", { class: "bubble" }, ...blocks(message.text));
    if (title && !message.text.includes(title)) content.prepend(el("h3", {}, title));
    if (message.extra.mentions?.length) content.append(el("p", {}, ...mentions(message.extra.mentions)));
    if (message.extra.buttons?.length) {
      content.append(el("div", { class: "buttons" }, ...message.extra.buttons.map((button) => outward(button.url, button.title))));
    }
    return content;
  },
  image: imageBubble,
  news: (message) => el("div", { class: "bubble cards" }, ...(message.extra.cards ?? []).map(card)),
  json: (message) => {
    const headers = Object.entries(message.extra.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
    const content = el("div", { class: "bubble" }, el("pre", {}, message.text));
    if (headers.length) content.append(el("details", { class: "more" }, el("summary", {}, "请求头"), el("pre", {}, headers.join("\n"))));
    return content;
  },
};

function systemLine(message, robot) {
  const words = message.fault ? faultWords(message) : refusalWords(robot.platform, message.code);
  const summary = el("summary", {}, el("time", {}, clockTime(message.at, true)), words);
  const details = el("details", { class: message.fault ? "fault" : "" }, summary);
  if (message.reason) details.append(el("code", {}, message.reason));
  if (message.text) details.append(el("pre", {}, message.text));
  if (!message.reason && !message.text) details.append(el("code", {}, "没有更多内容"));
  return el("li", { class: "system", "data-id": message.id }, details);
}

/** The list item for a message of this robot. */
export function bubble(message, robot) {
  if (!message.accepted) return systemLine(message, robot);
  const meta = el("div", { class: "message-meta" }, el("span", {}, robot.name), el("span", { class: "tag plain" }, "机器人"), el("time", {}, clockTime(message.at, true)));
  if (message.chat) meta.append(el("span", { class: "tag plain" }, message.chat));
  const body = el("div", { class: "message-body" }, meta, (KINDS[message.kind] ?? KINDS.text)(message));
  if (message.fault) body.append(el("div", { class: "note" }, faultWords(message)));
  return el("li", { class: "message", "data-id": message.id }, avatar(robot, robot.name, true), body);
}
