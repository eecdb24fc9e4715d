// SPDX-License-Identifier: Apache-2.0
// Hosts and their sockets for Python. A socket is an int that is never used again; what cannot be
// done is the OSError of its errno, so that Python's own subclasses tell errors apart.
#include <fmt/format.h>

#include <cerrno>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "binding/sealed_class.hh"
#include "bindings.hh"
#include "shunt/stack/host.hh"
#include "value_class.hh"

namespace shunt::python {
namespace {

using stack::ApiError;
using stack::SocketAddress;
using stack::SocketId;

constexpr std::uint64_t kAnyU64 = std::numeric_limits<std::uint64_t>::max();
/// Of one call: more would only wait.
constexpr std::uint64_t kReceiveMax = std::uint64_t{1} << 24;
/// A century: a host may live by the wall clock, for longer than the worlds of a simulation.
constexpr std::uint64_t kClockMaxUs = std::uint64_t{100} * 365 * 24 * 60 * 60 * 1'000'000;
constexpr std::uint16_t kMtuMin = 576;
constexpr std::uint16_t kMtuMax = 9'000;

int errno_of(ApiError error) {
    switch (error) {
        case ApiError::NotASocket:
            return EBADF;
        case ApiError::InvalidArgument:
            return EINVAL;
        case ApiError::NotSupported:
            return EOPNOTSUPP;
        case ApiError::AddressInUse:
            return EADDRINUSE;
        case ApiError::AddressNotAvailable:
            return EADDRNOTAVAIL;
        case ApiError::DestinationRequired:
            return EDESTADDRREQ;
        case ApiError::NetworkUnreachable:
            return ENETUNREACH;
        case ApiError::AlreadyConnected:
            return EISCONN;
        case ApiError::AlreadyConnecting:
            return EALREADY;
        case ApiError::NotConnected:
            return ENOTCONN;
        case ApiError::WouldBlock:
            return EWOULDBLOCK;
        case ApiError::MessageTooLong:
            return EMSGSIZE;
        case ApiError::NoBuffers:
            return ENOBUFS;
        case ApiError::IsShutDown:
            return EPIPE;
        case ApiError::ConnectionRefused:
            return ECONNREFUSED;
        case ApiError::ConnectionReset:
            return ECONNRESET;
        case ApiError::ConnectionAborted:
            return ECONNABORTED;
        case ApiError::TimedOut:
            return ETIMEDOUT;
    }
    return EINVAL;
}

/// BlockingIOError, ConnectionRefusedError and so on: OSError itself chooses.
[[noreturn]] void raise(ApiError error) {
    const py::object type = py::reinterpret_borrow<py::object>(PyExc_OSError);
    const py::object made = type(errno_of(error), std::string(describe(error)));
    PyErr_SetObject(py::type::of(made).ptr(), made.ptr());
    throw py::error_already_set();
}

void raise_if(const std::optional<ApiError>& error) {
    if (error) raise(*error);
}

template <typename Value>
Value value_of(Result<Value, ApiError> result) {
    if (!result) raise(result.error());
    return std::move(*result);
}

std::uint64_t number_of(SocketId id) {
    return std::uint64_t{id.generation} << 32 | id.index;
}

SocketId id_of(py::handle given) {
    const std::uint64_t number = to_integer(given, "socket", 0, kAnyU64);
    return {static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32)};
}

SocketAddress to_address(py::handle address, py::handle port) {
    SocketAddress made;
    from_python(address, "address", made.address);
    from_python(port, "port", made.port);
    return made;
}

py::tuple from_address(const SocketAddress& address) {
    return py::make_tuple(address.address.to_string(), address.port);
}

stack::Direction to_direction(py::handle given) {
    const std::string text = to_text(given, "direction");
    if (text == "read") return stack::Direction::Read;
    if (text == "write") return stack::Direction::Write;
    if (text == "both") return stack::Direction::Both;
    refuse_value("direction", "'read', 'write' or 'both'", given);
}

Duration to_span(py::handle given, const char* name) {
    const std::uint64_t span = to_integer(given, name, 0, kClockMaxUs);
    return Duration::microseconds(static_cast<std::int64_t>(span));
}

/// One option by its name; what belongs to keep-alive changes one of its values.
stack::SocketOption to_option(const std::string& name, py::handle value,
                              const stack::SocketOptions& before) {
    const auto read = [&](auto target) {
        from_python(value, name.c_str(), target);
        return target;
    };
    stack::KeepAlive keep_alive = before.keep_alive;
    if (name == "no_delay") return stack::NoDelay{read(bool())};
    if (name == "reuse_address") return stack::ReuseAddress{read(bool())};
    if (name == "linger_us" && value.is_none()) return stack::Linger{};
    if (name == "linger_us") return stack::Linger{to_span(value, name.c_str())};
    if (name == "user_timeout_us") return stack::UserTimeout{to_span(value, name.c_str())};
    if (name == "send_buffer") return stack::SendBuffer{read(std::uint32_t())};
    if (name == "receive_buffer") return stack::ReceiveBuffer{read(std::uint32_t())};
    if (name == "maximum_segment") return stack::MaximumSegment{read(std::uint16_t())};
    if (name == "explicit_congestion_notification") {
        return stack::ExplicitCongestionNotification{read(bool())};
    }
    if (name == "differentiated_services") {
        return stack::DifferentiatedServices{read(std::uint8_t())};
    }
    if (name == "congestion_control") {
        using tcp::congestion::Algorithm;
        const std::string algorithm = to_text(value, name.c_str());
        if (algorithm == "reno") return stack::CongestionControl{Algorithm::NewReno};
        if (algorithm == "cubic") return stack::CongestionControl{Algorithm::Cubic};
        refuse_value(name.c_str(), "'reno' or 'cubic'", value);
    }
    if (name == "keep_alive") {
        keep_alive.is_on = read(bool());
    } else if (name == "keep_alive_idle_us") {
        keep_alive.idle = to_span(value, name.c_str());
    } else if (name == "keep_alive_interval_us") {
        keep_alive.interval = to_span(value, name.c_str());
    } else if (name == "keep_alive_probes") {
        keep_alive.probes_max = read(std::uint8_t());
    } else {
        throw py::value_error(fmt::format(
            "option: expected no_delay, reuse_address, linger_us, user_timeout_us, send_buffer, "
            "receive_buffer, maximum_segment, explicit_congestion_notification, "
            "differentiated_services, congestion_control, keep_alive, keep_alive_idle_us, "
            "keep_alive_interval_us or keep_alive_probes, got {}",
            name));
    }
    return keep_alive;
}

py::dict from_options(const stack::SocketOptions& options) {
    const bool is_reno =
        options.congestion_control.algorithm == tcp::congestion::Algorithm::NewReno;
    py::dict named;
    named["no_delay"] = options.no_delay.is_on;
    named["reuse_address"] = options.reuse_address.is_on;
    named["linger_us"] = to_python(options.linger.patience);
    named["user_timeout_us"] = to_python(options.user_timeout.span);
    named["send_buffer"] = options.send_buffer.bytes;
    named["receive_buffer"] = options.receive_buffer.bytes;
    named["maximum_segment"] = options.maximum_segment.bytes;
    named["explicit_congestion_notification"] = options.explicit_congestion_notification.is_asked;
    named["differentiated_services"] = options.differentiated_services.code_point;
    named["congestion_control"] = is_reno ? "reno" : "cubic";
    named["keep_alive"] = options.keep_alive.is_on;
    named["keep_alive_idle_us"] = to_python(options.keep_alive.idle);
    named["keep_alive_interval_us"] = to_python(options.keep_alive.interval);
    named["keep_alive_probes"] = options.keep_alive.probes_max;
    return named;
}

/// {address: station} as a dict of texts.
std::vector<stack::Interface::StaticNeighbor> to_neighbors(py::handle given) {
    if (given.is_none()) return {};
    if (!py::isinstance<py::dict>(given)) refuse_type("neighbors", "a dict or None", given);
    std::vector<stack::Interface::StaticNeighbor> neighbors;
    for (const auto& [address, station] : py::reinterpret_borrow<py::dict>(given)) {
        stack::Interface::StaticNeighbor neighbor;
        from_python(address, "neighbors", neighbor.address);
        const auto mac = wire::MacAddress::from_string(to_text(station, "neighbors"));
        if (!mac || mac->is_multicast()) {
            refuse_value("neighbors", "one station's address such as '02:00:00:00:00:01'", station);
        }
        neighbor.mac = *mac;
        neighbors.push_back(neighbor);
    }
    return neighbors;
}

/// What Python holds: a host, and the time that it was told last, which never goes back.
class PythonHost {
  public:
    PythonHost(const stack::Host::Config& config, std::uint64_t seed)
        : host_(config, seed, Instant()) {}

