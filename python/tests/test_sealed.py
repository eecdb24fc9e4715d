# SPDX-License-Identifier: Apache-2.0
"""No object of a class of the modules exists that C++ has not made: each way around is refused."""

from __future__ import annotations

from typing import Any, Callable

import pytest

import shunt
from shunt import _conform, _ref

Class = Any


def classes(module: object) -> list[Class]:
    """The classes of the module that C++ holds, which its enums are not."""
    held = [value for value in vars(module).values() if isinstance(value, type)]
    return [value for value in held if type(value).__name__ == "pybind11_type"]


ALL = classes(_ref) + classes(_conform)
VALUES = [value for value in ALL if hasattr(value, "replace")]


def named(class_: Class) -> str:
    return str(class_.__name__)


def test_the_classes_are_found() -> None:
    assert {"World", "Tables", "ControlBlock", "CaseInfo", "RunResult"} <= set(map(named, ALL))
    assert {"ControlBlock", "Faults", "Plan", "ForwardedPacket"} <= set(map(named, VALUES))


def test_a_bare_new_is_refused_or_whole() -> None:
    with pytest.raises(TypeError, match="incompatible constructor arguments"):
        _ref.World.__new__(_ref.World)
    for class_ in ALL:
        if class_ in VALUES and class_ is not shunt.Plan:
            assert class_.__new__(class_) == class_()
            continue
        with pytest.raises((TypeError, ValueError)):
            class_.__new__(class_)
    block: Class = shunt.ControlBlock
    assert block.__new__(block, mss=536).mss == 536


def derive(class_: Class) -> object:
    return type("Derived", (class_,), {})


def take_the_base_of_all(class_: Class) -> object:
    return class_.__mro__[1].__new__(class_)


def change(class_: Class) -> None:
    class_.mss = 0


@pytest.mark.parametrize("way", [object.__new__, take_the_base_of_all, derive, change])
@pytest.mark.parametrize("class_", ALL, ids=named)
def test_a_way_around_is_refused(way: Callable[[Class], object], class_: Class) -> None:
    with pytest.raises(TypeError):
        way(class_)


@pytest.mark.parametrize(
    "class_", [value for value in VALUES if value is not shunt.Plan], ids=named
)
def test_an_object_keeps_its_class_and_its_fields(class_: Class) -> None:
    value = class_()
    with pytest.raises(TypeError):
        value.__class__ = shunt.Tables
    value.__init__()
    assert value == class_()


def test_a_second_init_changes_nothing() -> None:
    block: Any = shunt.ControlBlock(mss=536)
    block.__init__(mss=1_460)
    assert block.mss == 536
