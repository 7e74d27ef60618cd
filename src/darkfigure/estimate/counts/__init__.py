"""One list on which units stand several times: how many stand on it not even once?"""
