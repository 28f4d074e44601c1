# SPDX-License-Identifier: LGPL-2.1-or-later
"""The bindings generator: an interface header's GIR -> C++ types, codecs, proxies, stub, D-Bus XML.

Stages, each a pure function of what the stage before it returned:

    parse   GIR XML and header text -> declarations with their lines     (parse.py)
    model   declarations -> types the codec knows, methods, records      (model.py, types.py)
    check   model -> list of errors                                      (check.py)
    emit    model -> {file name: text}                                   (emit.py, templates/)
"""
