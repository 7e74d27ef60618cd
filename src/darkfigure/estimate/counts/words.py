"""What each model of repeated counts asks, assumes and gets wrong, in a reader's words."""

from __future__ import annotations

from darkfigure.estimate.counts.truncation import CountModel
from darkfigure.estimate.outcomes import CLOSED_ASSUMPTIONS

_LAWS = {
    "poisson": "A unit is captured at a constant rate, whatever happened before (Poisson captures).",
    "geometric": "Rates of capture differ between units as an exponential law has it (geometric captures).",
    "negbin": "Rates of capture differ between units as a gamma law has it (negative binomial captures).",
}
_PMF = {
    "poisson": "P(y) = exp(-l) l^y / y!",
    "geometric": "P(y) = l^y / (1 + l)^(1 + y)",
    "negbin": "P(y) = Gamma(y + 1/a) / (Gamma(1/a) y!) (a l)^y / (1 + a l)^(y + 1/a)",
}
_RECORD = {
    "zt": ("", "p_i = 1 - P(0); P(y) / (1 - P(0)) fitted to all y"),
    "zt-oneinflated": (
        "Among units of the record, a share is captured once and would never be captured again.",
        "p_i = 1 - P(0); w [y = 1] + (1 - w) P(y) / (1 - P(0)) fitted to all y",
    ),
    "oneinflated-zt": (
        "In the whole population, a share of the units is captured once for certain and never again.",
        "p_i = 1 - (1 - w) P(0); (w [y = 1] + (1 - w) P(y)) / p_i fitted to all y",
    ),
    "zot": (
        "Units captured once say nothing about the others and stand for themselves only.",
        "N = f_1 + sum over y_i >= 2 of (1 - P(1)) / (1 - P(0) - P(1)); P(y) / (1 - P(0) - P(1)) fitted to y >= 2",
    ),
    "zt-hurdle": (
        "Units of the record captured once came to it as the others did, and were then kept from a second capture.",
        "p_i = 1 - P(0) / (1 - P(1)); q [y = 1] + (1 - q) P(y) / (1 - P(0) - P(1)) [y > 1] fitted to all y",
    ),
    "hurdle-zt": (
        "In the whole population, a share of the units is captured exactly once; the others never exactly once.",
        "p_i = 1 - (1 - q) P(0) / (1 - P(1)); (q [y = 1] + (1 - q) P(y) / (1 - P(1)) [y > 1]) / p_i fitted to all y",
    ),
}
_TWO = {
    "chao": (
        "At least how many units are there, when units differ in how easily they are captured beyond what their "
        "covariates say?",
        "N = n + sum over y_i = 1, 2 of 1 / (l_i + l_i^2 / 2); logit P(y = 2 | y = 1 or 2) = log(l / 2)",
        "It is a lower bound, and far too high when many units can be captured once only.",
        "Boehning, Vidal-Diez, Lerdsuwansri, Viwatwongkasem and Arnold (2013), doi 10.1111/biom.12082",
    ),
    "zelterman": (
        "How many units, judging the unseen by those captured once or twice only?",
        "N = sum 1 / (1 - exp(-l_i)); logit P(y = 2 | y = 1 or 2) = log(l / 2)",
        "It is far too high when many units can be captured once only, and no bound in either direction.",
        "Boehning and van der Heijden (2009), doi 10.1214/08-AOAS214",
    ),
    "chao-one-inflated": (
        "At least how many units are there, when some can be captured only once?",
        "N = n + sum over y_i = 2, 3 of 1 / (l_i^2 / 2 + l_i^3 / 6); logit P(y = 3 | y = 2 or 3) = log(l / 3)",
        "It rests on the units captured three times, which are few: one more or less of them moves it far.",
        "Boehning, Kaskasamkul and van der Heijden (2019), doi 10.1007/s00184-018-0689-5, as a regression in the "
        "manner of Boehning and others (2013), doi 10.1111/biom.12082",
    ),
}
_SOURCES = {
    "poisson": "van der Heijden, Bustami, Cruyff, Engbersen and van Houwelingen (2003), doi 10.1191/1471082X03st057oa",
    "geometric": "Niwitpong, Boehning, van der Heijden and Holling (2013), Metrika 76, 495",
    "negbin": "Cruyff and van der Heijden (2008), Biometrical Journal 50, 1035, doi 10.1002/bimj.200810455",
}
_SCHEME_SOURCES = {
    "zt": "",
    "zt-oneinflated": "Godwin and Boehning (2017), doi 10.1111/rssc.12192",
    "oneinflated-zt": "Godwin and Boehning (2017), doi 10.1111/rssc.12192",
    "zot": "Boehning and van der Heijden (2019), doi 10.1214/18-AOAS1232",
    "zt-hurdle": "hurdles: Mullahy (1986), doi 10.1016/0304-4076(86)90002-3",
    "hurdle-zt": "hurdles: Mullahy (1986), doi 10.1016/0304-4076(86)90002-3",
}


