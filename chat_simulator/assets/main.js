// The page: the list on the left, one conversation on the right, live updates in between.
import { avatar, bubble } from "./bubbles.js";
import { clockTime, dayName, el, icon } from "./dom.js";
import { Panel } from "./panel.js";
import { PLATFORMS, faultName, refusalWords, titleOf } from "./words.js";

const MAX_ROWS = 200;
const MAX_BUBBLES = 400;
const $ = (id) => document.getElementById(id);
const state = { robots: new Map(), unread: new Map(), chosen: 0, filter: "", loaded: false, auto: false, newestId: 0 };

async function ask(path) {
  const response = await fetch(path);
  if (!response.ok) throw new Error(`HTTP ${response.status}`);
  return response.json();
}

// ── list ──────────────────────────────────────────────────────────────────────────────
function previewWords(robot) {
  const last = robot.last;
  if (!last) return "还没有消息";
  if (!last.accepted) return last.fault ? `未收下：${faultName(last.fault)}` : refusalWords(robot.platform, last.code);
  const label = { news: "[链接] ", image: "" }[last.kind] ?? "";
  return label + last.text.replace(/<[^>]{0,80}>|[*`#>]|\[([^\]]*)\]\([^)]*\)/gu, "$1").replace(/\s+/gu, " ");
}

function row(robot) {
  const unread = state.unread.get(robot.id) ?? 0;
  const last = robot.last;
  const when = last ? (dayName(last.at) === "今天" ? clockTime(last.at) : dayName(last.at).replace(/ .*/u, "")) : "";
  return el("li", {}, el("a", { class: "chat-row", href: `#/${robot.id}`, "aria-current": robot.id === state.chosen ? "true" : undefined },
    avatar(robot, titleOf(robot)),
    el("span", { class: "row-name" }, titleOf(robot)), el("span", { class: "row-time" }, when),
    el("span", { class: `row-last${last && !last.accepted ? " refused" : ""}` }, previewWords(robot)),
    unread ? el("span", { class: "row-unread", "aria-label": `${unread} 条未读` }, unread > 99 ? "99+" : String(unread)) : null));
}

function drawList() {
  const words = $("search").value.trim().toLowerCase();
  const fits = (robot) => (!state.filter || robot.platform === state.filter) &&
    (!words || [robot.name, ...robot.groups].some((text) => text.toLowerCase().includes(words)));
  const found = [...state.robots.values()].filter(fits)
    .sort((a, b) => (b.last?.at ?? 0) - (a.last?.at ?? 0) || a.id - b.id);
  const focused = document.activeElement?.closest?.(".chat-row")?.hash;
  $("chats").replaceChildren(...found.slice(0, MAX_ROWS).map(row));
  if (focused) [...$("chats").querySelectorAll("a")].find((link) => link.hash === focused)?.focus();
  const note = $("list-note");
  note.hidden = found.length > 0 && found.length <= MAX_ROWS;
  note.textContent = found.length ? `还有 ${found.length - MAX_ROWS} 个群，搜索可找到它们。` : state.robots.size ? "没有符合的群，换个词试试。" : "还没有群。";
  const unread = [...state.unread.values()].reduce((sum, count) => sum + count, 0);
  document.title = unread ? `(${unread}) 群聊模拟器` : "群聊模拟器";
}

function drawFilters() {
  const present = Object.keys(PLATFORMS).filter((name) => [...state.robots.values()].some((robot) => robot.platform === name));
  const button = (name, label, title) => el("button", { type: "button", title, "aria-label": title, "aria-pressed": String(state.filter === name),
    onclick: () => { state.filter = name; drawFilters(); drawList(); } }, label);
  $("filters").replaceChildren(button("", "全部", "全部平台"), ...(present.length > 1 ? present.map((name) => button(name, PLATFORMS[name].mark, PLATFORMS[name].name)) : []));
}

// ── conversation ──────────────────────────────────────────────────────────────────────
let lastDay = "";

