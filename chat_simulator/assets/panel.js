// The fault panel: try what a platform does on a bad day.
import { el, icon } from "./dom.js";
import { PLATFORMS, faultName } from "./words.js";

const CHOICES = [
  ["收下之后出错", "消息已经进群，发送方却不知道：重发就会重复。", [
    ["收下后挂起", "进群，但不回应", { kind: "hang_after_accept" }, true],
    ["收下后断开", "进群，连接重置", { kind: "reset_after_accept" }, true],
    ["收下后截断", "进群，回应给一半", { kind: "truncated_after_accept" }, true],
    ["回应慢 3 秒", "进群，回应迟到", { kind: "slow", ms: 3000 }],
  ]],
  ["没有收下", "消息不会进群。", [
    ["挂起", "一直不回应", { kind: "hang" }],
    ["断开", "连接重置", { kind: "reset" }],
    ["限流", "平台说发得太快", { kind: "refuse", code: "rate" }],
    ["移出群", "机器人失效", { kind: "refuse", code: "gone" }],
    ["乱码", "回应不是 JSON", { kind: "garbage" }],
    ["网页", "200，却是 HTML", { kind: "html" }],
    ["空回应", "200，什么都没有", { kind: "empty" }],
    ["HTTP 500", "服务器出错", { kind: "http_status", code: 500 }],
    ["HTTP 429", "稍后 30 秒再试", { kind: "http_status", code: 429, retry_after: 30 }],
  ]],
];

async function order(method, query, body) {
  const options = { method };
  if (body) Object.assign(options, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  const response = await fetch(`/_control/faults${query}`, options);
  if (!response.ok) throw new Error((await response.json()).error);
}

/** Builds the panel once; `changed` is called after every order, `close` by its close button. */
export class Panel {
  constructor(root, { changed, close }) {
    this.robot = null;
    this.changed = changed;
    this.active = el("div", { class: "active" });
    this.problem = el("p", { role: "alert" });
    const times = [["1", "1 次"], ["3", "3 次"], ["", "一直"]].map(([value, label], index) =>
      el("label", {}, el("input", { type: "radio", name: "times", value, checked: index === 0 }), label));
    this.times = el("div", { class: "times", role: "radiogroup", "aria-label": "发生几次" }, ...times);
    root.replaceChildren(
      el("div", { class: "panel-head" }, el("h2", {}, "试试故障"),
        el("button", { class: "icon-button close", type: "button", "aria-label": "关闭故障面板", onclick: close }, icon("close"))),
      el("p", {}, "只影响当前机器人接下来收到的请求。"),
      this.active,
      el("div", {}, el("h3", {}, "发生几次"), this.times),
      ...CHOICES.map(([title, about, buttons]) => el("div", {}, el("h3", {}, title), el("p", {}, about), this.grid(buttons))),
      this.problem,
    );
  }

  grid(buttons) {
    return el("div", { class: "choices" }, ...buttons.map(([name, about, fault, danger]) =>
      el("button", { type: "button", class: danger ? "danger" : "", onclick: () => this.add(fault) }, el("b", {}, name), el("small", {}, about))));
  }

  add(fault) {
    const code = typeof fault.code === "string" ? PLATFORMS[this.robot.platform][fault.code] : fault.code;
    const times = this.times.querySelector(":checked").value;
    return this.send("POST", "", { ...fault, code, robot_id: this.robot.id, times: times ? Number(times) : null });
  }

  async send(method, query, body) {
    try {
      await order(method, query, body);
      this.problem.textContent = "";
    } catch (error) {
      this.problem.textContent = `没有成功：${error.message}`;
    }
    this.changed();
  }

  /** Show the faults in force for this robot (as `/_page/robot` tells them). */
  show(robot) {
    const signature = JSON.stringify(robot.faults);
    this.robot = robot;
    if (signature === this.shown) return;
    this.shown = signature;
    const items = robot.faults.map((fault) =>
      el("li", {}, el("span", {}, `${faultName(fault.kind)}${fault.code ? ` ${fault.code}` : ""} · ${fault.times === null ? "一直" : `还有 ${fault.times} 次`}`),
        el("button", { type: "button", "aria-label": "解除", onclick: () => this.send("DELETE", `?id=${fault.id}`) }, icon("close"))));
    this.active.replaceChildren(...(items.length ? [el("h3", {}, "正在生效"), el("ul", {}, ...items)] : []));
  }
}
