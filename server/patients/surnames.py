"""How Chinese surnames are read where dictionaries give the everyday reading instead. Pure.

Readings of compound surnames and of single ones after 《中国姓氏大辞典》; several where families differ.
"""

_COMPOUND = """
欧阳 ou yang|尉迟 yu chi|长孙 zhang sun|澹台 tan tai|万俟 mo qi|单于 chan yu|宇文 yu wen|令狐 ling hu|司马 si ma
上官 shang guan|诸葛 zhu ge|东方 dong fang|皇甫 huang fu|慕容 mu rong|公孙 gong sun|鲜于 xian yu|闾丘 lü qiu
仲孙 zhong sun|夏侯 xia hou|呼延 hu yan|端木 duan mu|百里 bai li|东郭 dong guo|南宫 nan gong|独孤 du gu
拓跋 tuo ba|完颜 wan yan|纳兰 na lan|轩辕 xuan yuan|钟离 zhong li|申屠 shen tu|太叔 tai shu|濮阳 pu yang
淳于 chun yu|赫连 he lian|公冶 gong ye|宗政 zong zheng|第五 di wu|亓官 qi guan|司徒 si tu|司空 si kong
司寇 si kou|颛孙 zhuan sun|巫马 wu ma|公西 gong xi|漆雕 qi diao|乐正 yue zheng|壤驷 rang si|夹谷 jia gu
宰父 zai fu|谷梁 gu liang|段干 duan gan|东门 dong men|西门 xi men|南门 nan men|羊舌 yang she|梁丘 liang qiu
左丘 zuo qiu|贺兰 he lan|哥舒 ge shu|叶赫 ye he|爱新觉罗 ai xin jue luo|欧侯 ou hou|子车 zi ju|公羊 gong yang
"""

_SINGLE = """
单 shan|曾 zeng|仇 qiu|解 xie|区 ou|查 zha|朴 piao|任 ren|盖 ge gai|翟 zhai di|乐 yue le|种 chong|缪 miao|员 yun
黑 he hei|折 she|逄 pang|覃 qin tan|召 shao|句 gou|尉 wei yu|过 guo|车 che|卜 bu|秘 bi|祭 zhai ji|佴 nai|那 na
隗 wei kui|繁 po|訾 zi|钭 tou dou|幺 yao|郇 xun huan|宓 mi fu|藏 zang|应 ying|纪 ji|万 wan|沈 shen|石 shi|柏 bai
都 du|哈 ha|重 chong|行 xing|撒 sa|牟 mou mu|叶 ye|谌 chen shen|曲 qu|薄 bo bao|炔 gui|能 nai|眭 sui|莘 shen xin
郗 xi chi|於 yu|佘 she|贲 ben|厍 she|费 fei bi|乜 nie|适 kuo|相 xiang|臧 zang|葛 ge|冼 xian|洗 xian|长 zhang chang
华 hua|宁 ning|尹 yin|戚 qi|阚 kan|褚 chu|晁 chao|俞 yu|余 yu|贾 jia|吉 ji|强 qiang jiang|红 hong|车 che|奇 qi
便 pian|鲜 xian|会 gui kuai|观 guan|占 zhan|兴 xing|勒 le|合 he ge|数 shu|少 shao|卒 zu|弗 fu|殷 yin|传 fu chuan
"""


def _table(text: str) -> dict[str, tuple[str, ...]]:
    entries = [entry.split(" ") for line in text.split("\n") if line for entry in line.split("|")]
    return {name: tuple(readings) for name, *readings in entries}


COMPOUND = _table(_COMPOUND)
"""Surname → one reading for each of its characters."""
SINGLE = _table(_SINGLE)
"""Surname → its possible readings."""
_LONGEST_COMPOUND = max(map(len, COMPOUND))


def surname_of(name: str) -> str:
    """The surname a Han name begins with; the first character where none longer is known."""
    for length in range(_LONGEST_COMPOUND, 1, -1):
        # a name is never a surname alone, but an entry of the desk may be: 欧阳 for 欧阳某
        if name[:length] in COMPOUND:
            return name[:length]
    return name[:1]
