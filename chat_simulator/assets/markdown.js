// Markdown as group robots show it: headings, bold, links, code, quotes, lists, three colours, mentions.
import { el, outward } from "./dom.js";

const INLINE = new RegExp(
  [
    "\\*\\*(?<bold>[^\\n]{1,2000}?)\\*\\*",
    "\\[(?<label>[^\\]\\n]{0,300})\\]\\((?<url>https?://[^\\s)]{1,2000})\\)",
    "`(?<code>[^`\\n]{1,1000})`",
    "<font color=[\"']?(?<color>info|comment|warning)[\"']?>(?<tinted>[^]{0,2000}?)</font>",
    "<@(?<at>[^>\\n]{1,64})>",
    "<at user_id=\"(?<uid>[^\"\\n]{1,64})\">[^<]{0,64}</at>",
    "(?<bare>https?://[^\\s<>\"'，。！？、；：）》」)]{1,1000})",
  ].join("|"),
  "gu",
);

const mention = (id) => el("span", { class: "at" }, `@${id === "all" || id === "@all" ? "所有人" : id}`);

/** The nodes of one line. `rich` false: only mentions and bare links, as in plain text messages. */
export function inline(text, rich = true, depth = 0) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(INLINE)) {
    const parts = found.groups;
    const isRich = parts.bold || parts.url || parts.code || parts.color;
    if ((isRich && !rich) || depth > 4) continue;
    if (found.index > from) nodes.push(text.slice(from, found.index));
    from = found.index + found[0].length;
    if (parts.bold) nodes.push(el("strong", {}, ...inline(parts.bold, rich, depth + 1)));
    else if (parts.url) nodes.push(outward(parts.url, parts.label || parts.url));
    else if (parts.code) nodes.push(el("code", {}, parts.code));
    else if (parts.color) nodes.push(el("span", { class: `c-${parts.color}` }, ...inline(parts.tinted, rich, depth + 1)));
    else if (parts.bare) nodes.push(outward(parts.bare, parts.bare));
    else nodes.push(mention(parts.at ?? parts.uid));
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}

export const mentions = (ids) => ids.map((id) => mention(id)).flatMap((node) => [node, " "]);

/** The blocks of a markdown message, one element a line; neighbouring quotes are joined. */
export function blocks(text) {
  const result = [];
  for (const line of text.split("\n")) {
    const heading = /^(#{1,6})\s+(.*)$/u.exec(line);
    const quote = /^>\s?(.*)$/u.exec(line);
    const item = /^\s*(?:([-*+])|(\d{1,3}[.)]))\s+(.*)$/u.exec(line);
    if (heading) result.push(el(heading[1].length < 3 ? "h3" : "h4", {}, ...inline(heading[2])));
    else if (quote) {
      const last = result.at(-1);
      const content = el("p", {}, ...inline(quote[1]));
      if (last?.tagName === "BLOCKQUOTE") last.append(content);
      else result.push(el("blockquote", {}, content));
    } else if (item) result.push(el("div", { class: "item" }, el("span", {}, item[2] ?? "•"), el("div", {}, ...inline(item[3]))));
    else if (line.trim()) result.push(el("p", {}, ...inline(line)));
    else if (result.length && result.at(-1).tagName !== "BR") result.push(el("br"));
  }
  return result;
}