def question(model: CountModel, *, covariates: bool) -> str:
    """What does the model answer?"""
    if model.scheme is None:
        return _TWO[model.name][0]
    asked = "How many units are there, judging by how often each unit of one list stands on it"
    extra = {
        "zt": "",
        "zt-oneinflated": ", when some units of the list can be captured only once",
        "oneinflated-zt": ", when some units of the population are captured once and never again",
        "zot": ", with no regard to those captured once",
        "zt-hurdle": ", when a second capture has an obstacle of its own",
        "hurdle-zt": ", when exactly one capture has a chance of its own",
    }[model.scheme]
    return asked + extra + (", given their covariates?" if covariates else "?")


def assumptions(model: CountModel, *, covariates: bool) -> tuple[str, ...]:
    """What must hold?"""
    rate = (
        "The covariates multiply the rate of capture; units with equal covariates have equal rates."
        if covariates
        else "All units have one rate of capture."
    )
    if model.law.name != "poisson":
        rate = rate.replace("rates.", "mean rates.").replace("one rate", "one mean rate")
    if model.scheme is None:
        law = "Among units with the counts that are read, captures are Poisson."
        bound = () if model.name == "zelterman" else ("Units may differ further: the number is then a lower bound.",)
        return (*CLOSED_ASSUMPTIONS, law, rate, *bound)
    record = _RECORD[model.scheme][0]
    return (*CLOSED_ASSUMPTIONS, _LAWS[model.law.name], rate, *((record,) if record else ()))


def source(model: CountModel, *, covariates: bool) -> str:
    """Who described it?"""
    if model.scheme is None:
        return _TWO[model.name][3]
    parts = (_SOURCES[model.law.name], _SCHEME_SOURCES[model.scheme])
    with_error = "" if model.law.name == "poisson" or not covariates else f"error of the total: {_SOURCES['poisson']}"
    return "; ".join(part for part in (*parts, with_error) if part)


def needs(model: CountModel, *, covariates: bool) -> str:
    """What kind of table does it take?"""
    counts = {
        "chao": "units captured once and twice",
        "zelterman": "units captured once and twice",
        "chao-one-inflated": "units captured twice and three times",
    }.get(model.name, "how many units were captured once, twice, ...")
    return f"{counts}; one row a unit with covariates" if covariates else f"{counts}; no upper limit to captures needed"


def formula(model: CountModel) -> str:
    """The estimator in symbols: ``l`` the rate, ``a`` the dispersion, ``w`` and ``q`` shares."""
    if model.scheme is None:
        return _TWO[model.name][1]
    record = _RECORD[model.scheme][1]
    total = "" if record.startswith("N =") else "N = sum of 1 / p_i; "
    return f"{total}{record}; {_PMF[model.law.name]}; log l_i = x_i' b"


def misleads(model: CountModel) -> str:
    """When is the number wrong although nothing looks wrong?"""
    if model.scheme is None:
        return _TWO[model.name][2]
    law = {
        "poisson": "Rates that differ between units in ways no covariate shows make the number too low.",
        "geometric": "If rates differ less between units than this law has it, the number is too high; the record "
        "cannot tell how many units have rates near zero.",
        "negbin": "The unseen number rests on the shape of the gamma law near a rate of zero, where there are no data: "
        "small changes of the record move it far.",
    }[model.law.name]
    record = {
        "zt": "Units that can be captured once only (an address leased for a day) make it far too high.",
        "zt-oneinflated": "Extra singletons are taken to stand for unseen units as others do; if they do not, the "
        "number is too high (see oneinflated-zt).",
        "oneinflated-zt": "Extra singletons are taken to be all in the record; if there are unseen units of their "
        "kind, the number is too low (see zt-oneinflated).",
        "zot": "Unseen units of the kind captured once are left out, so the number is too low if there are any.",
        "zt-hurdle": "Each unit captured once is taken to stand for as many unseen ones as a unit captured often: if "
        "singletons were in excess, the number is far too high (see hurdle-zt).",
        "hurdle-zt": "Unseen units of the kind captured once are left out, so the number is too low if there are any.",
    }[model.scheme]
    return f"{law} {record}"
