"""The WeChat official account (微信公众号): protocol in, protocol out. wechatpy signs, encrypts and parses.

Rules: https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Overview.html
"""
