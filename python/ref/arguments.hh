// SPDX-License-Identifier: Apache-2.0
// What comes from Python is checked here, at the boundary, so that no misuse reaches an assertion:
// TypeError and ValueError name the argument, what was expected and what came.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "shunt/base/bytes.hh"
#include "shunt/base/counters.hh"
#include "shunt/base/rng.hh"
#include "shunt/base/sequence_number.hh"
#include "shunt/base/time.hh"
#include "shunt/wire/control_block.hh"
#include "shunt/wire/encapsulation.hh"
#include "shunt/wire/reject.hh"

namespace shunt::python {

namespace py = pybind11;

using Octets = std::vector<std::uint8_t>;

/// The longest time that an argument can name: an hour, in microseconds.
inline constexpr std::uint64_t kSpanMaxUs = 3'600'000'000;
/// Probabilities are kept as fractions whose denominator is at most this.
inline constexpr std::uint32_t kDenominatorMax = 1'000'000;

/// TypeError: "source_port: expected an int, got 'x'".
[[noreturn]] void refuse_type(const char* name, std::string_view expected, py::handle got);
/// ValueError: "source_port: expected 0 to 65535, got 70000".
[[noreturn]] void refuse_value(const char* name, std::string_view expected, py::handle got);
/// shunt.ParseError with the counter's name and sentence.
[[noreturn]] void raise_parse_error(Counter counter);

/// An int from `min` to `max`.
std::uint64_t to_integer(py::handle value, const char* name, std::uint64_t min, std::uint64_t max);
/// A str that is UTF-8: one with surrogates is not.
std::string to_text(py::handle value, const char* name, std::string_view expected = "a str");
/// A copy of bytes, bytearray or a contiguous memoryview.
Octets to_octets(py::handle value, const char* name);
py::bytes to_bytes(ByteView octets);

// From Python, by the type that is wanted.
void from_python(py::handle value, const char* name, bool& out);
void from_python(py::handle value, const char* name, std::uint8_t& out);
void from_python(py::handle value, const char* name, std::uint16_t& out);
void from_python(py::handle value, const char* name, std::uint32_t& out);
void from_python(py::handle value, const char* name, std::uint64_t& out);
void from_python(py::handle value, const char* name, SequenceNumber& out);
void from_python(py::handle value, const char* name, Octets& out);
void from_python(py::handle value, const char* name, std::string& out);
void from_python(py::handle value, const char* name, std::vector<std::uint64_t>& out);
void from_python(py::handle value, const char* name, wire::Ipv4Address& out);
void from_python(py::handle value, const char* name, wire::EncapsulationType& out);
void from_python(py::handle value, const char* name, wire::TransportProtocol& out);
void from_python(py::handle value, const char* name, wire::RejectReason& out);
/// Any number of 16 bits: a block that names no state can be read, written, and is refused.
void from_python(py::handle value, const char* name, wire::BlockState& out);
/// A number from 0 to 1: int, Fraction, float, Decimal.
void from_python(py::handle value, const char* name, Ratio& out);
/// Microseconds, up to kSpanMaxUs.
void from_python(py::handle value, const char* name, Duration& out);
/// Microseconds of virtual time, up to kSpanMaxUs.
void from_python(py::handle value, const char* name, Instant& out);

/// A bound class.
template <typename Value>
void from_python(py::handle value, const char* name, Value& out) {
    if (!py::isinstance<Value>(value)) {
        refuse_type(name,
                    "a " + py::str(py::type::of<Value>().attr("__name__")).cast<std::string>(),
                    value);
    }
    out = value.cast<const Value&>();
}

/// The same, or None.
template <typename Value>
void from_python(py::handle value, const char* name, std::optional<Value>& out) {
    out.reset();
    if (value.is_none()) return;
    from_python(value, name, out.emplace());
}

// To Python.
py::object to_python(bool value);
py::object to_python(std::uint64_t value);
py::object to_python(SequenceNumber value);
py::object to_python(const Octets& value);
py::object to_python(const std::string& value);
py::object to_python(const std::vector<std::uint64_t>& value);
py::object to_python(wire::Ipv4Address value);
py::object to_python(wire::EncapsulationType value);
py::object to_python(wire::TransportProtocol value);
py::object to_python(wire::RejectReason value);
/// A plain int where the number names no state.
py::object to_python(wire::BlockState value);
py::object to_python(Ratio value);
py::object to_python(Duration value);
py::object to_python(Instant value);

inline py::object to_python(std::uint8_t value) {
    return to_python(std::uint64_t{value});
}
inline py::object to_python(std::uint16_t value) {
    return to_python(std::uint64_t{value});
}
inline py::object to_python(std::uint32_t value) {
    return to_python(std::uint64_t{value});
}

/// A bound class.
template <typename Value>
requires(!std::is_integral_v<Value>) py::object to_python(const Value& value) {
    return py::cast(value);
}

template <typename Value>
py::object to_python(const std::optional<Value>& value) {
    return value ? to_python(*value) : py::none();
}

/// Adds the IntEnums that the conversions above speak of to the module.
void add_enums(py::module_& module);

}  // namespace shunt::python
