"""Why nginx refuses a configuration, and which lines mend it.

nginx names one line. What else has a part in it is found out here: the first of two default servers or of two equal
directives, the file that is not there, the release that brought a word or took it away.

    told        what is found out, and how to look for it
    directives  words, values and repetitions
    files       files, keys, curves and host names: what the outside world has to say
    sockets     addresses and the servers on them
    why         which of these a message is about
    mending     the lines that mend it, where lines can
"""

from driftscan.evidence.refusals.mending import edits
from driftscan.evidence.refusals.told import Refused, is_certbots
from driftscan.evidence.refusals.why import refused

__all__ = ["Refused", "edits", "is_certbots", "refused"]
