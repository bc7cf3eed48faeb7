"""Chinese text: normalising, segmenting, pinyin and matching. The only place that imports jieba, OpenCC and pypinyin."""
