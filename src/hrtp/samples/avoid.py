"""Names that are also words of programs, time zones and documents.

No sample person bears one, so that a search for a name in published bytes finds people and nothing else.
"""

_WORDS = """
abraham adrian alexander alfred alfredo amelia andrew andrews angela annette anthony aparicio arthur ashley
asuncion aurora benitez benjamin bermuda brandon brendan bridges builder burnett campbell cassandra chandler
christian christie christopher connor crawford cristian crystal cynthia dakota daniel donald douglas eduardo
emilia england english federico fernando fibonacci fitzgerald fitzpatrick fletcher francisco fuentes gallegos
garrett geoffrey george german gilbert gonzalo goodman gregory gustavo harbor helena holland houston howard
huffman ireland isabel israel jackson jeffrey jenkins jeremy johnston jonathan jordan joshua julian justin
kathryn kenneth leblanc manuel mariana marshall martha martin marvin matthew mcclain mcdonald mcgrath mckinney
melissa mendoza michael montenegro montgomery morgan morrison nathaniel nicholas oconnor oliver pacific
patrick pearson pennington peterson philip preston quintana randall regina renato richard robert rodrigo
rosario russell salvador sample samuel santiago saunders scaduto schultz sergio session sheila shields sierra
singleton solomon spencer stanley stephen steven stuart summer sydney taylor thomas thompson travis trevor
trinidad tristan valentin valentine vazquez victor victoria vincent virginia washington william williams
"""

COMMON_WORDS = frozenset(_WORDS.split())
