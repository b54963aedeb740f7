"""WeChat's transfers to a member's balance, beside its payments: one number is paid once."""

import json
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.orders.wechat_pay_server import APPID, WechatPayServer

PATH = "/v3/fund-app/mch-transfer/transfer-bills"


@dataclass
class TransferServer(WechatPayServer):
    """``transfer_faults`` are taken one by one by new transfers; ``transferred`` counts fen per number."""

    bills: dict[str, dict[str, Any]] = field(default_factory=dict)
    transferred: dict[str, int] = field(default_factory=dict)
    transfer_faults: list[str] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        try:
            super().answer(handler, body)
        except (BrokenPipeError, ConnectionResetError):
            handler.close_connection = True  # the asker has gone

    def _route(self, handler: BaseHTTPRequestHandler, body: bytes, fault: str) -> tuple[int, dict[str, Any]]:
        if not handler.path.startswith(PATH):
            return super()._route(handler, body, fault)
        if not self._is_signed(handler, body):
            self.refused.append(handler.path)
            return 401, {"code": "SIGN_ERROR", "message": "签名错误"}
        if handler.command == "GET":
            number = handler.path.removeprefix(f"{PATH}/out-bill-no/")
            if number in self.bills:
                return 200, {key: value for key, value in self.bills[number].items() if key != "package_info"}
            return 404, {"code": "NOT_FOUND", "message": "记录不存在"}
        fault = self.transfer_faults.pop(0) if self.transfer_faults else ""
        if fault == "busy":
            return 429, {"code": "FREQUENCY_LIMITED", "message": "频率超限"}
        if fault == "not_enough":
            return 403, {"code": "NOT_ENOUGH", "message": "资金不足"}
        answer = self._transfer(json.loads(body), fault)
        if fault == "hang":  # it was done, and the answer comes too late
            time.sleep(0.7)
        return answer

    def _transfer(self, content: dict[str, Any], fault: str) -> tuple[int, dict[str, Any]]:
        number = content["out_bill_no"]
        is_whole = content["appid"] == APPID and content["openid"] and content["transfer_scene_id"] == "1000"
        if not is_whole or len(content["transfer_scene_report_infos"]) != 2 or not number.isalnum():
            return 400, {"code": "PARAM_ERROR", "message": "参数错误"}
        if number not in self.bills:
            state = {"waiting": "WAIT_USER_CONFIRM", "fail": "FAIL"}.get(fault, "SUCCESS")
            self.bills[number] = {
                "out_bill_no": number,
                "transfer_bill_no": f"WX{number}",
                "state": state,
                "package_info": "affffddafdfafddffda==",
                "fail_reason": "REALNAME_ACCOUNT_RECEIVED_QUOTA_EXCEED" if state == "FAIL" else "",
            }
            if state == "SUCCESS":
                self.transferred[number] = content["transfer_amount"]
        return 200, self.bills[number]

    def confirm(self, number: str) -> None:
        """The member takes the money."""
        self.bills[number]["state"] = "SUCCESS"
        self.transferred[number] = 1