function append(message, robot) {
  const day = dayName(message.at);
  if (day !== lastDay) {
    lastDay = day;
    $("bubbles").append(el("li", { class: "day" }, day));
  }
  $("bubbles").append(bubble(message, robot));
  state.newestId = message.id;
  while ($("bubbles").children.length > MAX_BUBBLES) $("bubbles").firstElementChild.remove();
}

const nearEnd = () => $("scroll").scrollHeight - $("scroll").scrollTop - $("scroll").clientHeight < 120;
function toEnd() {
  $("scroll").scrollTop = $("scroll").scrollHeight;
  $("newest").hidden = true;
}

function drawHead(robot) {
  const platform = PLATFORMS[robot.platform];
  $("chat-name").textContent = titleOf(robot);
  const more = robot.groups.length > 1 ? ` · 共 ${robot.groups.length} 个群` : "";
  $("chat-about").replaceChildren(el("span", { class: `tag p-${robot.platform}` }, platform.name),
    el("span", {}, `${robot.name}${more}${robot.hint ? ` · 密钥尾号 ${robot.hint}` : ""}${robot.signed ? " · 已加签" : ""}`));
  if (robot.state !== "active") $("chat-about").append(el("span", { class: "tag bad" }, robot.state === "removed" ? "已移出群" : "已停用"));
  const share = robot.limit ? Math.min(1, robot.used / robot.limit) : 0;
  const blocked = robot.blocked_for > 0;
  $("quota").dataset.level = blocked || share >= 1 ? "full" : share >= 0.75 ? "high" : "";
  $("quota-text").textContent = blocked ? `限流中 ${Math.ceil(robot.blocked_for)} 秒` : robot.limit ? `近一分钟 ${robot.used}/${robot.limit}` : `近一分钟 ${robot.used}`;
  $("quota-fill").style.width = `${blocked ? 100 : share * 100}%`;
  $("quota").querySelector(".quota-bar").hidden = !robot.limit;
}

async function refreshHead() {
  const id = state.chosen;
  if (!id || document.hidden) return;
  try {
    const robot = await ask(`/_page/robot?id=${id}`);
    if (id !== state.chosen) return;
    state.robots.set(id, robot);
    drawHead(robot);
    panel.show(robot);
    const follow = nearEnd();
    $("banner").hidden = !robot.faults.length;
    $("banner").textContent = `故障演练中：${robot.faults.map((fault) => faultName(fault.kind)).join("、")}`;
    if (follow) toEnd();
  } catch {
    // the live channel says when the server is away
  }
}

function emptyBubble(robot) {
  const address = `${location.origin}${PLATFORMS[robot.platform].path}${robot.hint ? `…${robot.hint}` : ""}`;
  return [icon("chat"), el("h2", {}, "这个群还没有消息"), el("p", {}, "在群策里给它排一条内容，到点就会出现在这里；任何程序按平台协议调用下面的地址也可以。"), el("pre", {}, `POST ${address}`)];
}

function teaching() {
  const body = `{"msgtype":"text","text":{"content":"大家好"}}`;
  const curl = `curl '${location.origin}/cgi-bin/webhook/send?key=demo-robot-1' \\\n  -H 'Content-Type: application/json' -d '${body}'`;
  const first = state.auto ? "用任意 key（8 位以上）调用，机器人会自动登记" : "先登记机器人：POST /_control/robots";
  return [icon("chat"), el("h2", {}, "还没有机器人"), el("p", {}, "这里是一个本地聊天平台，按真实平台的规矩收消息：限流、签名、大小都一样。"),
    el("ol", {}, el("li", {}, first), el("li", {}, "把群策的渠道地址指到这里"), el("li", {}, "消息到了，群就会出现在左边")), el("pre", {}, curl)];
}

