"""Which drawing stands for which goods: by the name on the price list, else by its kind, else a parcel. Pure."""

from __future__ import annotations

PARCEL = "parcel"

# The first word that is in the name wins, so the longer word stands first. The drawings are in templates/counter/goods.html.
_BY_NAME = (
    ("酱油", "bottle"), ("香醋", "bottle"), ("醋", "bottle"), ("料酒", "bottle"), ("蚝油", "bottle"),
    ("洗衣粉", "bag"), ("洗衣液", "jug"), ("洗洁精", "pump"), ("洗手液", "pump"), ("沐浴", "pump"), ("洗发", "pump"),
    ("香皂", "soap"), ("肥皂", "soap"), ("牙膏", "tube"), ("牙刷", "brush"), ("毛巾", "towel"), ("卫生纸", "roll"),
    ("抽纸", "tissues"), ("纸巾", "tissues"), ("垃圾袋", "bags"), ("保鲜袋", "bags"), ("钢丝球", "scourer"), ("抹布", "towel"),
    ("脸盆", "basin"), ("盆", "basin"), ("桶装水", "jug"), ("水桶", "basin"), ("雨伞", "umbrella"), ("手套", "gloves"),
    ("食用油", "oil"), ("玉米油", "oil"), ("菜籽油", "oil"), ("花生油", "oil"), ("豆油", "oil"), ("油", "oil"),
    ("盐", "pouch"), ("糖", "pouch"), ("味精", "pouch"), ("鸡精", "pouch"), ("大米", "sack"), ("米", "sack"), ("面粉", "sack"),
    ("化肥", "sack"), ("挂面", "noodles"), ("面条", "noodles"), ("鸡蛋", "eggs"), ("蛋", "eggs"), ("豆", "beans"),
    ("花生", "beans"), ("书包", "satchel"), ("作业本", "notebook"), ("本", "notebook"), ("铅笔", "pencil"), ("笔", "pencil"),
    ("牛奶", "carton"), ("奶", "carton"), ("饮料", "bottle"),
)  # fmt: skip
_BY_KIND = {"日用": "basket", "粮油": "sack", "调味": "bottle", "文具": "pencil", "食品": "carton", "农资": "sack"}

DRAWINGS = frozenset({picture for _, picture in _BY_NAME} | set(_BY_KIND.values()) | {PARCEL})


def picture_of(name: str, kind: str) -> str:
    """A member of ``DRAWINGS`` for goods of that name. ``kind`` is a kind of goods ("日用") or a drawing's own name."""
    if kind in DRAWINGS:
        return kind
    named = next((picture for word, picture in _BY_NAME if word in name), None)
    return named or _BY_KIND.get(kind, PARCEL)
