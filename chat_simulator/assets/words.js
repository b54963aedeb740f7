// What platforms, codes and faults are called on the page.

export const PLATFORMS = {
  wecom: { name: "企业微信", mark: "企", path: "/cgi-bin/webhook/send?key=", rate: 45009, gone: 93000 },
  dingtalk: { name: "钉钉", mark: "钉", path: "/robot/send?access_token=", rate: 130101, gone: 300005 },
  feishu: { name: "飞书", mark: "飞", path: "/open-apis/bot/v2/hook/", rate: 11232, gone: 19001 },
  telegram: { name: "Telegram", mark: "T", path: "/bot…/sendMessage", rate: 429, gone: 401 },
  webhook: { name: "Webhook", mark: "钩", path: "/webhook/", rate: 429, gone: 404 },
};

const CODES = {
  wecom: {
    "-1": "系统繁忙", 40008: "不支持的消息类型", 40058: "内容过长或参数有误", 40063: "缺少参数", 43002: "必须用 POST",
    44004: "内容为空", 45002: "内容过大", 45008: "图文超过 8 条", 45009: "发送过快，已被平台拦截", 47001: "不是合法的 JSON",
    93000: "地址无效，或机器人已被移出群", 93004: "机器人已停用",
  },
  dingtalk: {
    40035: "参数缺失", 43002: "必须用 POST", 130101: "发送过快，禁言 10 分钟", 300005: "token 不存在",
    310000: "安全校验未通过（签名、时间或关键词）", 400102: "机器人已停用", 460101: "消息过长",
  },
  feishu: {
    9499: "请求有误", 11232: "发送过快，已被平台拦截", 19001: "地址无效，或机器人已被移出群",
    19021: "签名不符，或时间相差超过 1 小时", 19024: "缺少关键词",
  },
  telegram: { 400: "请求有误", 401: "token 无效", 403: "机器人已被移出群", 404: "没有这个方法", 429: "发送过快，稍后再试" },
  webhook: { 400: "不是合法的 JSON", 401: "签名不正确", 403: "已停用", 404: "没有这个地址", 405: "必须用 POST", 429: "发送过快，稍后再试" },
};

const FAULTS = {
  hang: "不回应", reset: "断开连接", html: "回一张网页", garbage: "回乱码", empty: "回空内容",
  truncated: "只回一半", http_status: "回 HTTP 错误", refuse: "按设定拒绝", slow: "回应很慢",
};

/** «45009 发送过快，已被平台拦截» */
export function refusalWords(platform, code) {
  return `${code} ${CODES[platform]?.[code] ?? "平台拒绝"}`;
}

/** What an injected fault did to one message. */
export function faultWords(message) {
  const kind = message.fault.replace("_after_accept", "");
  if (message.accepted) return kind === "slow" ? "已收下，回应放慢（故障演练）" : `已收下，但${FAULTS[kind] ?? kind}，发送方并不知道（故障演练）`;
  const detail = kind === "http_status" ? ` ${message.http}` : "";
  return `未收下：${FAULTS[kind] ?? kind}${detail}（故障演练）`;
}

/** One line for the list and for a fault that is still in force. */
export const faultName = (kind) =>
  (kind.endsWith("_after_accept") ? "收下后" : "") + (FAULTS[kind.replace("_after_accept", "")] ?? kind);

export const titleOf = (robot) => (robot.groups.length ? robot.groups[0] : robot.name);