    static std::unique_ptr<PythonHost> make(py::handle address, py::handle prefix_length,
                                            py::handle router, py::handle mtu, py::handle neighbors,
                                            py::handle seed) {
        stack::Host::Config config;
        wire::Ipv4Address own;
        from_python(address, "address", own);
        if (tcp::open_error({own, 1, own, 1})) {
            refuse_value("address", "an address that one host can have", address);
        }
        config.addresses = {own};
        const auto length =
            static_cast<std::uint8_t>(to_integer(prefix_length, "prefix_length", 1, 31));
        config.routes = {{own, length, std::nullopt}};
        std::optional<wire::Ipv4Address> next_hop;
        from_python(router, "router", next_hop);
        if (next_hop) config.routes.push_back({wire::Ipv4Address(), 0, next_hop});
        config.static_neighbors = to_neighbors(neighbors);
        config.mtu = static_cast<std::uint16_t>(to_integer(mtu, "mtu", kMtuMin, kMtuMax));
        const std::uint32_t value = own.value();
        config.mac = wire::MacAddress({0x02, 0x00, static_cast<std::uint8_t>(value >> 24),
                                       static_cast<std::uint8_t>(value >> 16),
                                       static_cast<std::uint8_t>(value >> 8),
                                       static_cast<std::uint8_t>(value)});
        return std::make_unique<PythonHost>(config, to_integer(seed, "seed", 0, kAnyU64));
    }

