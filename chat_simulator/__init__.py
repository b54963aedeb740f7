"""A local chat platform: group robots that answer as WeCom, DingTalk, Feishu and Telegram do.

It stands on the standard library alone and imports nothing of the product, so that tests and
benchmarks can trust it as an independent witness of what was really sent.
"""
