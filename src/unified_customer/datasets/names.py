"""Common given and family names of eight languages, and their short forms.

The lists were put together by hand from names in everyday use. Family names have a long tail, which is composed of
stems and endings, so that a large shop has namesakes without having nothing but namesakes.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final


@dataclass(frozen=True, slots=True)
class Culture:
    """Names that go together; the most common first."""

    female: tuple[str, ...]
    male: tuple[str, ...]
    family: tuple[str, ...]


def _composed(common: str, stems: str, endings: str) -> tuple[str, ...]:
    tail = (stem + ending for stem, ending in product(stems.split(), endings.split()))
    return tuple(dict.fromkeys([*common.split(), *tail]))


ENGLISH: Final = Culture(
    female=tuple(
        """Olivia Emily Sarah Elizabeth Katherine Margaret Susan Rebecca Charlotte Jessica Jennifer Victoria Amelia Lucy
        Hannah Grace Alice Eleanor Sophie Chloe Megan Lauren Deborah Patricia Christine Barbara Rachel Laura Amy Emma
        Holly Zoe Abigail Isabella Georgia Alexandra Samantha Natalie Joanne Helen Pamela Judith Caroline Theresa Ruth
        Martha Florence Poppy Ivy Rosie Freya Daisy Phoebe Matilda Evelyn Harriet Imogen Bethany Nicola Tracey""".split()
    ),
    male=tuple(
        """James William Robert Thomas Michael David Richard Edward Christopher Matthew Daniel Andrew Anthony Joseph
        Benjamin Samuel Alexander Nicholas Jonathan Stephen Peter George Henry Charles Jack Oliver Harry Simon Timothy
        Gregory Kenneth Ronald Donald Philip Adam Luke Ryan Callum Liam Nathan Connor Lewis Owen Dylan Kyle Craig Stuart
        Graham Martin Neil Ian Keith Trevor Dominic Isaac Frederick Albert Theodore Leonard Walter""".split()
    ),
    family=_composed(
        """Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans Walker White Roberts
        Green Hall Wood Jackson Clarke Hughes Edwards Hill Moore Turner Cooper Ward Morris Scott Watson Harris King
        Baker Patterson O'Brien O'Connor Murphy Kelly MacDonald McCarthy Campbell Stewart Fraser Murray Ross Byrne
        Carter Phillips Mitchell Bennett Cook Shaw Barker Price Gray Palmer Fletcher Holmes Knight Webb Ellis""",
        "Ash Black Brad Bur Clay Cran Dal Elm Fair Gran Had Hart Hol Ken Lang Mar New Oak Pem Rad Sher Stan Thorn Wal Whit",
        "ford ley ton well worth field bourne ham combe by wick stead",
    ),
)
GERMAN: Final = Culture(
    female=tuple(
        """Anna Katharina Elisabeth Johanna Sabine Petra Ursula Monika Susanne Claudia Andrea Birgit Heike Martina Julia
        Lena Laura Lea Hanna Sophie Charlotte Greta Frieda Ingrid Renate Anneliese Brigitte Franziska Theresa Jana
        Nele Carolin Sandra Stefanie Nadine Melanie Käthe Bärbel Gisela Annika""".split()
    ),
    male=tuple(
        """Johannes Thomas Michael Andreas Stefan Wolfgang Klaus Jürgen Günter Hans-Peter Maximilian Alexander Christian
        Matthias Sebastian Markus Martin Frank Uwe Bernd Dieter Friedrich Heinrich Karl Lukas Felix Jonas Leon Paul
        Moritz Jörg Björn Götz Ralf Torsten Tobias Florian Philipp Benedikt Joachim""".split()
    ),
    family=_composed(
        """Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein
        Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Schmitt Werner Krause Lehmann Köhler
        Maier König Weiß Jung Vogel Groß Böhm Lüdtke Jäger Kühn""",
        "Stein Rosen Linden Buch Eich Hagen Kirch Löwen Ober Nieder Wester Gold Silber Birken Mühl Sonn",
        "bach berg mann thal feld hofer meier haus brink kamp",
    ),
)
FRENCH: Final = Culture(
    female=tuple(
        """Marie Camille Chloé Léa Manon Élodie Aurélie Céline Nathalie Isabelle Sylvie Catherine Françoise Jacqueline
        Monique Hélène Véronique Sandrine Stéphanie Amélie Juliette Margaux Zoé Inès Louise Jeanne Anaïs Noémie Océane
        Clémence Mathilde Pauline Agnès Solène Geneviève""".split()
    ),
    male=tuple(
        """Jean Pierre Michel Philippe Alain Nicolas Christophe Frédéric Sébastien Laurent Thierry Jean-Pierre Jean-Luc
        Guillaume Mathieu Antoine Hugo Louis Lucas Théo François Étienne Rémi Benoît Jérôme Cédric Olivier Pascal Gérard
        Maxime Quentin Raphaël Bastien Loïc Yves""".split()
    ),
    family=_composed(
        """Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel Garcia
        Roux Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Müller Lefèvre Faure Mercier Blanc Guérin
        Boyer Chevalier François Gauthier Perrin""",
        "Beau Bel Mont Champ Clair Grand Haut Val Ville Roch Saint-",
        "fort mont val champ lieu court pré maison denis",
    ),
)
SPANISH: Final = Culture(
    female=tuple(
        """María Carmen Josefa Isabel Dolores Pilar Teresa Ana Cristina Laura Lucía Marta Elena Raquel Rosario Concepción
        Mercedes Patricia Silvia Beatriz Rocío Inmaculada Sofía Paula Alba Irene Nuria Begoña Sara Daniela Julia Mónica
        Ángela Yolanda Gloria""".split()
    ),
    male=tuple(
        """Antonio José Manuel Francisco Juan David Javier Daniel Carlos Jesús Alejandro Miguel Rafael Pedro Pablo Ángel
        Sergio Fernando Jorge Luis Alberto Álvaro Adrián Diego Iván Raúl Rubén Enrique Ramón Vicente Andrés Joaquín
        Santiago Eduardo Ignacio""".split()
    ),
    family=_composed(
        """García Rodríguez González Fernández López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno
        Muñoz Álvarez Romero Alonso Gutiérrez Navarro Torres Domínguez Vázquez Ramos Gil Ramírez Serrano Blanco Molina
        Morales Suárez Ortega Delgado Castro Ortiz Rubio Marín Sanz Núñez""",
        "Aguil Bar Cabal Carr Cast Herr Mont Pal Riv Sal",
        "ero era illo ano ares eda",
    ),
)
POLISH: Final = Culture(
    female=tuple(
        """Anna Maria Katarzyna Małgorzata Agnieszka Barbara Ewa Krystyna Elżbieta Magdalena Joanna Zofia Aleksandra
        Monika Teresa Danuta Natalia Karolina Marta Beata Dorota Jadwiga Janina Halina Alicja Jolanta Iwona Julia
        Grażyna Paulina Justyna Wiktoria""".split()
    ),
    male=tuple(
        """Piotr Krzysztof Andrzej Tomasz Paweł Jan Michał Marcin Jakub Adam Marek Łukasz Grzegorz Mateusz Stanisław
        Wojciech Mariusz Dariusz Zbigniew Jerzy Maciej Rafał Robert Józef Kamil Jacek Dawid Szymon Ryszard Kacper
        Henryk Bartosz""".split()
    ),
    family=_composed(
        """Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowski
        Jankowski Mazur Kwiatkowski Krawczyk Piotrowski Grabowski Nowakowski Pawłowski Michalski Król Wieczorek
        Jabłoński Wróbel Majewski Stępień Malinowski Jaworski Duda""",
        "Zale Brzez Górni Leśni Malczew Ostrow Sosnow Topol Rud Bielec",
        "ski icki iński ewicz czyk",
    ),
)
INDIAN: Final = Culture(
    female=tuple(
        """Priya Anjali Pooja Neha Sunita Kavita Deepika Lakshmi Meera Aishwarya Divya Shreya Anita Rekha Geeta Nisha
        Swati Radha Ananya Ishita Aditi Kiran Lata Padma Sneha Vidya Jyoti Nandini Usha Asha""".split()
    ),
    male=tuple(
        """Rahul Amit Raj Sanjay Vijay Arjun Suresh Ramesh Anil Rajesh Vikram Arun Deepak Ravi Manoj Ashok Rohan Aditya
        Karthik Nikhil Harish Mohan Krishna Sandeep Gaurav Ankit Varun Dinesh Pradeep Imran""".split()
    ),
    family=_composed(
        """Patel Sharma Singh Kumar Gupta Shah Khan Reddy Mehta Iyer Nair Joshi Desai Verma Rao Das Chopra Kapoor Banerjee
        Mukherjee Chatterjee Malhotra Agarwal Bose Menon Pillai Kulkarni Bhatt Trivedi Ahmed Hussain Begum Kaur Gill""",
        "Chand Dev Gopal Jai Narayan Rama Shiv Venkat",
        "ani kar an wala nath swamy raj",
    ),
)
CHINESE: Final = Culture(
    female=tuple(
        "Li Xiu Mei Fang Na Jing Yan Xia Juan Lan Xiaoyan Yingying Meiling Lihua Xiaomei Hui Ying Yuting Ting Xue Qing "
        "Shu Min Yun Jiayi Zihan Huiling Xinyi Lin Ping".split()
    ),
    male=tuple(
        "Wei Jun Ming Hao Qiang Lei Jie Bo Chao Gang Yong Jian Feng Peng Tao Xiaoming Zhiwei Jianguo Guoqiang Haoran "
        "Yifan Bin Kai Liang Rui Sheng Weiming Xiang Yu Zhen".split()
    ),
    family=tuple(
        "Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Gao Luo Zheng Liang Xie Tang Feng "
        "Deng Cao Peng Zeng Xiao Tian Dong Pan Yuan Cai Jiang Yu Du Ye Cheng Wei Su Lu Ding Ren Shen Yao Lam Wong Chan "
        "Cheung Leung Lau Ng Kwok Ouyang Sima".split()
    ),
)
TURKISH: Final = Culture(
    female=tuple(
        "Ayşe Fatma Emine Hatice Zeynep Elif Meryem Şerife Zehra Sultan Hanife Merve Büşra Esra Özlem Gülsüm Sevgi Derya "
        "Tuğba Ebru Gamze Pınar Selin Ceren Ece İrem".split()
    ),
    male=tuple(
        "Mehmet Mustafa Ahmet Ali Hüseyin Hasan İbrahim İsmail Osman Yusuf Murat Ömer Ramazan Halil Süleyman Emre Burak "
        "Can Cem Kemal Serkan Tolga Uğur Volkan Yiğit Oğuz".split()
    ),
    family=_composed(
        "Yılmaz Kaya Demir Şahin Çelik Yıldız Yıldırım Öztürk Aydın Özdemir Arslan Doğan Kılıç Aslan Çetin Kara Koç Kurt "
        "Özkan Şimşek Polat Korkmaz Erdoğan Güneş",
        "Ak Ay Bay Bil Demir Er Gül Kara Öz Taş",
        "can gün kan oğlu türk soy tepe",
    ),
)
CULTURES: Final = (ENGLISH, GERMAN, FRENCH, SPANISH, POLISH, INDIAN, CHINESE, TURKISH)

_SHORT_FORMS: Final = """
Elizabeth:Liz,Lizzie,Beth,Betty Katherine:Kate,Katie,Kathy Margaret:Maggie,Meg,Peggy Susan:Sue,Susie Rebecca:Becky,Bex
Charlotte:Charlie,Lottie Jessica:Jess Jennifer:Jen,Jenny Victoria:Vicky,Tori Eleanor:Ellie,Nell Deborah:Deb,Debbie
Patricia:Pat,Tricia Christine:Chris Barbara:Barb,Babs Rachel:Rach Abigail:Abby Alexandra:Alex,Sandra Samantha:Sam,Sammy
Natalie:Nat Joanne:Jo Pamela:Pam Judith:Judy Caroline:Caz Theresa:Terry,Tess Matilda:Tilly Harriet:Hattie Nicola:Nicky
William:Will,Bill,Billy Robert:Bob,Rob,Bobby Thomas:Tom,Tommy Michael:Mike,Mick David:Dave Richard:Rick,Dick,Richie
Edward:Ed,Ted,Eddie Christopher:Chris Matthew:Matt Daniel:Dan,Danny Andrew:Andy,Drew Anthony:Tony Joseph:Joe
Benjamin:Ben Samuel:Sam Alexander:Alex,Sandy Nicholas:Nick Jonathan:Jon,Jonny Stephen:Steve Peter:Pete Charles:Charlie
James:Jim,Jimmy,Jamie Timothy:Tim Gregory:Greg Kenneth:Ken,Kenny Ronald:Ron Donald:Don Philip:Phil Frederick:Fred
Albert:Bert Theodore:Theo,Ted Leonard:Len Walter:Walt Henry:Harry Jack:Jacky Nathan:Nate Isaac:Zac
Katharina:Kathi,Käthe Elisabeth:Lisa,Sissi Johanna:Hanna Susanne:Susi Johannes:Hans Wolfgang:Wolfi Maximilian:Max
Sebastian:Basti Friedrich:Fritz Heinrich:Heiner Matthias:Matze Philipp:Lipp Franziska:Franzi Joachim:Achim
Catherine:Cathy Véronique:Véro Stéphanie:Steph Frédéric:Fred Sébastien:Seb Christophe:Chris Guillaume:Guigui Mathieu:Mat
Francisco:Paco,Fran José:Pepe Manuel:Manolo Antonio:Toni Jesús:Chus Ignacio:Nacho Dolores:Lola Josefa:Pepa
Concepción:Concha Mercedes:Merche Alejandro:Álex Enrique:Quique Eduardo:Edu Santiago:Santi
Katarzyna:Kasia Małgorzata:Gosia Agnieszka:Aga Elżbieta:Ela Magdalena:Magda Joanna:Asia Aleksandra:Ola Zofia:Zosia
Krzysztof:Krzysiek Tomasz:Tomek Paweł:Pawełek Stanisław:Staszek Wojciech:Wojtek Grzegorz:Grzesiek Jakub:Kuba
Rajesh:Raj Vikram:Vicky Deepika:Deepa Aishwarya:Aish Karthik:Kart Mehmet:Memo İbrahim:İbo Mustafa:Musti
"""
SHORT_FORMS: Final[dict[str, tuple[str, ...]]] = {
    name: tuple(short.split(",")) for name, _, short in (entry.partition(":") for entry in _SHORT_FORMS.split())
}

HONORIFICS: Final = {"f": ("Mrs", "Ms", "Miss", "Dr.", "Frau", "Mme"), "m": ("Mr", "Mr.", "Dr.", "Prof.", "Herr", "M.")}