    Instant at(py::handle now_us) {
        const Instant now = Instant() + to_span(now_us, "now_us");
        if (now < now_) {
            refuse_value("now_us",
                         fmt::format("at least {}, for time never goes back",
                                     now_.since_origin().to_microseconds()),
                         now_us);
        }
        now_ = now;
        return now;
    }

    void handle_frame(py::handle frame, py::handle now_us) {
        const Octets octets = to_octets(frame, "frame");
        if (octets.size() > Packet::kCapacity) {
            throw py::value_error(fmt::format("frame: expected {} bytes at most, got {}",
                                              Packet::kCapacity, octets.size()));
        }
        const Instant now = at(now_us);
        host_.handle_frame(host_.pool().copy(octets), now);
    }
    void handle_deadline(py::handle now_us) { host_.handle_deadline(at(now_us)); }
    py::object poll_transmit(py::handle now_us) {
        const auto frame = host_.poll_transmit(at(now_us));
        return frame ? py::object(to_bytes(frame->bytes())) : py::none();
    }
    py::object deadline_us() const {
        const auto deadline = host_.poll_deadline();
        if (!deadline) return py::none();
        // Rounded up: a deadline that is asked for has come.
        const std::int64_t nanoseconds = deadline->since_origin().to_nanoseconds();
        return py::int_((nanoseconds + 999) / 1'000);
    }

    std::uint64_t open(py::handle kind) {
        const std::string text = to_text(kind, "kind");
        if (text != "tcp" && text != "udp") refuse_value("kind", "'tcp' or 'udp'", kind);
        const bool is_tcp = text == "tcp";
        return number_of(
            value_of(sockets().open(is_tcp ? stack::SocketKind::Tcp : stack::SocketKind::Udp)));
    }
    void bind(py::handle socket, py::handle address, py::handle port) {
        raise_if(sockets().bind(id_of(socket), to_address(address, port)));
    }
    void listen(py::handle socket, py::handle backlog) {
        raise_if(sockets().listen(id_of(socket), to_integer(backlog, "backlog", 0, kAnyU64)));
    }
    std::uint64_t accept(py::handle socket) {
        return number_of(value_of(sockets().accept(id_of(socket))));
    }
    void connect(py::handle socket, py::handle address, py::handle port, py::handle now_us) {
        const SocketAddress remote = to_address(address, port);
        raise_if(sockets().connect(id_of(socket), remote, at(now_us)));
    }
    std::size_t send(py::handle socket, py::handle data, py::handle now_us) {
        const Octets octets = to_octets(data, "data");
        return value_of(sockets().send(id_of(socket), octets, at(now_us)));
    }
    std::size_t send_urgent(py::handle socket, py::handle data, py::handle now_us) {
        const Octets octets = to_octets(data, "data");
        return value_of(sockets().send_urgent(id_of(socket), octets, at(now_us)));
    }
    std::size_t urgent_unread(py::handle socket) {
        return value_of(sockets().urgent_unread(id_of(socket)));
    }
    std::size_t send_to(py::handle socket, py::handle data, py::handle address, py::handle port) {
        const Octets octets = to_octets(data, "data");
        return value_of(sockets().send_to(id_of(socket), octets, to_address(address, port)));
    }
    py::bytes receive(py::handle socket, py::handle size, py::handle now_us) {
        Octets buffer(to_integer(size, "size", 0, kReceiveMax));
        const std::size_t count = value_of(sockets().receive(id_of(socket), buffer, at(now_us)));
        return to_bytes(ByteView(buffer).first(count));
    }
    py::bytes peek(py::handle socket, py::handle size) {
        Octets buffer(to_integer(size, "size", 0, kReceiveMax));
        return to_bytes(ByteView(buffer).first(value_of(sockets().peek(id_of(socket), buffer))));
    }
    py::tuple receive_from(py::handle socket, py::handle size) {
        Octets buffer(to_integer(size, "size", 0, kReceiveMax));
        const auto received = value_of(sockets().receive_from(id_of(socket), buffer));
        return py::make_tuple(to_bytes(ByteView(buffer).first(received.size)),
                              from_address(received.from), received.is_truncated);
    }
    void shutdown(py::handle socket, py::handle direction, py::handle now_us) {
        const stack::Direction which = to_direction(direction);
        raise_if(sockets().shutdown(id_of(socket), which, at(now_us)));
    }
    void close(py::handle socket, py::handle now_us) {
        raise_if(sockets().close(id_of(socket), at(now_us)));
    }
    void abort(py::handle socket, py::handle now_us) {
        raise_if(sockets().abort(id_of(socket), at(now_us)));
    }
    void set_option(py::handle socket, py::handle option, py::handle value, py::handle now_us) {
        const SocketId id = id_of(socket);
        const auto before = value_of(sockets().options(id));
        const auto made = to_option(to_text(option, "option"), value, before);
        raise_if(sockets().set_option(id, made, at(now_us)));
    }
    py::dict options(py::handle socket) {
        return from_options(value_of(sockets().options(id_of(socket))));
    }
    py::tuple local_address(py::handle socket) {
        return from_address(value_of(sockets().local_address(id_of(socket))));
    }
    py::tuple remote_address(py::handle socket) {
        return from_address(value_of(sockets().remote_address(id_of(socket))));
    }
    std::string state(py::handle socket) {
        return std::string(tcp::to_string(value_of(sockets().state(id_of(socket)))));
    }
    bool is_listening(py::handle socket) { return value_of(sockets().is_listening(id_of(socket))); }
    stack::Readiness readiness(py::handle socket) {
        return value_of(sockets().readiness(id_of(socket)));
    }
    /// The POSIX name, or None.
    py::object take_error(py::handle socket) {
        const auto fate = value_of(sockets().take_error(id_of(socket)));
        return fate ? py::object(py::str(std::string(posix_name(*fate)))) : py::none();
    }
    py::object poll_ready() {
        const auto ready = sockets().poll_ready();
        if (!ready) return py::none();
        return py::make_tuple(number_of(ready->id), ready->readiness);
    }

    std::map<std::string, std::uint64_t> counters() const {
        std::map<std::string, std::uint64_t> values;
        for (std::size_t i = 0; i < kCounterCount; ++i) {
            const auto counter = static_cast<Counter>(i);
            values.emplace(counter_name(counter), host_.counters().value(counter));
        }
        return values;
    }

  private:
    stack::SocketSet& sockets() { return host_.sockets(); }

    stack::Host host_;
    Instant now_;
};

void bind_readiness(py::module_& module) {
    using stack::Readiness;
    py::class_<Readiness>(module, "Readiness", "What a call would not have to wait for.",
                          binding::made_by_module())
        .def_readonly("is_readable", &Readiness::is_readable, "Bytes, or the end of them.")
        .def_readonly("is_writable", &Readiness::is_writable, "There is room worth while.")
        .def_readonly("is_acceptable", &Readiness::is_acceptable, "A connection waits.")
        .def_readonly("is_urgent", &Readiness::is_urgent, "Urgent data that was not read.")
        .def_readonly("has_error", &Readiness::has_error, "A fate that was not told yet.")
        .def_readonly("is_hung_up", &Readiness::is_hung_up, "Both directions are over.");
}

}  // namespace

void bind_hosts(py::module_& module) {
    using Host = PythonHost;
    bind_readiness(module);
    py::class_<Host>(module, "Host",
                     "A host on a link, with sockets; frames and the time go in, frames come out.",
                     binding::whole_from_new())
        .def(py::init(&Host::make), py::kw_only(), py::arg("address"),
             py::arg("prefix_length") = 24, py::arg("router") = py::none(), py::arg("mtu") = 1'500,
             py::arg("neighbors") = py::none(), py::arg("seed") = 1)
        .def("handle_frame", &Host::handle_frame, py::arg("frame"), py::arg("now_us"))
        .def("handle_deadline", &Host::handle_deadline, py::arg("now_us"))
        .def("poll_transmit", &Host::poll_transmit, py::arg("now_us"),
             "The next frame to send, or None.")
        .def_property_readonly("deadline_us", &Host::deadline_us,
                               "When handle_deadline() is next needed, or None.")
        .def("open", &Host::open, py::arg("kind"), "A socket: 'tcp' or 'udp'.")
        .def("bind", &Host::bind, py::arg("socket"), py::arg("address"), py::arg("port"))
        .def("listen", &Host::listen, py::arg("socket"), py::arg("backlog") = 16)
        .def("accept", &Host::accept, py::arg("socket"), "The socket of the next connection.")
        .def("connect", &Host::connect, py::arg("socket"), py::arg("address"), py::arg("port"),
             py::arg("now_us"), "Begins the handshake.")
        .def("send", &Host::send, py::arg("socket"), py::arg("data"), py::arg("now_us"),
             "How many bytes were taken.")
        .def("send_urgent", &Host::send_urgent, py::arg("socket"), py::arg("data"),
             py::arg("now_us"), "The peer is told where it ends.")
        .def("urgent_unread", &Host::urgent_unread, py::arg("socket"),
             "Bytes to the end of the peer's urgent data.")
        .def("send_to", &Host::send_to, py::arg("socket"), py::arg("data"), py::arg("address"),
             py::arg("port"))
        .def("receive", &Host::receive, py::arg("socket"), py::arg("size"), py::arg("now_us"),
             "At most size bytes; none: the peer sends no more.")
        .def("peek", &Host::peek, py::arg("socket"), py::arg("size"))
        .def("receive_from", &Host::receive_from, py::arg("socket"), py::arg("size"),
             "A datagram, its sender, and whether it was longer.")
        .def("shutdown", &Host::shutdown, py::arg("socket"), py::arg("direction"),
             py::arg("now_us"), "'read', 'write' or 'both'.")
        .def("close", &Host::close, py::arg("socket"), py::arg("now_us"))
        .def("abort", &Host::abort, py::arg("socket"), py::arg("now_us"))
        .def("set_option", &Host::set_option, py::arg("socket"), py::arg("option"),
             py::arg("value"), py::arg("now_us"), "docs/sockets.md names them.")
        .def("options", &Host::options, py::arg("socket"), "Each by its name, as it stands.")
        .def("local_address", &Host::local_address, py::arg("socket"))
        .def("remote_address", &Host::remote_address, py::arg("socket"))
        .def("state", &Host::state, py::arg("socket"), "RFC 9293's name.")
        .def("is_listening", &Host::is_listening, py::arg("socket"))
        .def("readiness", &Host::readiness, py::arg("socket"))
        .def("take_error", &Host::take_error, py::arg("socket"),
             "The POSIX name of the fate that was not told yet, once, or None.")
        .def("poll_ready", &Host::poll_ready,
             "The next socket whose readiness has risen, and what it is, or None.")
        .def("counters", &Host::counters);
}

}  // namespace shunt::python