async function choose(id) {
  const robot = state.robots.get(id);
  state.chosen = robot ? id : 0;
  $("app").classList.toggle("in-chat", Boolean(robot));
  $("app").classList.toggle("is-empty", state.loaded && !state.robots.size);
  if (!robot) togglePanel(false);
  for (const name of ["chat-head", "scroll", "chat-foot"]) $(name).hidden = !robot;
  $("welcome").hidden = Boolean(robot);
  $("banner").hidden = true;
  $("newest").hidden = true;
  if (!robot) {
    const hint = [icon("chat"), el("h2", {}, "选一个群，看消息到达"), el("p", {}, "新消息会实时出现，不用刷新。")];
    $("welcome").replaceChildren(...(state.robots.size ? hint : state.loaded ? teaching() : []));
    return drawList();
  }
  state.unread.delete(id);
  drawHead(robot);
  drawList();
  const { messages } = await ask(`/_page/messages?id=${id}`);
  if (state.chosen !== id) return undefined;
  lastDay = "";
  state.newestId = 0;
  $("bubbles").replaceChildren();
  messages.forEach((message) => append(message, robot));
  showEmptiness(robot, messages.length === 0);
  toEnd();
  return refreshHead();
}

function showEmptiness(robot, isEmpty) {
  $("welcome").hidden = !isEmpty;
  $("scroll").hidden = isEmpty;
  if (isEmpty) $("welcome").replaceChildren(...emptyBubble(robot));
}

const panel = new Panel($("panel"), { changed: refreshHead, close: () => togglePanel(false) });
function togglePanel(open) {
  $("panel").hidden = !open;
  $("app").classList.toggle("with-panel", open);
  $("panel-toggle").setAttribute("aria-expanded", String(open));
}

// ── live ──────────────────────────────────────────────────────────────────────────────
async function load() {
  const { robots, auto_register: auto } = await ask("/_page/state");
  state.robots = new Map(robots.map((robot) => [robot.id, robot]));
  state.auto = auto;
  state.loaded = true;
  drawFilters();
  await choose(Number(location.hash.slice(2)) || 0);
}

function receive({ messages, robots }) {
  const known = robots.every((robot) => state.robots.has(robot.id));
  robots.forEach((robot) => state.robots.set(robot.id, { ...state.robots.get(robot.id), ...robot }));
  if (!known) drawFilters();
  const follow = nearEnd();
  for (const message of messages) {
    if (message.robot_id === state.chosen) {
      if (message.id <= state.newestId) continue;
      if ($("scroll").hidden) showEmptiness(null, false);
      append(message, state.robots.get(message.robot_id));
      $("newest").hidden = follow;
    }
    const isSeen = message.robot_id === state.chosen && !document.hidden;
    if (message.accepted && !isSeen) state.unread.set(message.robot_id, (state.unread.get(message.robot_id) ?? 0) + 1);
  }
  if (follow) toEnd();
  drawList();
  if (robots.some((robot) => robot.id === state.chosen)) refreshHead();
}

function listen() {
  const source = new EventSource("/_page/events");
  const show = (mode, words) => { $("live").dataset.state = mode; $("live").lastElementChild.textContent = words; };
  source.addEventListener("open", () => { show("on", "实时"); load().catch(() => show("off", "已断开")); });
  source.addEventListener("error", () => show("off", "重连中"));
  source.addEventListener("messages", (event) => receive(JSON.parse(event.data)));
  source.addEventListener("resync", () => load().catch(() => show("off", "已断开")));
}

window.addEventListener("hashchange", () => choose(Number(location.hash.slice(2)) || 0));
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && state.chosen && state.unread.delete(state.chosen)) drawList();
});
$("search").addEventListener("input", drawList);
$("newest").addEventListener("click", toEnd);
$("scroll").addEventListener("scroll", () => { if (nearEnd()) $("newest").hidden = true; });
$("panel-toggle").addEventListener("click", () => togglePanel($("panel").hidden));
$("bubbles").addEventListener("click", (event) => {
  const button = event.target.closest("[data-view]");
  if (!button) return;
  $("viewer-image").src = button.dataset.view;
  $("viewer").showModal();
});
$("viewer").addEventListener("click", () => $("viewer").close());
setInterval(refreshHead, 2000);
listen();
