"""The directory of a pretend company: who person number N is, the same at every call. No person here exists.

Names come in the scripts and lengths real directories hold; addresses are ASCII, as most companies give them out.
"""

import unicodedata
from base64 import b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from math import gcd


def draw(*path: object) -> int:
    """A 64-bit number that depends on `path` alone; the sandbox's only source of variety, so every world repeats."""
    return int.from_bytes(blake2b("/".join(map(str, path)).encode(), digest_size=8).digest())


def token(*path: object, length: int = 24) -> str:
    """Up to 85 alphanumerics that depend on `path` alone, for identifiers of the vendor's shape."""
    digest = blake2b("/".join(map(str, path)).encode(), digest_size=64).digest()
    return b64encode(digest, altchars=b"Kq")[:length].decode()


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Culture:
    """Given and family names that go together; an entry may be `native:roman`. `family_first` is how they write."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    family_first: bool = False
    joiner: str = " "

    def named(self, number: int) -> tuple[str, str, int]:
        """Full name, roman form for an address, and how often this pair came before."""
        pairs = len(self.given) * len(self.family)
        earlier, pair = divmod(number, pairs)
        which = pair * _stride(pairs) % pairs
        given, given_roman = _forms(self.given[which % len(self.given)])
        family, family_roman = _forms(self.family[which // len(self.given)])
        written = (family, given) if self.family_first else (given, family)
        return self.joiner.join(written), f"{given_roman}.{family_roman}", earlier


@lru_cache
def _stride(pairs: int) -> int:
    """A step without a common factor with `pairs`: it visits every pair once, in an order that looks unsorted."""
    return next(step for step in range(int(pairs * 0.618), 2 * pairs) if gcd(step, pairs) == 1)


@lru_cache(maxsize=4096)
def _forms(entry: str) -> tuple[str, str]:
    native, _, roman = entry.partition(":")
    native = native.replace("_", " ")
    plain = unicodedata.normalize("NFKD", roman or native.translate(_LETTERS))
    return native, "".join(c for c in plain.lower() if c.isascii() and c.isalnum())


_LETTERS = str.maketrans(
    {
        "ø": "o",
        "Ø": "O",
        "ł": "l",
        "Ł": "L",
        "ß": "ss",
        "ı": "i",
        "đ": "d",
        "Đ": "D",
        "æ": "ae",
        "Æ": "Ae",
        "þ": "th",
        "Þ": "Th",
    }
)


def _culture(given: str, family: str, *, family_first: bool = False, joiner: str = " ") -> Culture:
    return Culture(tuple(given.split()), tuple(family.split()), family_first, joiner)


_ENGLISH = _culture(
    "Ada Alice Amelia Andrew Anna Ben Caroline Charlotte Claire Daniel David Edward Eleanor Emily Emma Ethan"
    " Fiona Frances George Grace Hannah Harold Harriet Hazel Henry Isaac Jack James Jane Joanna Joseph Julia"
    " Katherine Laura Liam Lucy Margaret Mark Martin Mary-Ann Michael Naomi Nathan Nicholas Oliver Olivia Owen"
    " Patrick Paul Peter Rachel Rebecca Robert Rose Samuel Sarah Simon Sophie Stephen Thomas Victoria William Zoe",
    "Adams Archer Atkinson Bailey Barker Bennett Bradley Brooks Burton Carter Chapman Clarke Collins Cooper"
    " Davies Dawson Edwards Ellis Evans Fisher Fletcher Foster Gibson Graham Grant Green Hall Hamilton Harris"
    " Hartley Hayes Hill Holmes Hughes Hunt Jackson Jenkins Johnson Jones Kelly King Lawrence Lewis Lloyd Marsh"
    " Mason McCarthy Miller Mitchell Moore Morgan Murphy Nelson O'Brien O'Connor Palmer Parker Pearson Perry"
    " Phillips Porter Price Reed Reynolds Richardson Roberts Robinson Rogers Russell Scott Shaw Simpson Smith"
    " Spencer Stewart Stone Taylor Thompson Turner Walker Walsh Ward Watson Webb Wells White Williams Wilson Wood"
    " Wright Young",
)
_EUROPEAN = _culture(
    "Agnieszka Álvaro André Anneliese Antónia Björn Céline Chloé Dagmar Élodie Ferran François Freja Giulia Gösta"
    " Grażyna Heike Ingrid Jürgen Kateřina Klára Léa Lorenzo Łukasz Maëlle Małgorzata Márton Matteo Noémie Ola"
    " Pål Rafał René Riikka Rosalía Søren Špela Stéphane Szymon Tomáš Ursula Václav Wojciech Zdeněk Zsófia",
    "Andersson Bauer Bianchi Brzęczyszczykiewicz Cărtărescu Çelik Dvořák Dąbrowska Esposito Fernández Førde"
    " García Groß Guðmundsdóttir Horváth Ivanović Jiménez Jørgensen Kowalczyk Krüger Laurent Lindström Løkken"
    " Martínez Müller Nováková Núñez O_Floinn Ólafsson Pérez Petit Popescu Rossi Sánchez Schäfer Šimůnek Sørensen"
    " Szabó van_den_Berg de_la_Cruz von_Hohenstein Wójcik Yılmaz Zając Żuk",
)
_WORLD = _culture(
    "Aarav Abimbola Adaeze Aisha Amara Ananya Anh Arjun Ayşe Babatunde Chidi Deepika Diego Elif Emeka Fatou"
    " Gabriela Hamza Imani Isabela João Kavya Khadija Kwame Leilani Linh Lupita Malik Mehmet Minh Mohamed Neha"
    " Ngozi Nguyệt Omar Priya Rahul Rosângela Sanjay Siti Tariq Thảo Valentina Wanjiru Yusuf Zainab",
    "Abdullah Achebe Adeyemi Agarwal Banerjee Bautista Chaudhry Choudhury Cissé da_Silva Demir Diallo dos_Santos"
    " Đặng Gutiérrez Hassan Hoàng Iyer Kamau Kapoor Khan Lê Mbeki Mehta Moreira Mwangi Nair Ndiaye Nguyễn Nkrumah"
    " Okafor Oliveira Patel Phạm Quispe Rahman Rao Reyes Santos Sharma Singh Suryadi Tan Trần Vargas Wijaya",
)
_CHINESE = _culture(
    "伟:wei 芳:fang 娜:na 敏:min 静:jing 丽:li 强:qiang 磊:lei 洋:yang 艳:yan 秀英:xiuying 志强:zhiqiang"
    " 晓明:xiaoming 雨桐:yutong",
    "王:wang 李:li 张:zhang 刘:liu 陈:chen 杨:yang 黄:huang 赵:zhao 吴:wu 周:zhou 徐:xu 孙:sun 欧阳:ouyang",
    family_first=True,
    joiner="",
)
_JAPANESE = _culture(
    "陽菜:hina 結衣:yui 葵:aoi 美咲:misaki 健太:kenta 大輔:daisuke 翔:sho 拓海:takumi さくら:sakura 真理子:mariko"
    " 一郎:ichiro",
    "佐藤:sato 鈴木:suzuki 高橋:takahashi 田中:tanaka 伊藤:ito 渡辺:watanabe 山本:yamamoto 中村:nakamura"
    " 小林:kobayashi 加藤:kato",
    family_first=True,
)
_KOREAN = _culture(
    "민준:minjun 서연:seoyeon 지훈:jihun 하은:haeun 도윤:doyun 수빈:subin 예진:yejin 현우:hyunwoo",
    "김:kim 이:yi 박:park 최:choi 정:jung 강:kang 조:cho",
    family_first=True,
    joiner="",
)
_ARABIC = _culture(
    "محمد:mohammed فاطمة:fatima أحمد:ahmed مريم:maryam يوسف:youssef ليلى:layla خالد:khaled نور:nour",
    "الحسن:alhassan المصري:almasri حداد:haddad خوري:khoury النجار:alnajjar منصور:mansour",
)
_CYRILLIC = _culture(
    "Анна:anna Дмитрий:dmitri Олена:olena Сергей:sergei Наталія:natalia Иван:ivan Марія:maria Тарас:taras Ирина:irina",
    "Шевченко:shevchenko Коваленко:kovalenko Бондаренко:bondarenko Мельник:melnyk Ткаченко:tkachenko Кравец:kravets",
)
_GREEK = _culture(
    "Ελένη:eleni Γιώργος:giorgos Δήμητρα:dimitra Νίκος:nikos Κατερίνα:katerina",
    "Παπαδόπουλος:papadopoulos Νικολάου:nikolaou Αλεξίου:alexiou Καραμανλής:karamanlis",
)
_HEBREW = _culture("דוד:dudi נועה:noa יעל:yael איתן:eitan", "כהן:cohen לוי:levi מזרחי:mizrahi")
_HINDI = _culture("प्रिया:priya रोहन:rohan अनिल:anil सुनीता:sunita", "त्रिपाठी:tripathi वर्मा:verma जोशी:joshi")
_MIX = (
    *(
        _ENGLISH,
        _EUROPEAN,
        _WORLD,
        _ENGLISH,
        _CHINESE,
        _ENGLISH,
        _WORLD,
        _EUROPEAN,
        _ENGLISH,
        _JAPANESE,
        _EUROPEAN,
        _ENGLISH,
    ),
    *(
        _WORLD,
        _ENGLISH,
        _KOREAN,
        _EUROPEAN,
        _ENGLISH,
        _ARABIC,
        _ENGLISH,
        _WORLD,
        _EUROPEAN,
        _CYRILLIC,
        _ENGLISH,
        _GREEK,
    ),
    *(_WORLD, _EUROPEAN, _ENGLISH, _HEBREW, _EUROPEAN, _WORLD, _ENGLISH, _HINDI),
)
# For each place of the mix: its culture, how many of that culture come before it, and how many there are in all.
_PLACES = tuple((culture, _MIX[:at].count(culture), _MIX.count(culture)) for at, culture in enumerate(_MIX))


def person(domain: str, number: int) -> Person:
    """Person `number` of the company at `domain`; no two numbers share an address or an id."""
    turn, place = divmod(number, len(_PLACES))
    culture, before, share = _PLACES[place]
    name, roman, earlier = culture.named(turn * share + before)
    email = f"{roman}{earlier + 1 if earlier else ''}@{domain}"
    return Person(f"user-{token('user', email)}", name, email)
