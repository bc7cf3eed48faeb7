"""The software behind a city's 12345 hotline (政务服务便民热线). Start reading in `bot.hotline`."""
