// SPDX-License-Identifier: Apache-2.0
#include "arguments.hh"

#include <fmt/format.h>

#include <span>

namespace shunt::python {
namespace {

constexpr std::size_t kShownMax = 60;
/// Longer lists of numbers are a mistake.
constexpr std::size_t kNumbersMax = 1'000;

template <typename Enum>
struct Name {
    const char* name;
    Enum value;
};

constexpr Name<wire::EncapsulationType> kTypes[] = {
    {"CONNECTION", wire::EncapsulationType::Connection},
    {"FORWARDED", wire::EncapsulationType::Forwarded},
    {"ACKNOWLEDGEMENT", wire::EncapsulationType::Acknowledgement},
    {"REJECT", wire::EncapsulationType::Reject},
    {"RELEASE", wire::EncapsulationType::Release},
    {"DATA", wire::EncapsulationType::Data},
    {"CHALLENGE", wire::EncapsulationType::Challenge},
    {"GO", wire::EncapsulationType::Go},
    {"MISSING", wire::EncapsulationType::Missing},
};
constexpr Name<wire::TransportProtocol> kProtocols[] = {
    {"TCP", wire::TransportProtocol::Tcp},
    {"UDP", wire::TransportProtocol::Udp},
};
constexpr Name<wire::RejectReason> kReasons[] = {
    {"NO_LISTENER", wire::RejectReason::NoListener},
    {"FULL", wire::RejectReason::Full},
    {"UNKNOWN_ENDPOINT", wire::RejectReason::UnknownEndpoint},
    {"DRAINING", wire::RejectReason::Draining},
    {"MALFORMED_STATE", wire::RejectReason::MalformedState},
    {"TUPLE_IN_USE", wire::RejectReason::TupleInUse},
    {"VOID", wire::RejectReason::Void},
};
constexpr Name<wire::BlockState> kStates[] = {
    {"ESTABLISHED", wire::BlockState::Established}, {"CLOSE_WAIT", wire::BlockState::CloseWait},
    {"FIN_WAIT_1", wire::BlockState::FinWait1},     {"CLOSING", wire::BlockState::Closing},
    {"LAST_ACK", wire::BlockState::LastAck},        {"FIN_WAIT_2", wire::BlockState::FinWait2},
};

/// repr() of what came; it may be long, and it may fail.
std::string shown(py::handle value) {
    std::string text;
    try {
        text = py::repr(value).cast<std::string>();
    } catch (const py::error_already_set&) {
        text = fmt::format("a {}", Py_TYPE(value.ptr())->tp_name);
    }
    if (text.size() > kShownMax) text = text.substr(0, kShownMax) + "..";
    return text;
}

[[noreturn]] void raise(PyObject* type, const std::string& text) {
    PyErr_SetString(type, text.c_str());
    throw py::error_already_set();
}

template <typename Enum>
void add_enum(py::module_& module, const char* name, std::span<const Name<Enum>> members,
              const char* documentation) {
    py::list pairs;
    for (const Name<Enum>& member : members)
        pairs.append(py::make_tuple(member.name, static_cast<unsigned>(member.value)));
    py::object made = py::module_::import("enum").attr("IntEnum")(
        name, pairs, py::arg("module") = module.attr("__name__"));
    made.attr("__doc__") = documentation;
    module.attr(name) = made;
}

py::object enum_member(const char* name, unsigned value) {
    return py::module_::import("shunt._ref").attr(name)(value);
}

template <typename Enum>
void take_member(py::handle value, const char* name, std::span<const Name<Enum>> members,
                 Enum& out) {
    const std::uint64_t number =
        to_integer(value, name, 0, std::numeric_limits<std::uint64_t>::max());
    std::string expected;
    for (const Name<Enum>& member : members) {
        if (number == static_cast<std::uint64_t>(member.value)) {
            out = member.value;
            return;
        }
        expected += fmt::format("{}{} ({})", expected.empty() ? "" : ", ", member.name,
                                static_cast<unsigned>(member.value));
    }
    refuse_value(name, "one of " + expected, value);
}

template <typename Unsigned>
void take_unsigned(py::handle value, const char* name, Unsigned& out) {
    out = static_cast<Unsigned>(to_integer(value, name, 0, std::numeric_limits<Unsigned>::max()));
}

}  // namespace

void refuse_type(const char* name, std::string_view expected, py::handle got) {
    raise(PyExc_TypeError, fmt::format("{}: expected {}, got {}", name, expected, shown(got)));
}

void refuse_value(const char* name, std::string_view expected, py::handle got) {
    raise(PyExc_ValueError, fmt::format("{}: expected {}, got {}", name, expected, shown(got)));
}

void raise_parse_error(Counter counter) {
    const py::object type = py::module_::import("shunt.errors").attr("ParseError");
    const py::object error = type(counter_name(counter), counter_sentence(counter));
    PyErr_SetObject(type.ptr(), error.ptr());
    throw py::error_already_set();
}

std::uint64_t to_integer(py::handle value, const char* name, std::uint64_t min, std::uint64_t max) {
    if (PyIndex_Check(value.ptr()) == 0) refuse_type(name, "an int", value);
    const auto number = py::reinterpret_steal<py::object>(PyNumber_Index(value.ptr()));
    if (!number) throw py::error_already_set();
    const std::uint64_t result = PyLong_AsUnsignedLongLong(number.ptr());
    const bool is_outside = PyErr_Occurred() != nullptr;
    PyErr_Clear();
    if (is_outside || result < min || result > max) {
        refuse_value(name, fmt::format("{} to {}", min, max), value);
    }
    return result;
}

std::string to_text(py::handle value, const char* name, std::string_view expected) {
    if (!py::isinstance<py::str>(value)) refuse_type(name, expected, value);
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(value.ptr(), &size);
    if (text == nullptr) {
        PyErr_Clear();
        refuse_value(name, "text that is UTF-8", value);
    }
    return {text, static_cast<std::size_t>(size)};
}

Octets to_octets(py::handle value, const char* name) {
    if (PyObject_CheckBuffer(value.ptr()) == 0) refuse_type(name, "bytes", value);
    Py_buffer buffer{};
    if (PyObject_GetBuffer(value.ptr(), &buffer, PyBUF_SIMPLE) != 0) {
        PyErr_Clear();
        refuse_type(name, "contiguous bytes", value);
    }
    Octets octets;
    if (buffer.len > 0) {
        const auto* first = static_cast<const std::uint8_t*>(buffer.buf);
        octets.assign(first, first + buffer.len);
    }
    PyBuffer_Release(&buffer);
    return octets;
}

py::bytes to_bytes(ByteView octets) {
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

void from_python(py::handle value, const char* name, bool& out) {
    if (PyBool_Check(value.ptr()) == 0) refuse_type(name, "a bool", value);
    out = value.ptr() == Py_True;
}

void from_python(py::handle value, const char* name, std::uint8_t& out) {
    take_unsigned(value, name, out);
}

void from_python(py::handle value, const char* name, std::uint16_t& out) {
    take_unsigned(value, name, out);
}

void from_python(py::handle value, const char* name, std::uint32_t& out) {
    take_unsigned(value, name, out);
}

void from_python(py::handle value, const char* name, std::uint64_t& out) {
    take_unsigned(value, name, out);
}

void from_python(py::handle value, const char* name, SequenceNumber& out) {
    std::uint32_t number = 0;
    take_unsigned(value, name, number);
    out = SequenceNumber(number);
}

void from_python(py::handle value, const char* name, Octets& out) {
    out = to_octets(value, name);
}

void from_python(py::handle value, const char* name, std::string& out) {
    out = to_text(value, name);
}

void from_python(py::handle value, const char* name, std::vector<std::uint64_t>& out) {
    if (!py::isinstance<py::sequence>(value) || py::isinstance<py::str>(value) ||
        py::isinstance<py::bytes>(value)) {
        refuse_type(name, "a sequence of int", value);
    }
    const auto items = value.cast<py::sequence>();
    if (items.size() > kNumbersMax) {
        refuse_value(name, fmt::format("at most {} numbers", kNumbersMax), value);
    }
    out.clear();
    for (const py::handle item : items)
        from_python(item, name, out.emplace_back());
}

void from_python(py::handle value, const char* name, wire::Ipv4Address& out) {
    const auto address =
        wire::Ipv4Address::from_string(to_text(value, name, "a str such as '10.7.0.9'"));
    if (!address) refuse_value(name, "an IPv4 address such as '10.7.0.9'", value);
    out = *address;
}

void from_python(py::handle value, const char* name, wire::EncapsulationType& out) {
    take_member(value, name, std::span<const Name<wire::EncapsulationType>>(kTypes), out);
}

void from_python(py::handle value, const char* name, wire::TransportProtocol& out) {
    take_member(value, name, std::span<const Name<wire::TransportProtocol>>(kProtocols), out);
}

void from_python(py::handle value, const char* name, wire::RejectReason& out) {
    take_member(value, name, std::span<const Name<wire::RejectReason>>(kReasons), out);
}

void from_python(py::handle value, const char* name, wire::BlockState& out) {
    std::uint16_t number = 0;
    take_unsigned(value, name, number);
    out = static_cast<wire::BlockState>(number);
}

void from_python(py::handle value, const char* name, Ratio& out) {
    constexpr const char* kExpected = "a probability from 0 to 1 (int, Fraction, float)";
    if (py::isinstance<py::str>(value)) refuse_type(name, kExpected, value);
    py::object fraction;
    try {
        fraction = py::module_::import("fractions").attr("Fraction")(value);
    } catch (py::error_already_set& error) {
        // Not a number at all, or one without a ratio: nan, infinity.
        if (error.matches(PyExc_TypeError)) refuse_type(name, kExpected, value);
        refuse_value(name, kExpected, value);
    }
    if (fraction < py::int_(0) || fraction > py::int_(1)) refuse_value(name, kExpected, value);
    const py::object near = fraction.attr("limit_denominator")(kDenominatorMax);
    out.numerator = near.attr("numerator").cast<std::uint32_t>();
    out.denominator = near.attr("denominator").cast<std::uint32_t>();
}

void from_python(py::handle value, const char* name, Duration& out) {
    const std::uint64_t span = to_integer(value, name, 0, kSpanMaxUs);
    out = Duration::microseconds(static_cast<std::int64_t>(span));
}

void from_python(py::handle value, const char* name, Instant& out) {
    Duration since_origin;
    from_python(value, name, since_origin);
    out = Instant{} + since_origin;
}

py::object to_python(bool value) {
    return py::bool_(value);
}

py::object to_python(std::uint64_t value) {
    return py::int_(value);
}

py::object to_python(SequenceNumber value) {
    return py::int_(value.value());
}

py::object to_python(const Octets& value) {
    return to_bytes(value);
}

py::object to_python(const std::string& value) {
    return py::str(value);
}

py::object to_python(const std::vector<std::uint64_t>& value) {
    py::tuple numbers(value.size());
    for (std::size_t i = 0; i < value.size(); ++i)
        numbers[i] = py::int_(value[i]);
    return numbers;
}

py::object to_python(wire::Ipv4Address value) {
    return py::str(value.to_string());
}

py::object to_python(wire::EncapsulationType value) {
    return enum_member("EncapsulationType", static_cast<unsigned>(value));
}

py::object to_python(wire::TransportProtocol value) {
    return enum_member("TransportProtocol", static_cast<unsigned>(value));
}

py::object to_python(wire::RejectReason value) {
    return enum_member("RejectReason", static_cast<unsigned>(value));
}

py::object to_python(wire::BlockState value) {
    const auto number = static_cast<unsigned>(value);
    for (const Name<wire::BlockState>& state : kStates) {
        if (state.value == value) return enum_member("BlockState", number);
    }
    return py::int_(number);
}

py::object to_python(Ratio value) {
    return py::module_::import("fractions").attr("Fraction")(value.numerator, value.denominator);
}

py::object to_python(Duration value) {
    return py::int_(value.to_microseconds());
}

py::object to_python(Instant value) {
    return to_python(value.since_origin());
}

void add_enums(py::module_& module) {
    add_enum(module, "EncapsulationType", std::span<const Name<wire::EncapsulationType>>(kTypes),
             "The Type byte of the encapsulation header; from REJECT on of the extended set only.");
    add_enum(module, "TransportProtocol",
             std::span<const Name<wire::TransportProtocol>>(kProtocols),
             "The Protocol byte of the encapsulation header.");
    add_enum(module, "RejectReason", std::span<const Name<wire::RejectReason>>(kReasons),
             "Why a server refuses an endpoint (Type 0x10).");
    add_enum(module, "BlockState", std::span<const Name<wire::BlockState>>(kStates),
             "The states in which a connection can move, with 4.4BSD's numbers.");
}

}  // namespace shunt::python
