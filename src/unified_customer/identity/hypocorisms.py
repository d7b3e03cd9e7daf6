"""Short and pet forms of given names that the package `nicknames`, which is English, does not have.

Folded as by `normalise.name_key`. Only forms that a native speaker would use of the same person.
"""

from collections.abc import Mapping
from typing import Final

_FORMS: Final = """
de alexander: alex, sascha, xandi | andreas: andi, andy | anneliese: anni, liesl | antonia: toni | anton: toni
de barbara: babsi, baerbel, barbel | benjamin: ben, benni | bernhard: bernd, berni | birgit: biggi | brigitte: gitte, gitti
de christian: chris, chrissi | christina: chris, tina | christoph: chris, stoffel | daniel: dani | daniela: dani
de dieter: didi | dorothea: doro, thea | dorothee: doro | eberhard: ebi, hardy | elisabeth: elli, liesl, lisa, lisbeth, sissi
de emilia: emmi, mila | ferdinand: ferdi | florian: flo, flori | franziska: franzi | friedrich: fritz, fred, friedel
de gabriele: gabi, gabriela | georg: schorsch | gerhard: gerd, hardy | gertrud: gerti, trudi, traudl | guenther: guenni
de gunther: gunni | hans: hansi | heinrich: heinz, heiner, hein | helene: leni, lena | hermann: manni | ingeborg: inge
de jakob: jockel | joachim: jochen, achim, jo | johann: hans, hannes | johanna: hanna, hanni | johannes: hans, hannes, jo
de josef: sepp, jupp, seppi, pepi | julia: jule | juliane: jule | karl: kalle, charly | karoline: caro, line | caroline: caro
de katharina: kathi, katha, kathe, kaethe, kati, kathy, kat, trine, rina | klaus: klausi | konrad: konni, kurt
de leonhard: leo, hardy | ludwig: lutz, luggi | magdalena: lena, leni, magda | manfred: manni, fred | manuela: manu, ela
de margarete: grete, gretel, gretchen, marga, greta | margarethe: grete, gretel, greta | maria: mia, mitzi, ria, resi
de marianne: janne, nanni | martin: maddin | matthias: matze, hias, matti | maximilian: max, maxi, maxl | melanie: mel, melli
de michael: michi, michel, mike, micha | michaela: michi, micha, ela | monika: moni | nikolaus: klaus, niko, nick
de norbert: nobbi | patrizia: patti | paula: pauli | peter: pit, peterle | philipp: phil, lipp | reinhard: reini, hardy
de regina: gina, regi | renate: nati | robert: robbi | roswitha: rosi | rudolf: rudi, rolf | ruediger: ruedi | sabine: bine, sabinchen
de sebastian: basti, wastl, sebi | siegfried: siggi, sigi | sieglinde: linde, siggi | sigrid: sigi | silvia: silvi, silli
de simon: simmerl | stefan: steffen, stef, steffl | stefanie: steffi | stephan: steffen, steff | stephanie: steffi
de susanne: susi, sanne, suse | theodor: theo | theresa: resi, tessa | therese: resi, thesi | thomas: tom, tommy
de ulrich: uli, ulli | ulrike: uli, ulli, rike | ursula: uschi, ulla, ursel | valentin: valle | veronika: vroni, vroneli
de viktoria: vicky, viki | walter: walti | wilhelm: willi, willy, helmi | wilhelmine: mine, minna | wolfgang: wolf, wolfi
pl agata: aga, agatka | agnieszka: aga, agusia | aleksander: alek, olek | aleksandra: ola, olka | andrzej: jedrek, andrzejek
pl anna: ania, anka, anula | antoni: antek, tosiek | barbara: basia, baska | bartlomiej: bartek | bartosz: bartek | beata: beatka
pl boguslaw: bogus | bozena: bozenka | dariusz: darek | dorota: dorotka, dosia | elzbieta: ela, elka | ewa: ewka
pl ewelina: ewelinka | franciszek: franek | grazyna: grazynka | grzegorz: grzesiek, grzes | halina: halinka, hala
pl hanna: hania, hanka | helena: hela, helenka | henryk: heniek | ireneusz: irek | jacek: jacus | jadwiga: jadzia | jakub: kuba
pl jan: janek, jasiek, jas | janusz: janek | jerzy: jurek | joanna: asia, aska, joasia | jozef: jozek | julia: jula, julka
pl justyna: justynka, justa | kamil: kamilek | karolina: karola, karolinka | katarzyna: kasia, kaska | kazimierz: kazik
pl kinga: kinia | krystyna: krysia, kryska | krystian: krystek | krzysztof: krzysiek, krzys, krzychu | lukasz: lukaszek
pl magdalena: magda, madzia | malgorzata: gosia, goska, malgosia | maciej: maciek | marcin: marcinek | marek: mareczek
pl maria: marysia, maryska, maja | mariusz: mariuszek | marta: martusia | mateusz: mati, mateuszek | michal: michas, misiek
pl mieczyslaw: mietek | monika: monia | natalia: natka | pawel: pawelek | piotr: piotrek, piotrus | przemyslaw: przemek
pl radoslaw: radek | rafal: rafalek | ryszard: rysiek | slawomir: slawek | stanislaw: staszek, stasiek, stas | stefan: stefek
pl tadeusz: tadek | teresa: tereska | tomasz: tomek | urszula: ula | waldemar: waldek | wieslaw: wiesiek | wieslawa: wiesia
pl wladyslaw: wladek | wojciech: wojtek | zbigniew: zbyszek | zofia: zosia, zoska | zygmunt: zygmus
es alejandra: ale, sandra | alejandro: ale, jandro, alex | alfonso: fonso, poncho | alicia: ali | antonia: toni, tona
es antonio: toni, tono, antonito | beatriz: bea | carmen: carmencita, menchu, mamen | carolina: caro | catalina: cata
es concepcion: concha, conchi, conchita | consuelo: chelo | cristina: cris, tina | daniel: dani | daniela: dani
es dolores: lola, loli, lolita | eduardo: edu | enrique: quique, kike | ernesto: neto | esperanza: espe | federico: fede
es fernanda: fer | fernando: fer, nando | francisca: paqui, paca, fran | francisco: paco, fran, pancho, curro, quico, kiko
es gabriel: gabi | gabriela: gabi | gerardo: gera | gonzalo: gonza | gregorio: goyo | guadalupe: lupe | guillermo: guille, memo
es gustavo: gus | ignacio: nacho | inmaculada: inma | isabel: isa, chabela | jacinto: chinto | javier: javi
es jesus: chus, chuy, suso | joaquin: quino | jorge: coque | jose: pepe, pepito, chema | josefa: pepa, pepi, fina, chefa | josefina: fina, pepa
es juan: juanito, juanjo | leonardo: leo | lourdes: lulu | luis: lucho | luisa: lucha | manuel: manolo, manu, lolo
es manuela: manola, manoli, manu | margarita: marga, rita | maria: mari, marichu | mariana: mari | mercedes: merche, meche
es miguel: miguelito, micky | milagros: mila, mili | monica: moni | montserrat: montse | natividad: nati | nicolas: nico
es pablo: pablito | patricia: patri, pati, paty | pedro: perico, pedrito | pilar: pili, piluca | rafael: rafa | ramon: moncho
es raul: rulo | remedios: reme | ricardo: richi, ricky | roberto: beto, rober | rocio: chio | rodrigo: rodri | rosario: charo, chayo
es salvador: salva, chava | santiago: santi, yago | sebastian: sebas | sergio: checho | soledad: sole | susana: susi, susa
es teresa: tere | vicente: chente, vicent | victoria: vicky, toya | ximena: xime | yolanda: yoli
fr alexandre: alex | alexandra: alex | anne: annie, nanette | antoine: toine, tonio | benedicte: bene | benjamin: ben, benji
fr bernard: nanard | bertrand: bert | catherine: cathy, kathy, cath | christelle: chris | christian: chris | christophe: chris, tophe
fr corinne: coco | daniel: dany | danielle: dany | dominique: dom, domi | dorothee: doro | edouard: doudou, ed | elisabeth: babeth, lise, lili
fr emmanuel: manu | emmanuelle: manue, manu | etienne: titi | fabien: fab | fabrice: fab | florence: flo | florian: flo
fr francois: fanfan, frank | francoise: fanchon, soizic | frederic: fred | frederique: fred | genevieve: ginou, genie
fr gerard: gege | guillaume: guigui, guy, gui | isabelle: isa, zaza, belle | jacqueline: jackie, line | jacques: jacquot, jacky
fr jean: jeannot | jeanne: jeannette, jeanneton | jerome: jeje | joseph: jojo, jo | julien: juju | laurence: lolo | laurent: lolo, lau
fr louis: loulou | louise: loulou, louison | lucie: lulu | madeleine: mado, madelon | marguerite: margot, maguy | marie: mimi, manon
fr martine: titine | mathieu: mat, mathi | matthieu: mat | maurice: momo | maxime: max | michel: mimi, mich | michele: mimi
fr monique: momo, nini | nathalie: nath, nat | nicolas: nico | olivier: olive, oli | pascal: pasc | pascale: pasc | patrice: pat
fr patrick: pat | philippe: phil, filou | pierre: pierrot, pierrick | raphael: raph | sebastien: seb | stephane: steph | stephanie: steph, fanny
fr sophie: soso | sylvie: sissi | therese: tete, teresou | thierry: titi | valerie: val | veronique: vero | vincent: vince | virginie: vivi, ginie | xavier: xav
it alessandra: sandra, ale | alessandro: sandro, ale | andrea: andre | antonella: anto, nella | antonio: tonino, toni, toto
it carlo: carletto | caterina: rina, cate | chiara: chiaretta | daniele: dani | domenico: mimmo, menico, nico | edoardo: edo
it elisabetta: betta, lisetta | emanuele: manu, lele | enrico: rico, richetto | federica: fede | federico: fede, chicco
it filippo: pippo, fili | francesca: franca, cesca, fra | francesco: franco, ciccio, cesco, checco, fra | gabriele: lele, gabri
it gaetano: tano | giacomo: mino, giacomino | gianluca: luca, gian | giorgio: giorgino | giovanna: vanna, gianna | giovanni: gianni, nanni, vanni
it giulia: giuly | giuseppe: beppe, peppe, pino, peppino, beppino, geppo | giuseppina: pina, pinuccia, giusi | ignazio: gnazio
it lorenzo: enzo, renzo, lollo | luigi: gigi, gino | maria: mariuccia, mimma | matteo: teo | michele: lino, michi | niccolo: nico
it nicola: nico | paola: paoletta | raffaele: lello, raf, fele | riccardo: ricky, richi | roberto: robi | rosa: rosetta, rosina
it salvatore: turi, salvo, toto | sebastiano: seba, bastiano | silvia: silvietta | stefania: stefi | stefano: ste
it teresa: resi, teresina | tommaso: tom, maso, tommi | umberto: berto | valentina: vale | vincenzo: enzo, cenzo, vince
nl adriana: jana, adri | adrianus: ad, adri, janus | antonius: toon, ton, anton | catharina: trijn, rina, toos, cato
nl cornelia: corrie, nel, cor | cornelis: cor, kees, cees, nelis | elisabeth: els, betje, lies, elsbeth | franciscus: frans
nl gerardus: gerard, gerrit | gijsbert: gijs | hendrik: henk, rik, hein | hendrika: riek, hennie, rika | jacobus: ko, jaap, koos, sjaak
nl johanna: jo, annie, joke, hanneke, hanna, ans | johannes: jan, hans, johan, joop, hannes | leonardus: leo, leen | margaretha: greet, griet, gre
nl maria: riet, mieke, marie, ria, mia, miep | martinus: tinus, maarten, martin | nicolaas: klaas, nico, niek | petronella: nel, nelly, petra
nl petrus: piet, peter, pieter | theodorus: theo, dirk, door | wilhelmina: mien, wil, willie, mina | wilhelmus: wim, willem, wil
ru aleksandr: sasha, shura, sanya | aleksandra: sasha, shura | aleksei: alyosha, lyosha | aleksey: alyosha, lyosha | anastasia: nastya, stasya
ru anatoly: tolya | anna: anya, anechka, nyura | boris: borya | daria: dasha | dmitri: dima, mitya | dmitry: dima, mitya | ekaterina: katya
ru elena: lena, alyona | evgenia: zhenya | evgeny: zhenya | galina: galya | ivan: vanya | konstantin: kostya | ksenia: ksyusha
ru larisa: lara | lyudmila: lyuda, mila | maria: masha, marusya | mikhail: misha | nadezhda: nadya | natalia: natasha, nata
ru nikolai: kolya | oksana: ksyusha | olga: olya | pavel: pasha | pyotr: petya | sergei: seryozha | sergey: seryozha | sofia: sonya
ru stanislav: stas, slava | svetlana: sveta, lana | tatiana: tanya | vadim: vadik | valentina: valya | vasily: vasya | viktor: vitya
ru vladimir: vova, volodya, vlad | vladislav: vlad, slava | vyacheslav: slava | yaroslav: slava, yarik | yekaterina: katya | yulia: yulya | yuri: yura
"""


def hypocorisms() -> Mapping[str, frozenset[str]]:
    """Return the short forms of each name.

    Examples:
        >>> sorted(hypocorisms()["krzysztof"])
        ['krzychu', 'krzys', 'krzysiek']
    """
    forms: dict[str, set[str]] = {}
    for line in _FORMS.strip().splitlines():
        for entry in line[3:].split("|"):
            name, short = entry.split(":")
            forms.setdefault(name.strip(), set()).update(each.strip() for each in short.split(","))
    return {name: frozenset(short - {name}) for name, short in forms.items()}
